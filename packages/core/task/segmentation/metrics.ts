/** @file How segmentations are judged: pixels of classes over the whole set, and regions. */
import { voidClass } from "../annotation.ts";
import { ratioMetric, type Metric, type MetricWords } from "../metric.ts";
import { pixelsAt, pixelsOf } from "./class-map.ts";
import { matchedRegions } from "./regions.ts";
import type { Segments } from "./truth.ts";

/** One answer judged. */
export interface SegmentEvidence {
  /** Pixels of each class that are there: right, said to be it, and its own. */
  classes?: [label: number, right: number, said: number, own: number][];
  /** Regions: right, said, and wanted. */
  regions?: [right: number, said: number, wanted: number];
}

/** @param least intersection over union from which a region is right */
export function judgeSegments(answer: Segments | undefined, truth: Segments, least: number): SegmentEvidence {
  const { map, regions } = truth;
  return {
    ...(map && { classes: judgePixels(answer?.map && pixelsAt(answer.map, map.height, map.width), pixelsOf(map)) }),
    ...(regions && {
      regions: [
        matchedRegions(answer?.regions ?? [], regions, least),
        answer?.regions?.length ?? 0,
        regions.length,
      ] as [number, number, number],
    }),
  };
}

function judgePixels(answer: Uint16Array | undefined, truth: Uint16Array): [number, number, number, number][] {
  const counts = new Map<number, [number, number, number, number]>();
  const of = (label: number): [number, number, number, number] => {
    let found = counts.get(label);
    if (!found) counts.set(label, (found = [label, 0, 0, 0]));
    return found;
  };
  truth.forEach((own, pixel) => {
    if (own === voidClass) return;
    const said = answer?.[pixel];
    of(own)[3]++;
    if (said === undefined) return;
    of(said)[2]++;
    if (said === own) of(own)[1]++;
  });
  return Array.from(counts.values()).sort(([a], [b]) => a - b);
}

const share = (name: string, means: string): MetricWords => ({ name, means, better: "more", unit: "share" });

const miou: Metric<SegmentEvidence> = {
  ...share(
    "miou",
    "mean over classes of intersection over union, both summed over the set; void pixels and classes that are nowhere do not count",
  ),
  over(evidence) {
    const classes = new Map<number, { image: number[]; right: number[]; union: number[] }>();
    Array.from(evidence).forEach(({ classes: judged = [] }, image) => {
      for (const [label, right, said, own] of judged) {
        let one = classes.get(label);
        if (!one) classes.set(label, (one = { image: [], right: [], union: [] }));
        one.image.push(image);
        one.right.push(right);
        one.union.push(said + own - right);
      }
    });
    return (weights) => {
      let [sum, count] = [0, 0];
      for (const { image, right, union } of classes.values()) {
        let [both, either] = [0, 0];
        for (let i = 0; i < image.length; i++) {
          const weight = weights ? weights[image[i]!]! : 1;
          both += weight * right[i]!;
          either += weight * union[i]!;
        }
        if (either <= 0) continue;
        sum += both / either;
        count++;
      }
      return sum / count;
    };
  },
};

const pixelAccuracy = ratioMetric<SegmentEvidence>(
  share("pixel-accuracy", "share of pixels of the right class, void ones apart"),
  ({ classes = [] }) => [
    classes.reduce((sum, [, right]) => sum + right, 0),
    classes.reduce((sum, [, , , own]) => sum + own, 0),
  ],
);

/** A value of regions summed over images: right, said and wanted. */
function ofRegions(
  words: MetricWords,
  value: (right: number, said: number, wanted: number) => number,
): Metric<SegmentEvidence> {
  return {
    ...words,
    over: (evidence) => (weights) => {
      const sums: [number, number, number] = [0, 0, 0];
      Array.from(evidence).forEach(({ regions = [0, 0, 0] }, i) => {
        regions.forEach((count, k) => (sums[k]! += (weights ? weights[i]! : 1) * count));
      });
      return value(...sums);
    },
  };
}

/** Of the classes of pixels. */
export const pixelMetrics: readonly Metric<SegmentEvidence>[] = [miou, pixelAccuracy];

/** Of regions. Where none is found, none of them is right. */
export const regionMetrics: readonly Metric<SegmentEvidence>[] = [
  ofRegions(
    share("region-f1", "2 TP / (regions found + regions wanted), TP those with a thing's box"),
    (right, said, wanted) => (2 * right) / (said + wanted),
  ),
  ofRegions(share("region-recall", "share of things whose region is found"), (right, _, wanted) => right / wanted),
  ofRegions(share("region-precision", "share of the regions found that are those of things"), (right, said, wanted) =>
    said === 0 && wanted > 0 ? 0 : right / said,
  ),
];
