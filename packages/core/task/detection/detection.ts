/** @file Detection: the things in a picture, each with its class and box; the metric is COCO's average precision. */
import { InputError } from "../../errors/index.ts";
import { lacking, type ObjectAnnotation } from "../annotation.ts";
import { listOutputs } from "../outputs.ts";
import type { Binding, ModelFacts, Task, TaskRow } from "../task.ts";
import { areaOf, overlap } from "./box.ts";
import { boxAreas, boxMetrics } from "./coco.ts";
import { keptDetections, type Detection } from "./detections.ts";
import { layoutNames, layouts, type LayoutName, type Place } from "./layouts/index.ts";
import { cocoAreas, matchImage, type Matches } from "./matching.ts";
import { classOf } from "../numbering.ts";
import type { DetectionSpec } from "./spec.ts";

export interface DetectionBinding extends Binding {
  layout: LayoutName;
  place: Place;
}

/** What is to be found in a picture. */
export type Thing = Pick<ObjectAnnotation, "class" | "box" | "area" | "crowd">;

/** What of an object is to be found. */
export const thingOf = ({ class: label, box, area, crowd }: ObjectAnnotation): Thing => ({
  class: label,
  box,
  ...(area !== undefined && { area }),
  ...(crowd && { crowd }),
});

/** Detections that COCO's evaluation looks at, per class and image. */
const mostJudged = 100;

/** In texts, detections that are as sure as this. */
const sure = 0.5;

/** `2 gear, washer`: what is there, or was found for sure; `nothing`. */
function thingsText(things: readonly (Thing | Detection)[], classes: readonly string[]): string {
  const counts = new Map<number, number>();
  for (const one of things)
    if (!("score" in one) || one.score >= sure) counts.set(one.class, (counts.get(one.class) ?? 0) + 1);
  const words = Array.from(counts)
    .sort(([a], [b]) => a - b)
    .map(([label, count]) => `${count > 1 ? `${count} ` : ""}${classes[label] ?? "?"}`);
  return words.join(", ") || "nothing";
}

/** The metrics that do without `details`. */
const usual: ReadonlySet<string> = new Set(["ap", "ap50", "ap75", "recall"]);

/** The task. Truths are things, answers detections, evidence how they match. */
export function detection(spec: DetectionSpec): Task<Thing[], Detection[], Matches, DetectionBinding> {
  const { confidence = 0.001, overlap: share = 0.7, most = 300 } = spec;
  return {
    spec,
    surestFirst: true,
    text: (things) => thingsText(things, spec.classes),
    metrics: boxMetrics.filter(({ name }) => spec.details || usual.has(name)),
    bind: (facts) => bind(facts, spec),
    answers({ layout, place }, outputs) {
      const { read, suppress } = layouts[layout];
      const labelOf = classOf(spec, spec.classes.length, place.firstClass);
      return read(place, outputs, confidence).map((all) =>
        keptDetections(all, labelOf, { suppress, overlap: share, most }),
      );
    },
    truth({ objects }) {
      if (!objects) return lacking("the objects", "detection");
      return objects.map(thingOf);
    },
    judge: (answer = [], truth) =>
      matchImage(
        answer.map((one) => ({ ...one, area: areaOf(one.box) })),
        truth.map((one) => ({ ...one, area: one.area ?? areaOf(one.box) })),
        {
          similarity: (found, wanted) => overlap(found.box, wanted.box, wanted.crowd),
          areas: boxAreas.map((name) => cocoAreas[name]),
          most: mostJudged,
        },
      ),
    target: (g, { layout, place }) => layouts[layout].target(g, place),
  };
}

/** The layout that is named, or the first that fits, those with as many classes as the data before others. */
function bind(facts: ModelFacts, spec: DetectionSpec): DetectionBinding {
  const { outputs, classes } = spec;
  const found = (outputs === undefined ? layoutNames : [outputs]).flatMap((layout) => {
    const place = layouts[layout].find(facts, spec);
    return place ? [{ layout, place, exact: place.classes === classes.length }] : [];
  });
  const [chosen, ...others] = found.filter(({ exact }) => exact === found.some((one) => one.exact));
  if (chosen) {
    const { layout, place, exact } = chosen;
    const notes = exact ? [] : [`the outputs know ${place.classes} classes, the data ${classes.length}`];
    if (others.length > 0)
      notes.push(
        `detections are read as ${layout}; ${others.map((other) => other.layout).join(", ")} would fit, too: ` +
          "task.outputs says which",
      );
    return { outputs: place.outputs, decides: place.decides, notes, layout, place };
  }
  const wanted =
    outputs === undefined
      ? `the detections of ${classes.length} classes in one of the forms ${layoutNames.join(", ")}`
      : `detections of ${classes.length} classes as ${outputs}: ${layouts[outputs].means}`;
  throw new InputError("ERR_TASK_OUTPUT", `expected ${wanted}; got ${listOutputs(facts)}`);
}

export const detectionRow: TaskRow<DetectionSpec, Thing[], Detection[], Matches, DetectionBinding> = {
  means: "the things in a picture, each with class and box; its quality is COCO's average precision",
  metrics: boxMetrics,
  classes: true,
  truth: "labels",
  open: detection,
};
