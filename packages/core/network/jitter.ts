/** @file What is added to the delay of each packet: distributions by name. */
import type { Random } from "../random/index.ts";

export interface JitterOptions {
  /** ns, what the distribution makes of it. */
  range: number;
  /** Default `uniform`. */
  distribution?: JitterName;
  /** Lets packets overtake; else each arrives no sooner than the one before it. */
  reorder?: boolean;
}

/** By name: a draw in units of `range`, never below 0; its mean, and what all but one in a thousand stay below. */
const rows = {
  uniform: { draw: (random: Random) => random.uniform(), mean: 0.5, most: 1, means: "from 0 to it" },
  exponential: { draw: (random: Random) => random.exponential(), mean: 1, most: Math.log(1000), means: "its mean" },
  "half-normal": {
    draw: (random: Random) => Math.abs(random.normal()),
    mean: Math.sqrt(2 / Math.PI),
    most: 3.2905,
    means: "the standard deviation of a normal one, of which the size is taken",
  },
  pareto: {
    // Lomax of shape 3: mean 1, with a tail that falls as the cube.
    draw: (random: Random) => 2 * ((1 - random.uniform()) ** (-1 / 3) - 1),
    mean: 1,
    most: 18,
    means: "its mean (Lomax, shape 3)",
  },
} satisfies Record<string, { draw: (random: Random) => number; mean: number; most: number; means: string }>;

export type JitterName = keyof typeof rows;
export const jitterNames = Object.keys(rows) as JitterName[];

/** What `range` is to a distribution, in words. */
export function jitterMeans(name: JitterName): string {
  return rows[name].means;
}

/** ns that all but one in a thousand packets are held up less than. */
export function longestJitter({ range, distribution = "uniform" }: JitterOptions): number {
  return range * rows[distribution].most;
}

/** ns in the mean. */
export function meanJitter({ range, distribution = "uniform" }: JitterOptions): number {
  return range * rows[distribution].mean;
}

/** Draws whole ns, packet by packet; undefined where nothing is added. */
export function createJitter(options: JitterOptions | undefined, random: Random): (() => number) | undefined {
  if (options === undefined || options.range <= 0) return undefined;
  const { range, distribution = "uniform" } = options;
  const { draw } = rows[distribution];
  return () => Math.floor(draw(random) * range);
}
