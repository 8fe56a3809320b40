/** @file When a link is down: stretches of time that are given, or drawn; the same for both directions. */
import { randomStream } from "../random/index.ts";

/**
 * Times in ns. `down`: intervals [from, to). `meanUp` and `meanDown`: exponential times in turns, from the seed.
 * `packets` that enter, or wait, while the link is down are `lost` (default), or `wait` until it is up, as behind a
 * radio that keeps them.
 */
export type OutageOptions = { packets?: "lost" | "wait" } & (
  | { down: readonly (readonly [from: number, to: number])[] }
  | { meanUp: number; meanDown: number }
);

/** Tells of any time whether the link is down, and until when that stays so. */
export interface Outages {
  at(time: number): { down: boolean; until: number };
}

/** Turns of up and down that are drawn together: any time is found without drawing all before it. */
const TURNS = 1000;

/** @param name of the link: both directions, and every design, meet the same outages */
export function createOutages(options: OutageOptions, seed: number, name: string): Outages {
  if ("down" in options) return changes(changesOf(options.down));
  const { meanUp, meanDown } = options;
  const length = TURNS * (meanUp + meanDown);
  // Exponential times know no past: a block may begin with the state drawn anew.
  const draw = (block: number): Outages => {
    const random = randomStream(seed, `outages/${name}/${block}`);
    let down = random.uniform() < meanDown / (meanUp + meanDown);
    const times: number[] = down ? [0] : [];
    for (let time = 0; time < length; down = !down) {
      time += random.exponential() * (down ? meanDown : meanUp);
      times.push(time);
    }
    return changes(times.map((time) => block * length + Math.min(time, length)));
  };
  const known = new Map<number, Outages>();
  return {
    at: (time) => {
      const block = Math.floor(time / length);
      let found = known.get(block);
      if (found === undefined) {
        // Of the two that are asked for in turn, the present and the near future.
        if (known.size > 1) known.delete(Math.min(...known.keys()));
        known.set(block, (found = draw(block)));
      }
      const { down, until } = found.at(time);
      return { down, until: Math.min(until, (block + 1) * length) };
    },
  };
}

/** The changes of intervals, in order; those that meet are one. */
function changesOf(intervals: readonly (readonly [number, number])[]): number[] {
  const times: number[] = [];
  for (const [from, to] of intervals.toSorted(([a], [b]) => a - b)) {
    if (times.length > 0 && from <= times.at(-1)!) times.push(Math.max(times.pop()!, to));
    else times.push(from, to);
  }
  return times;
}

/** Down from the first of the times on, up from the second on, and so forth. */
function changes(times: readonly number[]): Outages {
  return {
    at: (time) => {
      let low = 0;
      let high = times.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (times[middle]! <= time) low = middle + 1;
        else high = middle;
      }
      return { down: low % 2 === 1, until: times[low] ?? Infinity };
    },
  };
}

/** Share of the time that the link is down, as far as that is known without an end of time: 0 of given stretches. */
export function shareDown(options: OutageOptions | undefined): number {
  return options === undefined || "down" in options ? 0 : options.meanDown / (options.meanUp + options.meanDown);
}
