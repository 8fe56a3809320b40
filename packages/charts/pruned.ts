/** @file Designs that were not simulated, and why, in words: for the page and for a terminal. */
import type { Result } from "@split-et-impera/core/design";
import { plural } from "./format.ts";

/** `Not simulated, since bounds say that they miss: memory on gateway <= 384 kB (8 designs).`; nothing where all were. */
export function prunedText({ pruned = [] }: Pick<Result, "pruned">): string {
  if (pruned.length === 0) return "";
  const requirements = [...new Set(pruned.flatMap(({ misses }) => misses))];
  const counts = requirements.map((text) => {
    const many = pruned.filter(({ misses }) => misses.includes(text)).length;
    return `${text} (${plural(many, "design")})`;
  });
  return `Not simulated: ${plural(pruned.length, "design")}, of which bounds say that no rate told of here lets them meet ${counts.join(", ")}.`;
}
