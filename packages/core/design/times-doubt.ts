/** @file How far latencies and throughput may be off, since times are measured. */
import type { CostTable } from "../cost/index.ts";
import type { Step } from "../frames/index.ts";
import { quantile } from "../statistics/index.ts";
import type { Study } from "../study/index.ts";
import { sustainedRate, type Doubt } from "./simulate.ts";

/** What latencies and the throughput may differ by, since times are measured. */
export interface TimesDoubt {
  latency: Doubt;
  throughput: { lo: number; hi: number };
}

/**
 * What the intervals of measured times let latencies and the throughput differ by: all work at either end. Latencies are
 * without bound upwards where the slow end would keep a host busier than it can be. Of a host
 * that is told by its speed the spread is that of the machine that was measured, enlarged as the times are: the host may
 * have less of it, down to none.
 */
export function doubtOf(costs: CostTable, study: Study, steps: readonly Step[]): TimesDoubt {
  const latency = { less: 0, more: 0, spread: { median: 0, p95: 0, p99: 0 } };
  /** The steps with all work longer or shorter by how unsure it is. */
  const moved = (edge: "lo" | "hi"): Step[] =>
    steps.map((step) => {
      if (step.kind !== "compute") return step;
      const cost = costs.of(step.host, step.work);
      const by = 1e9 * (cost[edge] - cost.seconds);
      return { ...step, ns: typeof step.ns === "number" ? step.ns + by : step.ns.map((ns) => Math.max(0, ns + by)) };
    });
  for (const step of steps) {
    if (step.kind !== "compute") continue;
    const { lo, hi, seconds } = costs.of(step.host, step.work);
    latency.less += seconds - lo;
    latency.more += hi - seconds;
    if (study.hosts[step.host]?.speed === 1 || typeof step.ns === "number") continue;
    for (const [name, p] of [
      ["median", 0.5],
      ["p95", 0.95],
      ["p99", 0.99],
    ] as const) {
      latency.spread[name] += Math.max(0, quantile(step.ns, p) / 1e9 - seconds);
    }
  }
  const throughput = { lo: sustainedRate(study, moved("hi")), hi: sustainedRate(study, moved("lo")) };
  if (throughput.lo < study.frames.rate) latency.more = Infinity;
  return { latency, throughput };
}
