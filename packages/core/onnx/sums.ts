/** @file Open dimensions that are the sum of others: all tokens are those before and those that come. */
import type { Sizes } from "./feeds.ts";

/**
 * The same sizes with those that their names say are sums made so: `past_sequence_length + sequence_length`, `past + 1`, and
 * `total_sequence_length` where both of the former are there, with or without `_length`.
 *
 * @param fixed names whose sizes stay
 */
export function withSums(sizes: Sizes, fixed?: ReadonlySet<string>): Map<string, number> {
  const found = new Map(sizes);
  for (const name of sizes.keys()) {
    if (fixed?.has(name)) continue;
    const parts = partsOf(name).map((part) =>
      /^\d+$/.test(part) ? Number(part) : (sizes.get(part) ?? sizes.get(short(part))),
    );
    if (parts.length > 1 && parts.every((part) => part !== undefined))
      found.set(
        name,
        parts.reduce((sum, part) => sum + part, 0),
      );
  }
  return found;
}

/** Exports call what comes `sequence` or `sequence_length`, whatever they call the whole. */
const short = (name: string): string => name.replace(/_len(gth)?$/, "");

function partsOf(name: string): string[] {
  const [, rest] = /^total_(.+)$/.exec(name) ?? [];
  return rest === undefined ? name.split("+").map((part) => part.trim()) : [`past_${rest}`, rest];
}
