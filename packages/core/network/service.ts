/** @file How long a link takes for bytes: at a constant rate, along a trace of rates, or by delivery opportunities. */
import { InputError } from "../errors/index.ts";
import type { Outages } from "./outages.ts";

/** Values that hold from their time on; before the first time its value holds. After `period` it begins anew. */
export interface Trace {
  /** ns, rising. */
  times: readonly number[];
  values: readonly number[];
  /** ns; absent: the last value holds for ever. */
  period?: number;
  /** It does not begin anew after `period`: what is asked of it then is refused. */
  once?: boolean;
}

/** A Mahimahi trace: each entry is a millisecond in which one packet of 1500 bytes may leave; it repeats. */
export interface Opportunities {
  milliseconds: readonly number[];
  /** Bytes that may leave at each. Default 1500. */
  bytes?: number;
  /** It does not repeat, as of a {@link Trace}. */
  once?: boolean;
}

/** bit/s, bit/s over time (0 stops the link for a while), or opportunities. */
export type Rate = number | Trace | Opportunities;

/** Tells when a server that begins at `from` (ns) has sent `bytes`. Called in order of time. */
export interface Service {
  finish(from: number, bytes: number): number;
}

const OPPORTUNITY = 1500;

/**
 * @param outages while which nothing is sent, and what is being sent waits
 * @throws InputError `ERR_LINK` for a rate that can never send; when it is used, past the end of a trace that is used once
 */
export function createService(rate: Rate, outages?: Outages): Service {
  if (typeof rate !== "number") {
    return "times" in rate ? tracedService(rate, outages) : opportunityService(rate, outages);
  }
  if (outages !== undefined) return tracedService({ times: [0], values: [rate] }, outages);
  const nsPerByte = 8e9 / rate;
  return { finish: (from, bytes) => from + bytes * nsPerByte };
}

function ended(ns: number): InputError {
  return new InputError(
    "ERR_LINK",
    `Expected a rate trace as long as the simulation, but it ends after ${ns / 1e9} s while packets still wait; let it repeat, or hold its last rate`,
  );
}

/** The value of a trace at `time`, and until when it holds. */
export function valueAt(trace: Trace, time: number): { value: number; until: number } {
  const { times, values, period } = trace;
  const turn = period === undefined ? 0 : Math.floor(time / period) * period;
  const within = time - turn;
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= within) low = middle + 1;
    else high = middle;
  }
  const next = low < times.length ? turn + times[low]! : period === undefined ? Infinity : turn + period;
  const end = period === undefined ? next : Math.min(next, turn + period);
  return { value: values[Math.max(0, low - 1)]!, until: end };
}

function tracedService(trace: Trace, outages: Outages | undefined): Service {
  checkTrace(trace, "rate");
  const last = trace.values.at(-1)!;
  if (trace.period === undefined ? last <= 0 : !trace.values.some((value) => value > 0)) {
    throw new InputError("ERR_LINK", "Expected a rate trace to end above 0 bit/s, or to repeat with a rate above 0");
  }
  const { period, once = false } = trace;
  const bitsPerTurn =
    period === undefined || once || outages !== undefined ? Infinity : (meanRate(trace) * period) / 1e9;
  const pieceAt = (time: number): { value: number; until: number } => {
    if (once && time >= period!) throw ended(period!);
    const piece = valueAt(trace, time);
    if (outages === undefined) return piece;
    const { down, until } = outages.at(time);
    return { value: down ? 0 : piece.value, until: Math.min(piece.until, until) };
  };
  return {
    finish: (from, bytes) => {
      let time = from;
      let bits = bytes * 8;
      // A turn carries the same wherever it begins: all but the last are not walked through.
      const turns = Math.ceil(bits / bitsPerTurn) - 2;
      if (period !== undefined && turns > 0) {
        time += turns * period;
        bits -= turns * bitsPerTurn;
      }
      for (;;) {
        const { value, until } = pieceAt(time);
        const can = ((until - time) * value) / 1e9;
        if (can >= bits) return time + (value > 0 ? (bits * 1e9) / value : 0);
        bits -= can;
        time = until;
      }
    },
  };
}

function opportunityService(
  { milliseconds, bytes: each = OPPORTUNITY, once = false }: Opportunities,
  outages: Outages | undefined,
): Service {
  const period = milliseconds.at(-1) ?? 0;
  if (!(period > 0) || milliseconds.some((at, i) => !(at >= (milliseconds[i - 1] ?? 0)))) {
    throw new InputError("ERR_LINK", "Expected a delivery trace of rising milliseconds that ends above 0");
  }
  const at = (index: number): number => {
    const turn = Math.floor(index / milliseconds.length);
    return (turn * period + milliseconds[index % milliseconds.length]!) * 1e6;
  };
  let index = 0;
  let left = each;
  // What comes while the link is down is gone, too.
  const usable = (): void => {
    while (outages?.at(at(index)).down) index++;
    if (once && index >= milliseconds.length) throw ended(period * 1e6);
  };
  return {
    finish: (from, bytes) => {
      // What was not used when it came is gone.
      if (at(index) < from) {
        index += Math.max(0, Math.floor((from - at(index)) / (period * 1e6) - 1)) * milliseconds.length;
        while (at(index) < from) index++;
        left = each;
      }
      usable();
      let need = bytes;
      while (need > left) {
        need -= left;
        left = each;
        index++;
        usable();
      }
      left -= need;
      return at(index);
    },
  };
}

export function checkTrace({ times, values, period, once = false }: Trace, what: string): void {
  const rising = times.every((time, i) => time >= 0 && (i === 0 || time > times[i - 1]!));
  if (times.length === 0 || times.length !== values.length || !rising || values.some((value) => !(value >= 0))) {
    throw new InputError("ERR_LINK", `Expected a ${what} trace of rising times with a value of 0 or more for each`);
  }
  if (once && period === undefined)
    throw new InputError("ERR_LINK", `Expected a ${what} trace that is used once to have a period`);
  if (period !== undefined && !(period > times.at(-1)!)) {
    throw new InputError("ERR_LINK", `Expected the period of a ${what} trace to exceed its last time, got ${period}`);
  }
}

/** Bits per second in the mean, over a trace's period or for ever after its end. */
export function meanRate(rate: Rate): number {
  if (typeof rate === "number") return rate;
  if ("milliseconds" in rate) {
    const { milliseconds, bytes = OPPORTUNITY } = rate;
    return (milliseconds.length * bytes * 8e3) / milliseconds.at(-1)!;
  }
  const { times, values, period } = rate;
  if (period === undefined) return values.at(-1)!;
  // Before the first time its value holds.
  const bits = values.reduce(
    (sum, value, i) => sum + value * ((times[i + 1] ?? period) - (i === 0 ? 0 : times[i]!)),
    0,
  );
  return bits / period;
}
