/** @file Batch normalisation in training. */
import type { GraphBuilder } from "../onnx/index.ts";

export interface BatchNormalisation {
  /** [batch, channels, ...] */
  x: string;
  /** [channels], as are shift and the running mean and variance. */
  scale: string;
  shift: string;
  mean: string;
  variance: string;
  rank: number;
  epsilon: number;
  /** Share of the running statistics that stays (ONNX's `momentum`). */
  kept: number;
}

/**
 * Batch normalisation with the batch's own mean and variance (Ioffe and Szegedy, 2015), and the new running statistics.
 * As in ONNX, the running variance takes the batch's as it is (biased). Written in elementary operators, because
 * runtimes for inference lack the operator's training mode.
 */
export function normaliseBatch(
  g: GraphBuilder,
  { x, scale, shift, mean, variance, rank, epsilon, kept }: BatchNormalisation,
): { y: string; mean: string; variance: string } {
  const positions = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  const perChannel = (name: string): string =>
    rank > 2
      ? g.unsqueeze(
          name,
          positions.map((axis) => axis - 1),
        )
      : name;
  const average = (name: string): string => g.reduceMean(name, [0, ...positions], true);
  const own = average(x);
  const centred = g.op("Sub", [x, own]);
  const spread = average(g.op("Mul", [centred, centred]));
  const deviation = g.op("Sqrt", [g.op("Add", [spread, g.scalar(epsilon)])]);
  const scaled = g.op("Mul", [centred, g.op("Div", [perChannel(scale), deviation])]);
  const moved = (running: string, batch: string): string =>
    g.op("Add", [g.op("Mul", [running, g.scalar(kept)]), g.op("Mul", [g.reshape(batch, [-1]), g.scalar(1 - kept)])]);
  return {
    y: g.op("Add", [scaled, perChannel(shift)]),
    mean: moved(mean, own),
    variance: moved(variance, spread),
  };
}
