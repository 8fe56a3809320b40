/** @file Hosts of another speed than this machine: how long their work is to take. */
import { workSteps, type Step } from "@split-et-impera/core/frames";
import type { Study } from "@split-et-impera/core/study";

/** Whether this machine stands for a host of another speed, so that its work is stretched by waiting. */
export function isPaced(host: string, study: Pick<Study, "hosts">): boolean {
  const { speed, profile } = study.hosts[host]!;
  return speed !== 1 || profile !== undefined;
}

/** ns by work and frame, of one host: what `--pace` takes. */
export type Pace = Record<string, number | readonly number[]>;

/**
 * The times that the simulation drew for a host's work, which a run is stretched to. Absent for a host that is this machine
 * itself: its work takes what it takes.
 */
export function paceOf(host: string, study: Study, steps: readonly Step[]): Pace | undefined {
  if (!isPaced(host, study)) return undefined;
  const pace: Pace = {};
  for (const step of workSteps(steps))
    if (step.kind === "compute" && step.host === host)
      pace[step.work] = typeof step.ns === "number" ? step.ns : Array.from(step.ns);
  return pace;
}
