/** @file Segmentation: a class for every pixel, or the boxes of probable regions. */
import { voidClass } from "../annotation.ts";
import { classOf } from "../numbering.ts";
import { finiteNumbers, largest } from "../outputs.ts";
import type { Binding, Task, TaskRow } from "../task.ts";
import { classMap } from "./class-map.ts";
import { mapLoss, mapTruths, maskTarget } from "./learning.ts";
import { judgeSegments, pixelMetrics, regionMetrics, type SegmentEvidence } from "./metrics.ts";
import { mapPlace, type MapPlace } from "./place.ts";
import { regionsOf, usualRegions } from "./regions.ts";
import type { SegmentationSpec } from "./spec.ts";
import { truthMap, truthRegions, type Segments } from "./truth.ts";

export interface SegmentationBinding extends Binding, MapPlace {
  /** The class of each of the model's numbers; what is none of the data's is one behind the last. */
  labels: number[];
}

/** The task. Truths and answers are maps of classes, or boxes; evidence counts. */
export function segmentation(spec: SegmentationSpec): Task<Segments, Segments, SegmentEvidence, SegmentationBinding> {
  const { classes, threshold = 0.5, regions } = spec;
  const count = classes.length;
  const named = classes.findIndex((name) => /^_*background_*$/i.test(name));
  // Pixels of no object: the class `background`, one behind the last, or nothing known.
  const rest = named >= 0 ? named : (spec.background ?? count === 1) ? count : voidClass;
  return {
    spec,
    metrics: regions ? regionMetrics : pixelMetrics,
    bind(facts) {
      const place = mapPlace(facts, regions ? { ...spec, outputs: "probability" } : spec);
      const { output, scores, form, channels } = place;
      const extra = form !== "probability" && channels === count + 1;
      const labelOf = classOf(spec, count, extra ? 1 : 0);
      const labels =
        form === "probability"
          ? labelsOfTwo(count, named, rest)
          : Array.from({ length: form === "labels" ? 256 : channels }, (_, number) => labelOf(number) ?? count);
      const fits = form !== "logits" || channels === count || extra;
      const notes = fits ? [] : [`the output "${output}" knows ${channels} classes, the data ${count}`];
      return { outputs: [output], decides: [scores], notes, ...place, labels };
    },
    answers(binding, outputs) {
      const { output, form, height, width, picture, labels } = binding;
      const values = finiteNumbers(outputs[output]!, output);
      const size = values.length / outputs[output]!.dims[0]!;
      return Array.from({ length: outputs[output]!.dims[0]! }, (_, image): Segments => {
        const start = image * size;
        if (regions) return { regions: regionsOf(values, start, { height, width }, picture, regions) };
        const numberAt =
          form === "logits"
            ? mostProbable(values, start, binding)
            : (pixel: number): number =>
                form === "labels" ? values[start + pixel]! : Number(values[start + pixel]! > threshold);
        return { map: classMap(height, width, (pixel) => labels[numberAt(pixel)] ?? count) };
      });
    },
    truth: (annotation) =>
      regions ? { regions: truthRegions(annotation) } : { map: truthMap(annotation, { size: annotation.size, rest }) },
    judge: (answer, truth) => judgeSegments(answer, truth, { ...usualRegions, ...regions }.overlap),
    target: (g, binding, truth) => [maskTarget(g, { ...binding, threshold }, truth)],
    ...(!regions && { learn: { truths: mapTruths, loss: mapLoss } }),
  };
}

/** Classes of what is improbable and probable: of two classes the second, or that which is not the background. */
function labelsOfTwo(count: number, background: number, rest: number): [number, number] {
  if (count !== 2) return [rest, count - 1];
  return background === 1 ? [1, 0] : [0, 1];
}

/** The channel with the largest number at a pixel. */
function mostProbable(values: ArrayLike<number>, start: number, { channels, last, height, width }: MapPlace) {
  const [step, stride] = last ? [channels, 1] : [1, height * width];
  return (pixel: number): number => largest(values, start + pixel * step, channels, stride);
}

export const segmentationRow: TaskRow<SegmentationSpec, Segments, Segments, SegmentEvidence, SegmentationBinding> = {
  means:
    "a class for every pixel, or the boxes of probable regions; its quality is the mean intersection over union, or the regions' F1",
  metrics: [...pixelMetrics, ...regionMetrics],
  classes: true,
  truth: "labels",
  open: segmentation,
};
