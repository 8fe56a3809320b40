/** @file Object keypoint similarity, as COCO's evaluation has it. */
import type { Box } from "../detection/box.ts";

/** x, y and visibility of each keypoint in turn; 0 is not labelled. */
export type Keypoints = readonly number[];

/** How far people are off where they mark COCO's 17 keypoints of a person: from the nose to the right ankle. */
export const cocoSigmas: readonly number[] = [
  0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089,
];

/** COCO's for 17 keypoints, else 1 / K for each. */
export const sigmasFor = (count: number): readonly number[] =>
  count === cocoSigmas.length ? cocoSigmas : Array.from({ length: count }, () => 1 / count);

/**
 * The mean over labelled keypoints of exp(-d^2 / (2 area (2 sigma)^2)), d how far the one found is away. Where none is
 * labelled, d is how far it is outside of the box and its surroundings, once its size on every side.
 */
export function keypointSimilarity(
  found: Keypoints,
  wanted: { keypoints: Keypoints; box: Box; area: number },
  sigmas: readonly number[],
): number {
  const { keypoints, box, area } = wanted;
  const labelled = sigmas.map((_, k) => keypoints[3 * k + 2]! > 0);
  const any = labelled.includes(true);
  let [sum, count] = [0, 0];
  sigmas.forEach((sigma, k) => {
    if (any && !labelled[k]) return;
    const [x, y] = [found[3 * k]!, found[3 * k + 1]!];
    const dx = any ? x - keypoints[3 * k]! : outside(x, box[0], box[2]);
    const dy = any ? y - keypoints[3 * k + 1]! : outside(y, box[1], box[3]);
    sum += Math.exp(-(dx * dx + dy * dy) / (2 * sigma) ** 2 / (area + Number.EPSILON) / 2);
    count++;
  });
  return sum / count;
}

/** How far a place is outside of a stretch three times as long. */
const outside = (at: number, from: number, length: number): number =>
  Math.max(0, from - length - at) + Math.max(0, at - (from + 2 * length));

/** The smallest box around keypoints. */
export function keypointBox(keypoints: Keypoints): Box {
  const along = (offset: number): number[] => keypoints.filter((_, i) => i % 3 === offset);
  const [xs, ys] = [along(0), along(1)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, Math.max(...xs) - left, Math.max(...ys) - top];
}
