/** @file One design against the requirements: met, missed, or undecided at this sample size. */
import { internal } from "../errors/index.ts";
import type { Estimate, Reading } from "../statistics/index.ts";
import type { Check, CheckState, DesignResult, Quality } from "./result.ts";
import { droppedMetric, type Metric, type Requirement, type SystemMetric } from "../study/index.ts";

/** What a design is judged by. */
export type DesignMetrics = Pick<
  DesignResult,
  | "quality"
  | "drop"
  | "latency"
  | "overload"
  | "exited"
  | "deadlineMisses"
  | "bytes"
  | "memory"
  | "throughput"
  | "throughputInterval"
>;

/**
 * Judges a design by each requirement, in their order.
 *
 * A sampled quantity is met when its whole 95 % interval lies inside the bound, missed when all of it lies outside, and
 * undecided between. Intervals hold what frames and images as samples leave open, and how sure compute times are. Bytes and
 * memory are computed; mean latency without an interval and the maximum are those of the simulated frames. None of these is
 * ever undecided.
 * @throws internal where a value is not a number: an evaluation that failed must not pass as a miss
 */
export function checkDesign(metrics: DesignMetrics, requirements: readonly Requirement[]): Check[] {
  return requirements.map((requirement) => {
    const reading = read(metrics, requirement);
    return {
      requirement,
      state: stateOf(reading, requirement),
      value: reading.value,
      margin: marginOf(reading.value, requirement),
    };
  });
}

/** The design's value for a requirement, in the requirement's unit; a point for what is computed and not sampled. */
export function read(metrics: DesignMetrics, subject: Subject): Reading {
  const { lo, value, hi } = isSystemMetric(subject.metric)
    ? readers[subject.metric](metrics, subject)
    : ofTask(metrics, subject.metric);
  if (Number.isNaN(value) || Number.isNaN(lo) || Number.isNaN(hi)) {
    throw internal(`${subject.metric} is not a number (${lo}, ${value}, ${hi})`);
  }
  return { lo, value, hi };
}

type Subject = Pick<Requirement, "metric" | "statistic" | "host">;

const readers: Record<SystemMetric, (metrics: DesignMetrics, subject: Subject) => Reading> = {
  latency: (metrics, { statistic }) =>
    metrics.overload ? pilingUp(metrics) : latency(metrics.latency, statistic ?? "p95"),
  "deadline-misses": (metrics) => metrics.deadlineMisses,
  bytes: (metrics) => point(metrics.bytes),
  // A host on which nothing of the model runs has no entry.
  memory: ({ memory }, { host }) => point(memory[host ?? Object.keys(memory)[0] ?? ""] ?? 0),
  exits: ({ exited }) => exited?.share ?? point(0),
  throughput: ({ throughput, throughputInterval }) => ({ ...point(throughput), ...throughputInterval }),
};

export const isSystemMetric = (metric: Metric): metric is SystemMetric => Object.hasOwn(readers, metric);

/** A metric of the task, or its drop. */
function ofTask({ quality, drop }: DesignMetrics, metric: Metric): Reading {
  const dropped = droppedMetric(metric);
  const found = dropped === undefined ? quality[metric] : drop[dropped];
  if (!found) throw internal(`a design without ${metric}; it has ${Object.keys(quality).join(", ")}`);
  return found;
}

/**
 * With frames that pile up a latency tells how many were simulated: for any bound there are enough that miss it. Nothing is
 * known where they would not pile up if the hosts were as quick as they may be.
 */
function pilingUp({ overload, throughputInterval }: DesignMetrics): Reading {
  const sure = !throughputInterval || throughputInterval.hi < overload!.offered;
  return { value: Infinity, lo: sure ? Infinity : 0, hi: Infinity };
}

function latency(of: DesignMetrics["latency"], statistic: NonNullable<Requirement["statistic"]>): Reading {
  if (statistic === "max") return point(of.max);
  if (statistic === "mean") return { ...point(of.mean), ...of.meanInterval };
  return of[statistic];
}

/** The task's first metric, whatever its name. */
export function qualityOf(quality: Quality): Estimate {
  const [value] = Object.values(quality);
  if (!value) throw internal("a design without a quality");
  return value;
}

/** What the task's first metric is called. */
export function mainMetric(quality: Quality): string {
  const [name] = Object.keys(quality);
  if (name === undefined) throw internal("a design without a quality");
  return name;
}

function point(value: number): Reading {
  return { value, lo: value, hi: value };
}

function stateOf({ lo, hi }: Reading, { operator, value: bound }: Requirement): CheckState {
  const [inside, outside] = operator === "<=" ? [hi <= bound, lo > bound] : [lo >= bound, hi < bound];
  return inside ? "met" : outside ? "missed" : "undecided";
}

function marginOf(value: number, { operator, value: bound }: Requirement): number {
  const room = operator === "<=" ? bound - value : value - bound;
  return room / scaleOf(bound);
}

/** What a distance to the bound is relative to: the bound, or 1 where the bound is zero (shares). */
export function scaleOf(bound: number): number {
  return bound === 0 ? 1 : Math.abs(bound);
}
