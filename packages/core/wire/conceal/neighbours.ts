/** @file Lost values as the mean of what arrived beside them in the same channel, from there outward. */
import { sizeOf } from "../../tensor/index.ts";
import { fillElements } from "../channels.ts";
import type { ElementRange } from "../message.ts";
import type { ConcealmentRow } from "./concealment.ts";

/**
 * In rounds: a lost value with neighbours, one step along any axis but the channels', takes the mean of those that arrived or
 * were filled in an earlier round. Where no value of the channel arrived it is the channel's mean.
 */
export const neighbours: ConcealmentRow = {
  means:
    "the mean of what arrived beside it in the same channel, from there outward; the channel's mean where nothing did",
  fill(data, dims, lost, { mean, axis }) {
    const known = new Uint8Array(sizeOf(dims)).fill(1);
    for (const [from, to] of lost) known.fill(0, from, to);
    const axes = positionAxes(dims, axis);
    let waiting = indicesOf(lost);
    while (waiting.length > 0) {
      const filled: number[] = [];
      const values: number[] = [];
      const rest: number[] = [];
      for (const i of waiting) {
        let [sum, count] = [0, 0];
        for (const { step, length } of axes) {
          const at = Math.floor(i / step) % length;
          if (at > 0 && known[i - step]) {
            sum += data[i - step]!;
            count++;
          }
          if (at < length - 1 && known[i + step]) {
            sum += data[i + step]!;
            count++;
          }
        }
        if (count === 0) rest.push(i);
        else {
          filled.push(i);
          values.push(sum / count);
        }
      }
      if (filled.length === 0) break;
      // After the round: what is filled in one is a neighbour in the next.
      const round = data instanceof Uint8Array ? Math.round : (value: number) => value;
      filled.forEach((i, k) => {
        data[i] = round(values[k]!);
        known[i] = 1;
      });
      waiting = rest;
    }
    fillElements(
      data,
      dims,
      waiting.map((i): ElementRange => [i, i + 1]),
      { values: mean, axis },
    );
  },
};

/** Of every axis along which there are neighbours: how far the next is, and how many there are. */
function positionAxes(dims: readonly number[], channels: number): { step: number; length: number }[] {
  const axes: { step: number; length: number }[] = [];
  for (let i = dims.length - 1, step = 1; i >= 0; step *= dims[i--]!)
    if (i !== channels && dims[i]! > 1) axes.push({ step, length: dims[i]! });
  return axes;
}

function indicesOf(ranges: readonly ElementRange[]): number[] {
  const indices: number[] = [];
  for (const [from, to] of ranges) for (let i = from; i < to; i++) indices.push(i);
  return indices;
}
