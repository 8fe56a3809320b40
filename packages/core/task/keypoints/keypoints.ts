/** @file Keypoints: where the parts of things are; the metric is COCO's average precision of keypoints, or PCK. */
import { InputError } from "../../errors/index.ts";
import { lacking, type ObjectAnnotation } from "../annotation.ts";
import { areaOf } from "../detection/box.ts";
import { keypointAreas, keypointMetrics } from "../detection/coco.ts";
import { keptDetections } from "../detection/detections.ts";
import { thingOf, type Thing } from "../detection/detection.ts";
import { cocoAreas, matchImage, type Matches } from "../detection/matching.ts";
import type { Metric } from "../metric.ts";
import { classOf } from "../numbering.ts";
import { listOutputs } from "../outputs.ts";
import type { Binding, ModelFacts, Task, TaskRow } from "../task.ts";
import { formNames, forms, type Figure, type FigurePlace, type FormName } from "./forms.ts";
import { pckMetric, rightKeypoints } from "./pck.ts";
import { keypointBox, keypointSimilarity, sigmasFor } from "./similarity.ts";
import type { KeypointsSpec } from "./spec.ts";

export interface KeypointsBinding extends Binding {
  form: FormName;
  place: FigurePlace;
}

/** A thing as it is in a picture. */
export type TrueFigure = Thing & Pick<ObjectAnnotation, "keypoints">;

export interface KeypointsEvidence {
  matches: Matches;
  pck?: [right: number, all: number];
}

/** Things that COCO's evaluation of keypoints looks at in a picture. */
const mostJudged = 20;

const oksMetrics = keypointMetrics.map(({ over, name, means, better, unit }): Metric<KeypointsEvidence> => ({
  name,
  means,
  better,
  unit,
  over: (evidence) => over(Array.from(evidence, ({ matches }) => matches)),
}));

/** The metrics of things of all sizes. */
const usual = oksMetrics.slice(0, 4);

/** The task. */
export function keypoints(spec: KeypointsSpec): Task<TrueFigure[], Figure[], KeypointsEvidence, KeypointsBinding> {
  const { confidence = 0.001, overlap = 0.7, most = 300, shift = true, pck } = spec;
  return {
    spec,
    surestFirst: true,
    metrics: pck ? [pckMetric, ...usual] : usual,
    bind: (facts) => bind(facts, spec),
    answers({ form, place }, outputs) {
      const labelOf = classOf(spec, spec.classes.length, place.firstClass);
      const { read, suppress } = forms[form];
      return read(place, outputs, { confidence, shift }).map((all) =>
        keptDetections(all, labelOf, { suppress, overlap, most }),
      );
    },
    truth({ objects }) {
      if (!objects) return lacking("the objects with their keypoints", "keypoints");
      return objects.map((one) => ({ ...thingOf(one), ...(one.keypoints && { keypoints: one.keypoints }) }));
    },
    judge(answer = [], truth) {
      const count = [...truth, ...answer].find((one) => one.keypoints)?.keypoints?.length ?? 0;
      const sigmas = spec.sigmas ?? sigmasFor(count / 3);
      const wanted = truth.map((one) => {
        const points = one.keypoints ?? Array.from({ length: count }, () => 0);
        const labelled = points.some((seen, i) => i % 3 === 2 && seen > 0);
        return {
          ...one,
          keypoints: points,
          area: one.area ?? areaOf(one.box),
          ignored: one.crowd === true || !labelled,
        };
      });
      const found = answer.map((one) => ({ ...one, area: areaOf(keypointBox(one.keypoints)) }));
      const matches = matchImage(found, wanted, {
        similarity: (a, b) => keypointSimilarity(a.keypoints, b, sigmas),
        areas: keypointAreas.map((name) => cocoAreas[name]),
        most: mostJudged,
      });
      return { matches, ...(pck && { pck: rightKeypoints(found, wanted, pck, sigmas) }) };
    },
    target: (g, { form, place }) => forms[form].target(g, place),
  };
}

/** The form that is named, or the first that fits. */
function bind(facts: ModelFacts, spec: KeypointsSpec): KeypointsBinding {
  const { outputs, sigmas } = spec;
  for (const form of outputs === undefined ? formNames : [outputs]) {
    const place = forms[form].find(facts, spec);
    if (!place) continue;
    if (sigmas && sigmas.length !== place.points)
      throw new InputError(
        "ERR_TASK_OUTPUT",
        `task.sigmas: expected one for each of the ${place.points} keypoints of "${place.outputs.at(-1)}", got ${sigmas.length}`,
      );
    return { outputs: place.outputs, decides: place.decides, notes: [], form, place };
  }
  const wanted =
    outputs === undefined
      ? `keypoints in one of the forms ${formNames.join(", ")}`
      : `keypoints as ${outputs}: ${forms[outputs].means}`;
  throw new InputError("ERR_TASK_OUTPUT", `expected ${wanted}; got ${listOutputs(facts)}`);
}

export const keypointsRow: TaskRow<KeypointsSpec, TrueFigure[], Figure[], KeypointsEvidence, KeypointsBinding> = {
  means:
    "where the parts of things are; its quality is COCO's average precision of keypoints, or the share that is near enough",
  metrics: [...usual, pckMetric],
  classes: true,
  truth: "labels",
  open: keypoints,
};
