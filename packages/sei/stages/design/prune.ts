/** @file Designs over many hosts that no rate of the link lets meet a requirement: bounds say so, before anything is simulated. */
import { designId, over, type PrunedResult } from "@split-et-impera/core/design";
import { uplinkOf, withLoss } from "@split-et-impera/core/study";
import { missesAtBest } from "./at-best.ts";
import type { Candidate, Grounds } from "./evaluate.ts";
import { atRate } from "./jobs.ts";
import { fastest } from "./lossmap.ts";

/**
 * Designs without those that surely miss a requirement even over an uplink as fast as the fastest that the result tells of. LC
 * stays, since a reader asks for it, and all stay where none would be left that might fit: then the nearest is looked for.
 */
export function pruned<C extends Candidate>(
  grounds: Grounds,
  candidates: readonly C[],
): { left: C[]; pruned: PrunedResult[] } {
  const given = grounds.subject.study;
  const study = withLoss(atRate(given, fastest * uplinkOf(given).link.rate), 0);
  const missed = candidates.map((one) =>
    one.prepared.design.crossings.length === 0 ? [] : missesAtBest(grounds, one, study),
  );
  const left = candidates.filter((_, i) => missed[i]!.length === 0);
  if (!left.some(({ prepared }) => prepared.design.crossings.length > 0)) return { left: [...candidates], pruned: [] };
  const found = candidates.flatMap(({ prepared, transport }, i): PrunedResult[] => {
    if (missed[i]!.length === 0) return [];
    const { design } = prepared;
    return [{ design: designId(transport ? over(design, transport) : design), misses: missed[i]! }];
  });
  return { left, pruned: found };
}
