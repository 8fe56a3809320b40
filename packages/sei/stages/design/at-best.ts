/** @file What a design surely misses, by what its frames take at least: nothing is simulated. */
import {
  checkDesign,
  doubtOf,
  over,
  sentByImage,
  sustainedRate,
  timesAtBest,
  type DesignMetrics,
  type TransportSpec,
} from "@split-et-impera/core/design";
import { atLoss, uplinkOf, type Requirement, type Study } from "@split-et-impera/core/study";
import { stepsOf, type Grounds } from "./evaluate.ts";
import type { Prepared } from "./prepared.ts";

/** What is busy to the last is served without end, if only just. */
const leastOver = 1e-9;

/** What never depends on luck: whatever is sent comes late, or not at all, but no sooner. */
const bounded = new Set(["latency", "deadline-misses", "throughput", "memory", "bytes"]);

/** What bounds need to know of a design. */
export type Bounded = Pick<Prepared, "design" | "bytes" | "exit" | "memory">;

/**
 * The requirements that a design surely misses over a study's links, as they are written, by what each frame takes at least.
 * @param asItIs whether these are the links that it is judged over, with their losses, so that what is sent faster than they carry it piles up
 */
export function missesAtBest(
  grounds: Grounds,
  { prepared, transport }: { prepared: Bounded; transport: TransportSpec | undefined },
  study: Study,
  asItIs = false,
): string[] {
  const design = transport ? over(prepared.design, transport, study) : prepared.design;
  const steps = stepsOf(grounds, study, prepared, design);
  const there = asItIs ? atLoss(study, uplinkOf(study).link.loss.rate) : study;
  const doubt = doubtOf(grounds.costs, there, steps);
  const offered = study.frames.rate;
  const sustained = sustainedRate(there, steps);
  const metrics: DesignMetrics = {
    quality: {},
    drop: {},
    ...timesAtBest(study, steps, { doubt: doubt.latency }),
    bytes: sentByImage(design, { bytes: prepared.bytes, taken: prepared.exit?.taken }),
    throughputInterval: doubt.throughput,
    memory: Object.fromEntries(Object.keys(study.hosts).map((host) => [host, prepared.memory[host] ?? 0])),
    ...(asItIs && sustained * (1 + leastOver) < offered && { overload: { offered, sustained } }),
  };
  // Datagrams that are lost where they enter a link take none of its time.
  const lessBusy = transport?.kind === "udp" && !asItIs;
  const asked = study.requirements.filter(
    ({ metric }: Requirement) => bounded.has(metric) && !(lessBusy && metric === "throughput"),
  );
  return checkDesign(metrics, asked).flatMap(({ state, requirement }) =>
    state === "missed" ? [requirement.text] : [],
  );
}
