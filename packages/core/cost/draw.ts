/** @file Compute times of single frames, drawn from a cost. */
import { randomStream, type Random } from "../random/index.ts";
import { runAt, type Cost } from "./cost.ts";

/**
 * The stream from which a work's times on a host are drawn; the same in every design, so that designs that run the same
 * work meet the same times. The model and its parts share one: a frame that meets a slow moment in a head would have met
 * it in the whole model, and no part takes longer than what holds it.
 * @param work as work.ts names it
 */
export function costStream(seed: number, host: string, work: string): Random {
  const kind = /^(encode|decode) /.test(work) ? work : "model";
  return randomStream(seed, `cost/${host}/${kind}`);
}

/**
 * Nanoseconds of each of `frames` frames: samples of the cost, drawn with replacement; a cost without samples gives
 * every frame its location. The first frames are the same however many are asked for.
 */
export function draw(cost: Cost, frames: number, stream: Random): Float64Array {
  return Float64Array.from({ length: frames }, () => Math.round(1e9 * runAt(cost, stream.uniform())));
}
