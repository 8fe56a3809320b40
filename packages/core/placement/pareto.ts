/** @file Trade-offs between two or three objectives: the answers that some weighing makes cheapest (supported Pareto points). */
import { InputError } from "../errors/index.ts";
import { envelope1d, envelope2d, type Linear, type Point } from "./envelope.ts";

export interface Supported<T> {
  answer: T;
  /** Its cost under each objective. */
  values: number[];
  /** A weighing (summing to 1) that makes it cheapest. */
  weights: number[];
}

/**
 * All supported Pareto points, by search over the weights: exact unless `exact` is false. Points that lie above the lower
 * hull are not among them; no weighing makes these cheapest.
 * @param solve the cheapest answer for weights of the objectives, and its cost under each
 */
export function supportedPoints<T>(
  objectives: number,
  solve: (weights: readonly number[]) => { answer: T; values: number[] },
  most = 1000,
): { points: Supported<T>[]; exact: boolean } {
  if (objectives < 2 || objectives > 3)
    throw new InputError("ERR_PLACEMENT_MIX", `expected two or three price lists, got ${objectives}`);
  const spans = Array.from({ length: objectives }, (_, i) => {
    const alone = Array.from({ length: objectives }, (_, j) => (j === i ? 1 : 0));
    return solve(alone).values[i]! || 1;
  });
  const at = (x: number, y: number): Linear<Supported<T>> => {
    const shares = objectives === 2 ? [x, 1 - x] : [x, y, 1 - x - y];
    const weights = shares.map((share, i) => share / spans[i]!);
    const { answer, values } = solve(weights);
    const sum = weights.reduce((a, b) => a + b, 0);
    const scaled = values.map((value, i) => value / spans[i]!);
    const last = scaled.at(-1)!;
    const slopes = [scaled[0]! - last, objectives === 2 ? 0 : scaled[1]! - last];
    return { base: last, slopes, answer: { answer, values, weights: weights.map((weight) => weight / sum) } };
  };
  // Weights never vanish quite, so that ties are broken by what would otherwise not count.
  const low = 1e-6;
  const high = 1 - 2 * low;
  if (objectives === 2) {
    const stretches = envelope1d((x) => at(x, 0), low, high);
    return { points: sorted(stretches.map(({ line }) => line.answer)), exact: true };
  }
  const corners: Point[] = [
    [low, low],
    [high, low],
    [low, high],
  ];
  const { cells, exact } = envelope2d(at, corners, most);
  return { points: sorted(cells.map((cell) => cell.line.answer)), exact };
}

function sorted<T>(points: Supported<T>[]): Supported<T>[] {
  return points.sort((a, b) => a.values[0]! - b.values[0]!);
}
