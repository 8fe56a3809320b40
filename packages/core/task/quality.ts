/** @file Metrics with their intervals: over samples, however often each was tried, and paired between two sets of answers. */
import { InputError, internal } from "../errors/index.ts";
import { randomStream } from "../random/index.ts";
import {
  clusteredDifference,
  clusteredShare,
  differenceOfScores,
  quantile,
  scoresOfSamples,
  wilsonShare,
  type Estimate,
} from "../statistics/index.ts";
import type { Metric, MetricWords } from "./metric.ts";

/** Judged answers, and the samples that they are about. */
export interface Judged<Evidence> {
  evidence: ArrayLike<Evidence>;
  /** By position in `evidence`: frames may show one sample several times. Default: answer i is about sample i. */
  samples?: ArrayLike<number>;
}

/** Resamples behind an interval that no formula gives. */
const replicates = 500;

/**
 * A metric over samples, each of which counts once however often it was tried, with its 95 % interval.
 *
 * @param clean the evidence of every sample under reference conditions. Samples that were not tried are then told from
 *   it: value = M(clean of all) + M(tried) - M(clean of the tried), so that conditions which change nothing give exactly
 *   the value of `clean`.
 *
 * Intervals: Wilson's where the metric is a mean of scores (see `clusteredShare`); else percentiles of the bootstrap over
 * samples (B. Efron, R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13), the same draws every time. Where
 * all resamples agree, as no sample has an error, they know nothing of the errors that other samples would have: of a share
 * the interval is then that of one among so many samples.
 *
 * @throws InputError ERR_TASK_TRUTH where no sample has what the metric looks at
 */
export function qualityOf<Evidence>(
  metric: Metric<Evidence>,
  judged: Judged<Evidence>,
  clean?: ArrayLike<Evidence>,
): Estimate {
  const { score } = metric;
  if (score) return clusteredShare(scored(judged, score), clean && Array.from(clean, score));
  const count = clean?.length ?? distinct(judged);
  const found = bootstrap(metric, count, estimator(metric, judged, clean));
  if (!allAgree(metric, found)) return found;
  const { lo, hi } = wilsonShare(Math.min(1, Math.max(0, found.value)), count);
  return { ...found, lo: Math.min(found.value, lo), hi: Math.max(found.value, hi) };
}

/** How much better `a` is than `b`, paired by sample, with its 95 % interval; alike where the metric is better when less. */
export function pairedOf<Evidence>(
  metric: Metric<Evidence>,
  a: Judged<Evidence>,
  b: Judged<Evidence>,
  clean?: { first: ArrayLike<Evidence>; second: ArrayLike<Evidence> },
): Estimate {
  if (metric.better === "less")
    return differenceOf(metric, b, a, clean && { first: clean.second, second: clean.first });
  return differenceOf(metric, a, b, clean);
}

/**
 * What a metric that is a mean of scores makes of each sample, from which `pairedOfScores` tells what `pairedOf` does: to be kept where one
 * set of answers is compared with many. Undefined of other metrics.
 * @param clean the evidence of every sample under reference conditions
 */
export function pairedScores<Evidence>(
  { score }: Metric<Evidence>,
  judged: Judged<Evidence>,
  clean: ArrayLike<Evidence>,
): number[] | undefined {
  return score && scoresOfSamples(scored(judged, score), Array.from(clean, score));
}

/** How much better the first is than the second by a metric, from what `pairedScores` gives of both. */
export const pairedOfScores = ({ better }: MetricWords, a: readonly number[], b: readonly number[]): Estimate =>
  better === "less" ? differenceOfScores(b, a) : differenceOfScores(a, b);

/** The value of `a` less that of `b`. */
function differenceOf<Evidence>(
  metric: Metric<Evidence>,
  a: Judged<Evidence>,
  b: Judged<Evidence>,
  clean?: { first: ArrayLike<Evidence>; second: ArrayLike<Evidence> },
): Estimate {
  const { score } = metric;
  if (score) {
    const both = clean && { first: Array.from(clean.first, score), second: Array.from(clean.second, score) };
    return clusteredDifference(scored(a, score), scored(b, score), both);
  }
  if (clean && clean.first.length !== clean.second.length)
    throw internal(`a difference of ${clean.first.length} and ${clean.second.length} samples`);
  const [one, other] = clean ? [a, b] : commonSamples(a, b);
  const [first, second] = [estimator(metric, one, clean?.first), estimator(metric, other, clean?.second)];
  const count = clean?.first.length ?? distinct(one);
  const found = bootstrap(metric, count, (weights) => first(weights) - second(weights));
  if (!allAgree(metric, found)) return found;
  const none = { scores: new Uint8Array(count) };
  const { lo, hi } = clusteredDifference(none, none);
  return { ...found, lo: found.value + lo, hi: found.value + hi };
}

const allAgree = ({ unit }: MetricWords, { lo, hi }: Estimate): boolean => unit === "share" && lo === hi;

/** Qualities by the names of their metrics, the task's first one first. */
export type Quality = Record<string, Estimate>;

/**
 * Every metric of a task over samples: see `qualityOf`. The first must have something to judge; of the others those that
 * have nothing, such as the quality of large things where there are none, are left out.
 */
