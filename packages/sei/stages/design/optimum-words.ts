/** @file The optimum beside the designs: which ones it is, and what the candidates give up to it. */
import {
  designsAt,
  type AddedTime,
  type DesignResult,
  type OptimumResult,
  type Phrase,
  type PlacementName,
  type PricedPlacement,
} from "@split-et-impera/core/design";
import type { Optimum } from "./optimum.ts";

export interface OptimumContext {
  hosts: { capturing: string; other: string };
  designs: readonly DesignResult[];
  /** Whether the optimum was made a design of its own. */
  added: boolean;
  /** How many cuts the study tries. */
  candidates: number;
}

/** The optimum with its simulated designs and what there is to say of it. */
export function withDesigns(optimum: Optimum, context: OptimumContext): OptimumResult {
  const ids = designsAt(optimum.best, context.designs).map(({ id }) => id);
  return { says: phrasesOf(optimum, context), ...optimum, designs: ids, added: context.added };
}

function phrasesOf(
  { best, value, placements, of = placements.length, unsure = 0 }: Optimum,
  { hosts, designs, candidates }: OptimumContext,
): Phrase[] {
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
  const host = best.kind === "RC" ? (best.hosts?.[0] ?? hosts.other) : hosts.capturing;
  return [
    { kind: "best-placement", of, placement: best, host, seconds: value },
    isCandidate
      ? { kind: "candidate" }
      : split
        ? {
            kind: "gives-up",
            placement: placementOf(split),
            seconds: split.over,
            share: split.over / value,
            ...(split.over <= unsure && { unsure }),
          }
        : { kind: candidates === 0 ? "none-tried" : "no-candidate" },
    ...simulated(rivals, designs),
    ...beyond(designs),
  ];
}

const placementOf = ({ kind, cut, codec, hosts, input }: PlacementName): PlacementName => ({
  kind,
  cut,
  codec,
  ...(hosts && { hosts }),
  ...(input && { input }),
});

/** The quickest by its simulated median; undefined where none answers for long. */
function quickest(designs: readonly DesignResult[]): DesignResult | undefined {
  return designs
    .filter(({ overload, latency }) => !overload && latency.median.value < Infinity)
    .toSorted((a, b) => a.latency.median.value - b.latency.median.value)[0];
}

/** What the simulation says of placements, and why where it puts them in another order than adding up. */
function simulated(
  rivals: readonly { found: PlacementName; seconds: number }[],
  designs: readonly DesignResult[],
): Phrase[] {
  const made = rivals.flatMap(({ found, seconds }) => {
    const design = quickest(designsAt(found, designs));
    return design ? [{ design, seconds }] : [];
  });
  if (made.length < rivals.length) return [];
  const medians = made.map(({ design }) => design.latency.median.value);
  const turned = medians.length > 1 && medians[1]! < medians[0]!;
  const added = made.map(({ design, seconds }) => addedTo(seconds, design));
  return [{ kind: "simulated", medians, ...(turned && { added }) }];
}

/** What a simulated design takes more than its placement by adding up: coding, waiting, and the rest, which is sending. */
function addedTo(seconds: number, { latency, parts }: DesignResult): AddedTime {
  const coding = parts.encode + parts.decode;
  const sending = Math.max(0, latency.median.value - seconds - coding - parts.queue);
  return { coding, waiting: parts.queue, sending };
}

/** Bottlenecks change what there is to place. */
function beyond(designs: readonly DesignResult[]): Phrase[] {
  const first = quickest(designs.filter(({ crossings }) => crossings.some(({ bottleneck }) => bottleneck)));
  return first ? [{ kind: "beyond", design: first.id, median: first.latency.median.value }] : [];
}
