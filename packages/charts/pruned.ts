/** @file Designs that were not simulated, and why, in words: for the page and for a terminal. */
import type { Result } from "@split-et-impera/core/design";
import { plural } from "./format.ts";

/** `Not simulated: 8 designs, of which bounds say that no rate told of here lets them meet memory on gateway <= 384 kB (8 designs).`; nothing where all were. */
export function prunedText({ pruned = [] }: Pick<Result, "pruned">): string {
  const raced = pruned.filter(({ after }) => after);
  const bounded = pruned.filter(({ after }) => !after);
  const said: string[] = [];
  if (bounded.length > 0)
    said.push(
      `Not simulated: ${plural(bounded.length, "design")}, of which bounds say that no rate told of here lets them meet ${countsOf(bounded)}.`,
    );
  if (raced.length > 0)
    said.push(
      `Left the race over the links as they are: ${plural(raced.length, "design")}, which surely do not meet ${countsOf(raced)}; ` +
        "other rates and losses are told of those that stayed.",
    );
  return said.join(" ");
}

/** `memory on gateway <= 384 kB (8 designs), ...` */
function countsOf(pruned: NonNullable<Result["pruned"]>): string {
  const requirements = [...new Set(pruned.flatMap(({ misses }) => misses))];
  const counts = requirements.map((text) => {
    const many = pruned.filter(({ misses }) => misses.includes(text)).length;
    return `${text} (${plural(many, "design")})`;
  });
  return counts.join(", ");
}
