/** @file COCO's metrics, to the last bit as its evaluation computes them: average precision and recall. */
import type { Metric, MetricWords } from "../metric.ts";
import { cocoAreas, similarities, type Matches } from "./matching.ts";
import { averagePrecision, averageRecall, type Selection } from "./precision.ts";

/** A range of areas, by its place in what the evidence was made with. */
type AreaName = keyof typeof cocoAreas;

interface CocoRow {
  name: string;
  means: string;
  kind: "precision" | "recall";
  area?: AreaName;
  /** One similarity; default: all ten. */
  at?: number;
  most?: number;
}

/** Of boxes: the ranges of areas that evidence is made with. */
export const boxAreas: readonly AreaName[] = ["all", "small", "medium", "large"];

const everywhere = "mean over classes and over IoU 0.50, 0.55 ... 0.95";

const boxRows: readonly CocoRow[] = [
  { name: "ap", kind: "precision", means: `COCO's average precision: ${everywhere}` },
  { name: "ap50", kind: "precision", at: 0, means: "average precision at IoU 0.50" },
  { name: "ap75", kind: "precision", at: 5, means: "average precision at IoU 0.75" },
  { name: "recall", kind: "recall", means: `COCO's average recall with 100 detections per image: ${everywhere}` },
  { name: "recall-1", kind: "recall", most: 1, means: "average recall with one detection of a class per image" },
  { name: "recall-10", kind: "recall", most: 10, means: "average recall with ten detections of a class per image" },
  {
    name: "ap-small",
    kind: "precision",
    area: "small",
    means: "average precision of things below 32 x 32 pixels of the model's input",
  },
  { name: "ap-medium", kind: "precision", area: "medium", means: "of things from 32 x 32 to 96 x 96 pixels" },
  { name: "ap-large", kind: "precision", area: "large", means: "of things above 96 x 96 pixels" },
];

/** Of keypoints: their similarity is OKS, and nothing is small. */
export const keypointAreas: readonly AreaName[] = ["all", "medium", "large"];

const keypointRows: readonly CocoRow[] = [
  {
    name: "oks-ap",
    kind: "precision",
    means: "COCO's average precision of keypoints: mean over object keypoint similarities 0.50, 0.55 ... 0.95",
  },
  { name: "oks-ap50", kind: "precision", at: 0, means: "average precision at a keypoint similarity of 0.50" },
  { name: "oks-ap75", kind: "precision", at: 5, means: "average precision at a keypoint similarity of 0.75" },
  { name: "oks-recall", kind: "recall", means: "COCO's average recall of keypoints, with 20 detections per image" },
  {
    name: "oks-ap-medium",
    kind: "precision",
    area: "medium",
    means: "average precision of keypoints of things from 32 x 32 to 96 x 96 pixels",
  },
  { name: "oks-ap-large", kind: "precision", area: "large", means: "of things above 96 x 96 pixels" },
];

function metricOf({ name, means, kind, area = "all", at, most }: CocoRow, areas: readonly AreaName[]): Metric<Matches> {
  const words: MetricWords = { name, means, better: "more", unit: "share" };
  const selection: Selection = {
    area: areas.indexOf(area),
    at: at === undefined ? [...similarities.keys()] : [at],
    ...(most !== undefined && { most }),
  };
  const over = kind === "precision" ? averagePrecision : averageRecall;
  return { ...words, over: (evidence) => over(evidence, selection) };
}

/** Over `Matches` made with `boxAreas`. */
export const boxMetrics: readonly Metric<Matches>[] = boxRows.map((row) => metricOf(row, boxAreas));

/** Over `Matches` made with `keypointAreas`. */
export const keypointMetrics: readonly Metric<Matches>[] = keypointRows.map((row) => metricOf(row, keypointAreas));
