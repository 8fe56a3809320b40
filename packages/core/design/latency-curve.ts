/** @file How frames' latencies are distributed, as a curve of few points that a result can hold for every design. */
import { internal } from "../errors/index.ts";
import type { LatencyCurve } from "./result.ts";

/** Shares of the answered frames that are points of a curve: every twentieth, closer together towards the ends. */
const kept = [
  0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925,
  0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9975, 0.999, 1,
];

/**
 * The empirical distribution of latencies at the first frame answered, at fixed shares of the answered frames, and at the
 * last; every point is exact.
 * @param latencies seconds, Infinity for a frame that was never answered; shares are of all of them
 */
export function latencyCurve(latencies: Float64Array): LatencyCurve {
  if (latencies.some(Number.isNaN)) throw internal("a latency that is not a number");
  const answered = latencies.filter((latency) => latency < Infinity).sort();
  const ranks = new Set([1, ...kept.map((share) => Math.ceil(share * answered.length - 1e-9))]);
  const curve: LatencyCurve = { seconds: [], share: [] };
  if (answered.length === 0) return curve;
  for (const wanted of ranks) {
    const seconds = answered[wanted - 1]!;
    if (seconds === curve.seconds.at(-1)) continue;
    curve.seconds.push(seconds);
    curve.share.push((answered.lastIndexOf(seconds) + 1) / latencies.length);
  }
  return curve;
}
