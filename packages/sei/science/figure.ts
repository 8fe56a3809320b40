/** @file The scatter plots of what was predicted and what was found, as a file. */
import { predictedFigure, type PredictedPoint } from "@split-et-impera/charts";
import { ranks } from "@split-et-impera/core/predict";
import { standalone } from "../report/figures.ts";
import type { Row } from "./rows.ts";
import { casesOf, scorers, truthOf } from "./summary.ts";

/** An SVG of these predictors' ranks against qualities. */
export function scatterSvg(rows: readonly Row[], shown: readonly string[]): string {
  const points = casesOf(rows).flatMap((one) => {
    const truth = truthOf(one);
    return shown.flatMap((predictor): PredictedPoint[] => {
      const scores = scorers[predictor]!(one);
      if (scores.some(Number.isNaN)) return [];
      const own = ranks(scores);
      return truth.map((quality, i) => ({
        predictor,
        network: one.truth === "pca" ? one.network : `${one.network}, trained`,
        series: `${one.bytes} B`,
        rank: (own[i]! - 1) / Math.max(1, truth.length - 1),
        quality,
        name: one.cuts[i]![0]!.tensor,
      }));
    });
  });
  return standalone(predictedFigure(points));
}
