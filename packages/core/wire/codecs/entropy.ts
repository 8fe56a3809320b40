/**
 * @file rans8 to rans1: uniform steps whose codes take as many bits as they are unlikely, in units of a datagram that are each read
 * alone. A message is as long as its tensor is surprising, and never longer than packed codes but for the units' heads.
 */
import { internal } from "../../errors/index.ts";
import { float32, sizeOf } from "../../tensor/index.ts";
import { channelRuns } from "../channels.ts";
import type { CodecRow, ParameterField } from "../codec.ts";
import type { ElementRange, Piece } from "../message.ts";
import { inOrder, outOfOrder, rangesOutOfOrder } from "../order.ts";
import { frequenciesProblem, ransTables } from "../rans.ts";
import { clippedRange, stretched, wholeRange, widened } from "./clip.ts";
import { strideField } from "./fixed-width.ts";
import { likelihood, type Likelihood } from "./likelihood.ts";
import { quantiser, stepsFields, stepsProblem, type Steps } from "./quantise.ts";
import { leastUnit, mostUnitBytes, readUnits, writeUnits } from "./units.ts";

export interface EntropyParameters<K extends string> extends Steps, Likelihood {
  kind: K;
  /** Bytes of a unit. */
  unit: number;
  stride?: number;
}

const fields = (bits: number): Record<keyof Likelihood | "unit" | "stride", ParameterField> => ({
  group: {
    whole: true,
    min: 0,
    list: true,
    means: "the table of frequencies of each channel along `axis`, from 0, or one",
  },
  frequency: {
    whole: true,
    min: 1,
    max: 4096,
    list: true,
    means: `table by table, how often each of ${2 ** bits} codes comes among 4096`,
  },
  unit: { whole: true, min: leastUnit, max: 65_507, means: "bytes of a unit, of which the last alone may have fewer" },
  stride: strideField,
});

/**
 * The steps of so many bits, coded by how likely their codes are.
 * @param steps bits of the uniform codec whose steps these are
 */
export function entropy<K extends string>(kind: K, steps: number): CodecRow<EntropyParameters<K>> {
  // Codes for eight times the range at most, so that hardly a value moves to its end.
  const bits = Math.min(8, steps + 3);
  return {
    means: `the steps of uint${steps} over all of the range by rANS: the likelier a code, the fewer bits; tables from training images`,
    lossless: false,
    // A share of the packed codes, as rectified tensors have it: what it is, a message tells.
    share: (0.65 * steps) / 32,
    fields: { ...stepsFields(bits), ...fields(bits) },
    problem: (parameters, dims) => stepsProblem(parameters, dims) ?? tablesProblem(parameters, bits, dims),
    stepped: true,
    calibrated(calibration, payload, step) {
      const best = steps === 8 ? wholeRange(calibration, 8) : clippedRange(calibration, steps);
      const own = step === 1 && steps === 8 ? best : widened(stretched(best, step), calibration, bits);
      return { kind, ...own, ...likelihood(calibration, own, bits), unit: payload };
    },
    open(parameters) {
      const { stride = 1, unit, group, axis } = parameters;
      const { codes, values } = quantiser(parameters, bits);
      const tables = ransTables(parameters.frequency, 2 ** bits);
      if (group.some((table) => table >= tables.count)) throw internal("a channel of a table that there is not");
      const groups = remembered((dims) => {
        const { count, inner } = channelRuns(dims, group.length, axis);
        const own = new Uint16Array(sizeOf(dims));
        for (let start = 0, run = 0; start < own.length; start += inner, run++)
          own.fill(group[run % count]!, start, start + inner);
        return stride === 1 ? own : inOrder(own, dims, stride);
      });
      const bytesFor = (dims: readonly number[]): number => mostUnitBytes(sizeOf(dims), bits, unit);
      return {
        parameters,
        varies: true,
        bytesFor,
        encode(tensor) {
          const { dims } = tensor;
          const own = codes(tensor);
          const sent = stride === 1 ? own : inOrder(own, dims, stride);
          const { bytes, units } = writeUnits(sent, groups(dims), tables, bits, unit);
          return { bytes, pieces: units.map((one): Piece => ({ ...one, divisible: false })) };
        },
        decode({ bytes, missing }, dims) {
          if (bytes.length > bytesFor(dims)) {
            throw internal(
              `${bytes.length} bytes for the shape [${dims.join(", ")}], which takes ${bytesFor(dims)} at most`,
            );
          }
          const sent = new Uint8Array(sizeOf(dims));
          const read = readUnits(bytes, missing, groups(dims), tables, bits, unit, sent);
          const own = stride === 1 ? sent : outOfOrder(sent, dims, stride);
          return {
            tensor: float32(dims, values(own, dims)),
            lost: rangesOutOfOrder(othersOf(read, sent.length), dims, stride),
          };
        },
      };
    },
  };
}

function tablesProblem(
  { group, frequency, axis }: Likelihood & Steps,
  bits: number,
  dims: readonly number[],
): string | undefined {
  const problem = frequenciesProblem(frequency, 2 ** bits);
  if (problem !== undefined) return problem;
  const count = frequency.length / 2 ** bits;
  if (group.length !== 1 && group.length !== dims[axis])
    return `expected one group, or one per channel of [${dims.join(", ")}] along axis ${axis}, got ${group.length}`;
  const wrong = group.find((table) => table >= count);
  return wrong === undefined ? undefined : `expected groups below ${count}, as many tables as there are, got ${wrong}`;
}

/** What lies between ascending ranges. */
function othersOf(ranges: readonly ElementRange[], size: number): ElementRange[] {
  const others: ElementRange[] = [];
  let at = 0;
  for (const [from, to] of [...ranges, [size, size] as const]) {
    if (from > at) others.push([at, from]);
    at = to;
  }
  return others;
}

/** What was made of the last shape is kept. */
function remembered<T>(make: (dims: readonly number[]) => T): (dims: readonly number[]) => T {
  let last: { key: string; made: T } | undefined;
  return (dims) => {
    const key = dims.join();
    if (last?.key !== key) last = { key, made: make(dims) };
    return last.made;
  };
}
