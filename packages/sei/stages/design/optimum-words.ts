/** @file The optimum beside the designs: which ones it is, and in a sentence what the candidates give up to it. */
import {
  designsAt,
  placementName,
  type DesignResult,
  type OptimumResult,
  type PlacementName,
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
  { best, value, placements, unsure = 0 }: Optimum,
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
  const rivals = [
    { found: best, seconds: value },
    ...(split && !isCandidate ? [{ found: split, seconds: split.seconds }] : []),
  ];
  const told = simulatedText(rivals, designs);
  const first = `The best of all ${placements.length} placements is ${what}: ${formatDuration(value)} by adding up`;
  if (isCandidate) return `${first}. It is a candidate: the candidates give up nothing.${told}`;
  if (!split) return `${first}; the hosts have room for none of the candidates.${told}`;
  const more = `${formatDuration(split.over)} (${formatPercent(split.over / value, 2)})`;
  const noise =
    split.over <= unsure ? `, no more than the times that are added up may be off (${formatDuration(unsure)})` : "";
  return `${first}; the best candidate, ${placementName(split)}, gives up ${more}${noise}.${told}`;
}

/** What the simulation says of placements, and why where it puts them in another order than adding up. */
function simulatedText(
  rivals: readonly { found: PlacementName; seconds: number }[],
  designs: readonly DesignResult[],
): string {
  const quickest = rivals.map(({ found }) => {
    const made = designsAt(found, designs).toSorted((a, b) => a.latency.median.value - b.latency.median.value);
    return made[0];
  });
  const medians = quickest.map((design) => design?.latency.median.value ?? Infinity);
  if (!medians.every((median) => median < Infinity)) return "";
  const shown = medians.map((one) => formatDuration(one)).join(" and ");
  const said = ` Simulated, ${medians.length > 1 ? "their medians are" : "its median is"} ${shown}`;
  const [first, second] = medians;
  if (second === undefined || second >= first!) return `${said}.`;
  const added = rivals.map(({ seconds }, i) => addedTo(seconds, quickest[i]!));
  return `${said}, the other way round: to what is added up the simulation adds ${added.join(" and ")}.`;
}

/** What a simulated design takes more than its placement by adding up: coding, waiting, and the rest, which is sending. */
function addedTo(seconds: number, { latency, parts }: DesignResult): string {
  const coding = parts.encode + parts.decode;
  const sending = Math.max(0, latency.median.value - seconds - coding - parts.queue);
  const list = [
    ["coding", coding],
    ["waiting for a busy host", parts.queue],
    ["sending (TCP's start and windows, losses)", sending],
  ] as const;
  const named = list.filter(([, time]) => time > 0.01 * latency.median.value);
  return named.map(([what, time]) => `${formatDuration(time)} of ${what}`).join(", ") || "nothing";
}