export function qualitiesOf<Evidence>(
  metrics: readonly Metric<Evidence>[],
  judged: Judged<Evidence>,
  clean?: ArrayLike<Evidence>,
): Quality {
  const telling = metrics.filter((metric, i) => i === 0 || judges(metric, judged.evidence));
  return Object.fromEntries(telling.map((metric) => [metric.name, qualityOf(metric, judged, clean)]));
}

/** How much worse `b` is than `a` by every metric that judges both, paired by sample: see `pairedOf`. */
export function dropsOf<Evidence>(
  metrics: readonly Metric<Evidence>[],
  a: Judged<Evidence>,
  b: Judged<Evidence>,
  clean?: { first: ArrayLike<Evidence>; second: ArrayLike<Evidence> },
): Quality {
  const telling = metrics.filter((metric, i) => i === 0 || (judges(metric, a.evidence) && judges(metric, b.evidence)));
  return Object.fromEntries(telling.map((metric) => [metric.name, pairedOf(metric, a, b, clean)]));
}

/** Whether a metric has anything to judge in evidence, and all that it looks at is known. */
export const judges = <Evidence>({ score, over }: Metric<Evidence>, evidence: ArrayLike<Evidence>): boolean =>
  score ? !Array.from(evidence, score).some(Number.isNaN) : !Number.isNaN(over(evidence)());

function scored<Evidence>({ evidence, samples }: Judged<Evidence>, score: (evidence: Evidence) => number) {
  return { scores: Array.from(evidence, score), ...(samples && { samples }) };
}

/** What both say of the samples that both show. */
function commonSamples<Evidence>(a: Judged<Evidence>, b: Judged<Evidence>): [Judged<Evidence>, Judged<Evidence>] {
  const samplesOf = ({ evidence, samples }: Judged<Evidence>): number[] =>
    Array.from(samples ?? Array.from(evidence).keys());
  const of = [samplesOf(a), samplesOf(b)] as const;
  const [first, second] = [new Set(of[0]), new Set(of[1])];
  const only = ({ evidence }: Judged<Evidence>, samples: number[], others: Set<number>): Judged<Evidence> => ({
    evidence: Array.from(evidence).filter((_, i) => others.has(samples[i]!)),
    samples: samples.filter((sample) => others.has(sample)),
  });
  return [only(a, of[0], second), only(b, of[1], first)];
}

const distinct = ({ evidence, samples }: Judged<unknown>): number =>
  samples ? new Set(Array.from(samples)).size : evidence.length;

/** The value for samples that weigh so much (absent: 1 each). */
type Estimator = (weights?: ArrayLike<number>) => number;

function estimator<Evidence>(
  metric: Metric<Evidence>,
  { evidence, samples }: Judged<Evidence>,
  clean: ArrayLike<Evidence> | undefined,
): Estimator {
  if (!samples && (!clean || clean.length === evidence.length)) return metric.over(evidence);
  const of = samples ? Array.from(samples) : Array.from(evidence, (_, i) => i);
  const trials = new Map<number, number>();
  for (const sample of of) trials.set(sample, (trials.get(sample) ?? 0) + 1);
  const value = metric.over(evidence, of);
  // Without a reference the samples are those that were tried, in the order of their numbers.
  const tries = Array.from(trials.keys()).sort((a, b) => a - b);
  const places = clean ? undefined : new Map(tries.map((sample, place) => [sample, place]));
  const weighed = (weights?: ArrayLike<number>): Float64Array =>
    Float64Array.from(of, (sample) => (weights ? weights[places?.get(sample) ?? sample]! : 1) / trials.get(sample)!);
  if (!clean) return (weights) => value(weighed(weights));
  for (const sample of trials.keys())
    if (sample >= clean.length) throw internal(`a trial of sample ${sample} among ${clean.length}`);
  const reference = metric.over(clean);
  if (trials.size === clean.length) return (weights) => value(weighed(weights));
  const tried = (weights?: ArrayLike<number>): Float64Array =>
    Float64Array.from({ length: clean.length }, (_, i) => (trials.has(i) ? (weights ? weights[i]! : 1) : 0));
  return (weights) => {
    const all = reference(weights);
    const change = value(weighed(weights)) - reference(tried(weights));
    // A resample may hold none of the samples that were tried: then nothing changed.
    return Number.isNaN(change) ? all : all + change;
  };
}

function bootstrap({ name }: MetricWords, count: number, estimate: Estimator): Estimate {
  const value = estimate();
  if (Number.isNaN(value))
    throw new InputError("ERR_TASK_TRUTH", `${name} judges nothing: none of the ${count} samples has what it looks at`);
  const random = randomStream(1, "bootstrap");
  const weights = new Float64Array(count);
  const found: number[] = [];
  for (let k = 0; k < replicates; k++) {
    weights.fill(0);
    for (let i = 0; i < count; i++) weights[random.integer(count)]!++;
    const one = estimate(weights);
    if (!Number.isNaN(one)) found.push(one);
  }
  const [lo, hi] = [0.025, 0.975].map((p) => quantile(found, p));
  return { value, lo: Math.min(value, lo!), hi: Math.max(value, hi!), n: count };
}
