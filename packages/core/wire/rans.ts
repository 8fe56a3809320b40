/**
 * @file Range asymmetric numeral systems: codes of known frequencies in nearly as many bits as their entropy (Duda, 2013;
 * interleaved states after Giesen, 2014). A state lies in [2^16, 2^24) and is fed and emptied byte by byte; frequencies are of 4096.
 *
 * Coding a code of frequency f that begins at c: x -> floor(x / f) 4096 + x mod f + c; reading is its inverse, and goes the
 * other way, so that what is written from the last code to the first is read from the first to the last.
 */
import { internal } from "../errors/index.ts";

export const PROBABILITY_BITS = 12;
/** What frequencies of a table add up to. */
export const PROBABILITIES = 1 << PROBABILITY_BITS;
/** States that take turns, so that one need not wait for the other. */
const STATES = 2;
/** Bytes of the states that a coded sequence begins with. */
export const STATE_BYTES = 3 * STATES;
/** Least value of a state. */
const LEAST = 1 << 16;

/** Tables of frequencies, ready to code with. */
export interface RansTables {
  /** Codes of a table: 0 to levels - 1. */
  levels: number;
  count: number;
  /** Upper bound of a code's cost in 1/256 bits, by table and code. */
  costs: Uint16Array;
  /** Of each table and code: frequency, where it begins, and the frequency's inverse, a hair too large. */
  frequencies: Uint16Array;
  starts: Uint16Array;
  inverses: Float64Array;
  /** Of each table and slot below 4096: the code, 8 bits; the slot's place in its range, 12; its frequency, 12. */
  slots: Int32Array;
}

/** What is wrong with frequencies: table by table, `levels` of each. */
export function frequenciesProblem(frequencies: readonly number[], levels: number): string | undefined {
  if (frequencies.length === 0 || frequencies.length % levels !== 0)
    return `expected tables of ${levels} frequencies, got ${frequencies.length} numbers`;
  for (let at = 0; at < frequencies.length; at += levels) {
    const sum = frequencies.slice(at, at + levels).reduce((total, one) => total + one, 0);
    if (sum !== PROBABILITIES)
      return `expected the frequencies of table ${at / levels} to add up to ${PROBABILITIES}, got ${sum}`;
  }
  return undefined;
}

export function ransTables(all: readonly number[], levels: number): RansTables {
  const problem = frequenciesProblem(all, levels);
  if (problem !== undefined) throw internal(problem);
  const count = all.length / levels;
  const frequencies = Uint16Array.from(all);
  const starts = new Uint16Array(all.length);
  const slots = new Int32Array(count * PROBABILITIES);
  for (let table = 0; table < count; table++) {
    for (let code = 0, start = 0; code < levels; code++) {
      const at = table * levels + code;
      const frequency = frequencies[at]!;
      if (frequency < 1) throw internal("every code needs a frequency of 1 at least");
      starts[at] = start;
      for (let slot = 0; slot < frequency; slot++)
        slots[table * PROBABILITIES + start + slot] = code | (slot << 8) | (frequency << 20);
      start += frequency;
    }
  }
  return {
    levels,
    count,
    costs: Uint16Array.from(frequencies, (one) => Math.ceil(256 * (PROBABILITY_BITS - Math.log2(one)))),
    frequencies,
    starts,
    // x < 2^24 and f < 2^12: so little too large never reaches the next whole number, and what divides evenly is not missed.
    inverses: Float64Array.from(frequencies, (one) => (1 / one) * (1 + 2 ** -48)),
    slots,
  };
}

/**
 * Codes `codes[from..to)` into the end of `into`; `tables` has the table of each.
 * @returns where the coded bytes begin, states first; undefined where there is no room
 */
export function ransEncode(
  { levels, frequencies, starts, inverses }: RansTables,
  codes: Uint8Array,
  tables: Uint16Array,
  [from, to]: readonly [number, number],
  into: Uint8Array,
): number | undefined {
  let at = into.length;
  // Two bytes at most per code: what cannot run out is not asked for.
  let [even, odd] = [LEAST, LEAST];
  let k = to - 1;
  if ((to - from) % 2 === 1) {
    const i = tables[k]! * levels + codes[k]!;
    const f = frequencies[i]!;
    if (at < STATE_BYTES + 4) return undefined;
    while (even >= f << 12) {
      into[--at] = even;
      even >>>= 8;
    }
    const q = (even * inverses[i]!) | 0;
    even = (q << PROBABILITY_BITS) + even - q * f + starts[i]!;
    k--;
  }
  for (; k > from; k -= 2) {
    if (at < STATE_BYTES + 4) return undefined;
    const i = tables[k]! * levels + codes[k]!;
    const f = frequencies[i]!;
    while (odd >= f << 12) {
      into[--at] = odd;
      odd >>>= 8;
    }
    const j = tables[k - 1]! * levels + codes[k - 1]!;
    const g = frequencies[j]!;
    while (even >= g << 12) {
      into[--at] = even;
      even >>>= 8;
    }
    const q = (odd * inverses[i]!) | 0;
    const r = (even * inverses[j]!) | 0;
    odd = (q << PROBABILITY_BITS) + odd - q * f + starts[i]!;
    even = (r << PROBABILITY_BITS) + even - r * g + starts[j]!;
  }
  if (at < STATE_BYTES) return undefined;
  for (const state of [odd, even]) {
    into[--at] = state;
    into[--at] = state >>> 8;
    into[--at] = state >>> 16;
  }
  return at;
}

/**
 * Reads codes into `codes[from..to)` from `bytes[at..end)`. Whatever the bytes are, it writes there alone.
 * @returns where such a sequence ended; undefined where there was none
 */
export function ransDecode(
  { slots }: RansTables,
  bytes: Uint8Array,
  [start, end]: readonly [number, number],
  tables: Uint16Array,
  codes: Uint8Array,
  [from, to]: readonly [number, number],
): number | undefined {
  if (end - start < STATE_BYTES) return undefined;
  const state = (i: number): number => (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
  let at = start;
  let even = state(at);
  let odd = state(at + 3);
  at += STATE_BYTES;
  // From there on a state is 16 at least before it is fed, so that two bytes are enough.
  if (even < LEAST || odd < LEAST) return undefined;
  const last = to - ((to - from) & 1);
  let k = from;
  for (; k < last && at <= end; k += 2) {
    const slot = slots[(tables[k]! << PROBABILITY_BITS) | (even & 4095)]!;
    const other = slots[(tables[k + 1]! << PROBABILITY_BITS) | (odd & 4095)]!;
    even = (slot >>> 20) * (even >>> PROBABILITY_BITS) + ((slot >>> 8) & 4095);
    odd = (other >>> 20) * (odd >>> PROBABILITY_BITS) + ((other >>> 8) & 4095);
    codes[k] = slot;
    codes[k + 1] = other;
    if (even < LEAST) {
      even = (even << 8) | bytes[at++]!;
      if (even < LEAST) even = (even << 8) | bytes[at++]!;
    }
    if (odd < LEAST) {
      odd = (odd << 8) | bytes[at++]!;
      if (odd < LEAST) odd = (odd << 8) | bytes[at++]!;
    }
  }
  if (k < last) return undefined;
  if (last < to) {
    const slot = slots[(tables[last]! << PROBABILITY_BITS) | (even & 4095)]!;
    even = (slot >>> 20) * (even >>> PROBABILITY_BITS) + ((slot >>> 8) & 4095);
    codes[last] = slot;
    while (even < LEAST && at < end) even = (even << 8) | bytes[at++]!;
  }
  return even === LEAST && odd === LEAST && at <= end ? at : undefined;
}
