/** @file How far a training has come, in words. */
import { figureOf, type Score } from "@split-et-impera/core/training";

/** `loss 0.123, accuracy 93.10 %` */
export function scoreText(score: Score): string {
  const known = figureOf(score);
  return `loss ${score.loss.toFixed(3)}${known ? `, ${known.figure} ${(100 * known.value).toFixed(2)} %` : ""}`;
}
