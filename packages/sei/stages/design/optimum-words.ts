/** @file The optimum beside the designs: which ones it is, and in a sentence what the candidates give up to it. */
import {
  designsAt,
  placementName,
  type DesignResult,
  type OptimumResult,
  type PricedPlacement,
} from "@split-et-impera/core/design";
import { formatDuration, formatPercent } from "@split-et-impera/core/units";
import type { Optimum } from "./optimum.ts";

/** The optimum with its simulated designs and its sentence. */
export function withDesigns(
  optimum: Optimum,
  designs: readonly DesignResult[],
  added: boolean,
  hosts: { capturing: string; other: string },
): OptimumResult {
  const ids = designsAt(optimum.best, designs).map(({ id }) => id);
  return { sentence: optimumSentence(optimum, designs, hosts), ...optimum, designs: ids, added };
}

function optimumSentence(
  { best, value, placements }: Optimum,
  designs: readonly DesignResult[],
  hosts: { capturing: string; other: string },
): string {
  const what = {
    LC: `the whole model on ${hosts.capturing}`,
    RC: `the whole model on ${hosts.other}`,
    SC: `a split at ${best.cut} in ${best.codec}`,
  }[best.kind];
  const isCandidate = placements.some((one) => one.kind === "SC" && one.candidate && one.cut === best.cut);
  const split = placements
    .filter(({ kind, candidate }) => kind === "SC" && candidate)
    .reduce<PricedPlacement | undefined>(
      (least, one) => (one.seconds < (least?.seconds ?? Infinity) ? one : least),
      undefined,
    );
  const simulated = [best, ...(split && !isCandidate ? [split] : [])].map((found) => {
    const medians = designsAt(found, designs).map(({ latency }) => latency.median.value);
    return Math.min(...medians);
  });
  const told = simulated.every((median) => median < Infinity)
    ? ` Simulated, ${simulated.length > 1 ? "their medians are" : "its median is"} ${simulated.map((one) => formatDuration(one)).join(" and ")}.`
    : "";
  const first = `The best of all ${placements.length} placements is ${what}: ${formatDuration(value)} by adding up`;
  if (isCandidate) return `${first}. It is a candidate: the candidates give up nothing.${told}`;
  if (!split) return `${first}; the hosts have room for none of the candidates.${told}`;
  const more = `${formatDuration(split.over)} (${formatPercent(split.over / value, 2)})`;
  return `${first}; the best candidate, ${placementName(split)}, gives up ${more}.${told}`;
}
