/** @file Designs over many hosts that no rate of the link lets meet a requirement: bounds say so, before anything is simulated. */
import {
  checkDesign,
  designId,
  doubtOf,
  over,
  sentByImage,
  timesAtBest,
  type DesignMetrics,
  type PrunedResult,
} from "@split-et-impera/core/design";
import { uplinkOf, withLoss, type Requirement } from "@split-et-impera/core/study";
import { stepsOf, type Candidate, type Grounds } from "./evaluate.ts";
import { atRate } from "./jobs.ts";
import { fastest } from "./lossmap.ts";

/** What never depends on luck: whatever is sent comes late, or not at all, but no sooner. */
const bounded = new Set(["latency", "deadline-misses", "throughput", "memory", "bytes"]);

/**
 * Designs without those that surely miss a requirement even over an uplink as fast as the fastest that the result tells of. LC
 * stays, since a reader asks for it, and all stay where none would be left that might fit: then the nearest is looked for.
 */
export function pruned<C extends Candidate>(
  grounds: Grounds,
  candidates: readonly C[],
): { left: C[]; pruned: PrunedResult[] } {
  const missed = candidates.map((one) => (one.prepared.design.crossings.length === 0 ? [] : missesOf(grounds, one)));
  const left = candidates.filter((_, i) => missed[i]!.length === 0);
  if (!left.some(({ prepared }) => prepared.design.crossings.length > 0)) return { left: [...candidates], pruned: [] };
  const found = candidates.flatMap(({ prepared, transport }, i): PrunedResult[] => {
    if (missed[i]!.length === 0) return [];
    const { design } = prepared;
    return [{ design: designId(transport ? over(design, transport) : design), misses: missed[i]! }];
  });
  return { left, pruned: found };
}

/** The requirements that a design surely misses, as they are written. */
function missesOf(grounds: Grounds, { prepared, transport }: Candidate): string[] {
  const given = grounds.subject.study;
  const study = withLoss(atRate(given, fastest * uplinkOf(given).link.rate), 0);
  const design = transport ? over(prepared.design, transport, study) : prepared.design;
  const steps = stepsOf(grounds, study, prepared, design);
  const doubt = doubtOf(grounds.costs, study, steps);
  const metrics: DesignMetrics = {
    quality: {},
    drop: {},
    ...timesAtBest(study, steps, { doubt: doubt.latency }),
    bytes: sentByImage(design, { bytes: prepared.bytes, taken: prepared.exit?.taken }),
    throughputInterval: doubt.throughput,
    memory: Object.fromEntries(Object.keys(study.hosts).map((host) => [host, prepared.memory[host] ?? 0])),
  };
  // Datagrams that are lost where they enter a link take none of its time.
  const lessBusy = transport?.kind === "udp";
  const asked = given.requirements.filter(
    ({ metric }: Requirement) => bounded.has(metric) && !(lessBusy && metric === "throughput"),
  );
  return checkDesign(metrics, asked).flatMap(({ state, requirement }) =>
    state === "missed" ? [requirement.text] : [],
  );
}
