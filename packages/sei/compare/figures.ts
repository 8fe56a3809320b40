/** @file One number of a design in several results, and whether it differs by more than noise. */
import { isSystemMetric, mainMetric, read, type DesignMetrics, type Result } from "@split-et-impera/core/design";
import { independentDifference, type Reading } from "@split-et-impera/core/statistics";
import { moreIsBetter, type Metric, type Requirement } from "@split-et-impera/core/study";

/** What is compared of a design: a metric, with its statistic or host, as requirements name it. */
export type Subject = Pick<Requirement, "metric" | "statistic" | "host">;

/**
 * `same`: equal to the last digit; `noise`: the intervals do not tell the two apart; `better` and `worse`: they do, in the
 * direction in which the metric is good; `absent`: the metric is not one of both results, whose tasks differ.
 */
export type ChangeState = "same" | "noise" | "better" | "worse" | "absent";

export interface Figure extends Subject {
  /**
   * Per result, in SI units, with the 95 % interval; a point where the number is computed and not sampled; null where the
   * result has no such metric.
   */
  values: (Reading | null)[];
  /** The labels of the results that have the metric, where not all have it. */
  in?: string[];
  /** Per result after the first: what it has more than the first, with the interval of that; null where one lacks it. */
  changes: { difference: Reading | null; state: ChangeState }[];
}

/** Times are measured not to the last per cent: a smaller change of a latency is none, as in the verdict. */
const leastShare = 0.01;

/** What a result is called in the comparison, by its place: A, B ... */
export const labelOf = (place: number): string => String.fromCodePoint(65 + place);

/** Each result's first metric, once: results of different tasks have different ones. */
export const mainMetricsOf = (results: readonly Result[]): Metric[] => [
  ...new Set(results.map(({ whole }) => mainMetric(whole.quality))),
];

/** What designs are compared in: quality, latencies, late frames, bytes, and memory on each of the hosts. */
export function subjectsOf(results: readonly Result[]): Subject[] {
  const hosts = new Set(results.flatMap(({ designs }) => designs.flatMap(({ memory }) => Object.keys(memory))));
  return [
    ...mainMetricsOf(results).map((metric): Subject => ({ metric })),
    ...(["median", "p95", "p99"] as const).map((statistic): Subject => ({ metric: "latency", statistic })),
    { metric: "deadline-misses" },
    { metric: "bytes" },
    ...[...hosts].map((host): Subject => ({ metric: "memory", host })),
  ];
}

/**
 * The numbers of one design in results, against the first. Samples count as independent, though equal studies show equal
 * images and meet equal losses: a result does not hold what would pair them, so that "noise" is said too often, not too rarely.
 * @param of as many of the design's metrics as the subject reads
 */
export function figureOf(subject: Subject, of: readonly Partial<DesignMetrics>[]): Figure {
  const { metric } = subject;
  const has = ({ quality = {} }: Partial<DesignMetrics>): boolean =>
    isSystemMetric(metric) || Object.hasOwn(quality, metric);
  const values = of.map((metrics) => (has(metrics) ? read(metrics as DesignMetrics, subject) : null));
  const labels = values.flatMap((value, i) => (value ? [labelOf(i)] : []));
  const [first, ...others] = values;
  return {
    ...subject,
    values,
    ...(labels.length < of.length && { in: labels }),
    changes: others.map((value) =>
      first && value ? changeOf(subject, first, value) : { difference: null, state: "absent" },
    ),
  };
}

function changeOf({ metric }: Subject, first: Reading, value: Reading): Figure["changes"][number] {
  const difference = independentDifference(value, first);
  const near =
    metric === "latency" &&
    Math.abs(difference.value) < leastShare * Math.max(Math.abs(first.value), Math.abs(value.value));
  const state = ((): ChangeState => {
    if (difference.value === 0) return "same";
    if (near || (difference.lo <= 0 && difference.hi >= 0)) return "noise";
    return difference.value > 0 === moreIsBetter(metric) ? "better" : "worse";
  })();
  return { difference, state };
}
