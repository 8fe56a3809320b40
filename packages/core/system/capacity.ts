/** @file How many cameras a system carries, what breaks first, and which host or link moves that limit most. */
import type { Check } from "../design/index.ts";
import { timeIntervals, type TimeIntervals } from "./intervals.ts";
import { simulateSystem, type SystemOutcome } from "./outcome.ts";
import type { Selection, System } from "./system.ts";
import { nameOf } from "./values.ts";

/** A number of cameras, and what came of it. */
export interface CapacityStep {
  cameras: number;
  /** Whether no requirement breaks. */
  carries: boolean;
  /** What does not hold, the worst first: a requirement of a flow or of the whole, or a host or link that is overloaded. */
  broken: Broken[];
  /** By flow: seconds of the worst camera's p95, and its share of frames too late, with 95 % intervals. */
  flows: { p95: number; misses: number; intervals: TimeIntervals }[];
  /** The busiest host or link. */
  busiest?: { name: string; utilisation: number };
}

export type Broken =
  | { kind: "requirement"; flow?: string; text: string; value: number; state: Check["state"] }
  | { kind: "load"; name: string; utilisation: number }
  | { kind: "growing"; flow: string }
  | { kind: "memory"; host: string; bytes: number; memory: number };

export interface Capacity {
  /** Most cameras that it carries; 0 where one is too many. */
  most: number;
  /** Whether more were not tried. */
  open: boolean;
  /** Every number that was simulated, ascending. */
  steps: CapacityStep[];
}

/** A system with so many cameras of one flow. */
export type WithCameras = (cameras: number) => System;

/**
 * The most cameras by doubling, then halving what is between: between two numbers of which one holds and the other does
 * not, it is taken to change once.
 * @param limit of cameras that are tried
 */
export function capacityOf(
  withCameras: WithCameras,
  selection: Selection,
  limit = 1024,
  update: (text: string) => void = () => undefined,
): Capacity {
  const steps: CapacityStep[] = [];
  const carries = (cameras: number): boolean => {
    update(`${cameras} cameras`);
    const system = withCameras(cameras);
    const step = stepOf(system, cameras, simulateSystem(system, selection));
    steps.push(step);
    return step.carries;
  };
  let good = 0;
  let bad = 1;
  while (bad <= limit && carries(bad)) {
    good = bad;
    bad *= 2;
  }
  const open = bad > limit;
  if (open) return { most: good, open, steps };
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (carries(middle)) good = middle;
    else bad = middle;
  }
  return { most: good, open, steps: steps.toSorted((a, b) => a.cameras - b.cameras) };
}

function stepOf(system: System, cameras: number, outcome: SystemOutcome): CapacityStep {
  const broken = brokenOf(system, outcome);
  const [busiest] = outcome.loads;
  return {
    cameras,
    carries: outcome.fits,
    broken,
    flows: outcome.flows.map(({ metrics }) => ({
      p95: metrics.latency.p95.value,
      misses: metrics.deadlineMisses.value,
      intervals: timeIntervals(metrics),
    })),
    ...(busiest && { busiest: { name: nameOf(busiest.resource), utilisation: busiest.utilisation } }),
  };
}

/** What does not hold: what is overloaded first, since it makes all else late. */
export function brokenOf(system: System, { flows, whole, loads, overfull }: SystemOutcome): Broken[] {
  const over = loads.filter(({ utilisation }) => utilisation > 1);
  const growing =
    over.length > 0 ? [] : flows.flatMap(({ metrics }, i) => (metrics.overload ? [system.flows[i]!.name] : []));
  const checks = flows.flatMap(({ checks }, i) =>
    checks.flatMap((check) => (check.state === "met" ? [] : [{ flow: system.flows[i]!.name, ...check }])),
  );
  return [
    ...(overfull ? [{ kind: "memory" as const, ...overfull }] : []),
    ...over.map(({ resource, utilisation }): Broken => ({ kind: "load", name: nameOf(resource), utilisation })),
    ...growing.map((flow): Broken => ({ kind: "growing", flow })),
    ...checks
      .toSorted((a, b) => a.margin - b.margin)
      .map(({ flow, requirement, value, state }): Broken => ({
        kind: "requirement",
        flow,
        text: requirement.text,
        value,
        state,
      })),
    ...whole.flatMap(({ requirement, value, state }): Broken[] =>
      state === "met" ? [] : [{ kind: "requirement", text: requirement.text, value, state }],
    ),
  ];
}
