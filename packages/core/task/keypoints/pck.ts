/** @file PCK: the share of keypoints that are near enough. Y. Yang, D. Ramanan, Articulated Human Detection (2013). */
import { ratioMetric, type Metric } from "../metric.ts";
import type { Box } from "../detection/box.ts";
import { keypointSimilarity, type Keypoints } from "./similarity.ts";

export interface PckRules {
  /**
   * The length that distances are measured by: of the thing's box the diagonal or the longer side, or the distance of two
   * of its keypoints, by their places from 0, such as the ends of head or trunk.
   */
  of: "box-diagonal" | "box-longer" | readonly [from: number, to: number];
  /** A keypoint is right that is at most so much of that length away: `0.2`. */
  within: number;
}

interface Pointed {
  box: Box;
  keypoints: Keypoints;
}

/**
 * How many labelled keypoints are right, and how many there are. Each thing takes, one after the other, the detection that
 * is most like it. Things whose length is not known, as one of its two keypoints is not labelled, do not count.
 */
export function rightKeypoints(
  found: readonly Pointed[],
  wanted: readonly (Pointed & { area: number; ignored: boolean })[],
  { of, within }: PckRules,
  sigmas: readonly number[],
): [right: number, all: number] {
  const free = new Set(found);
  let [right, all] = [0, 0];
  for (const thing of wanted) {
    const length = lengthOf(thing, of);
    if (thing.ignored || length === undefined) continue;
    let [best, match]: [number, Pointed | undefined] = [-1, undefined];
    for (const one of free) {
      const alike = keypointSimilarity(one.keypoints, thing, sigmas);
      if (alike > best) [best, match] = [alike, one];
    }
    if (match) free.delete(match);
    for (let k = 0; k < thing.keypoints.length; k += 3) {
      if (thing.keypoints[k + 2]! <= 0) continue;
      all++;
      if (match && distance(match.keypoints, k, thing.keypoints, k) <= within * length) right++;
    }
  }
  return [right, all];
}

function lengthOf({ box: [, , width, height], keypoints }: Pointed, of: PckRules["of"]): number | undefined {
  if (of === "box-diagonal") return Math.hypot(width, height);
  if (of === "box-longer") return Math.max(width, height);
  const [from, to] = [3 * of[0], 3 * of[1]];
  return keypoints[from + 2]! > 0 && keypoints[to + 2]! > 0 ? distance(keypoints, from, keypoints, to) : undefined;
}

const distance = (a: Keypoints, i: number, b: Keypoints, j: number): number =>
  Math.hypot(a[i]! - b[j]!, a[i + 1]! - b[j + 1]!);

const none = [0, 0] as const;

export const pckMetric: Metric<{ pck?: readonly [right: number, all: number] }> = ratioMetric(
  {
    name: "pck",
    means: "share of labelled keypoints that are near enough, measured by the length that the study names",
    better: "more",
    unit: "share",
  },
  ({ pck = none }) => pck,
);
