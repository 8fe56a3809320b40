/**
 * @file Shares and differences where one sample was tried several times: the sample (an image) is what was drawn, its
 * trials (frames that show it) are not independent. All intervals are 95 %.
 */
import type { Estimate } from "./estimate.ts";
import { internal } from "../errors/index.ts";
import { wilsonShare, z95 } from "./normal.ts";

/** Scores of trials, from 0 (wrong) to 1 (right). */
export interface Trials {
  scores: ArrayLike<number>;
  /** The sample that each trial is about, from 0. Default: trial i is about sample i, each tried once. */
  samples?: ArrayLike<number>;
}

/**
 * Mean score over samples, each of which counts once however often it was tried.
 *
 * With m_i the mean of sample i's trials: the value is the mean of the m_i, and the interval is Wilson's for the
 * effective number of samples n / deff, where deff = var(m) / (p (1 - p)). Samples that are wholly right or wholly wrong
 * have deff = 1, so this is {@link wilson} of the samples, to the last bit; scores between make it narrower, though
 * never narrower than independent trials would.
 * Source: E. L. Korn, B. I. Graubard, Confidence intervals for proportions with small expected number of positive counts
 * estimated from survey data, Survey Methodology 24 (1998), 193-201 (the effective sample size); N. Dean, M. Pagano,
 * Evaluating confidence interval methods for binomial proportions in clustered surveys, J. Surv. Stat. Methodol. 3
 * (2015), 484-503 (with Wilson's interval).
 *
 * `clean` holds the score of every sample under reference conditions (nothing lost). Samples that no trial shows are then
 * told from it, and the trials only say what the conditions change: value = mean(clean) + mean over tried of
 * (m_i - clean_i). So trials that change nothing give exactly the clean value, also where they show only some samples.
 * Source: C.-E. Särndal, B. Swensson, J. Wretman, Model Assisted Survey Sampling (1992), section 6.3 (the difference
 * estimator).
 * @returns `n` is the number of samples
 */
export function clusteredShare(trials: Trials, clean?: ArrayLike<number>): Estimate {
  const means = sampleMeans(trials);
  const n = clean ? clean.length : means.size;
  if (n === 0) return { value: 0, lo: 0, hi: 1, n };
  const tried = means.size;
  if (tried === 0) return clusteredShare({ scores: clean! });
  const scores = clean ? adjusted(means, clean) : [...means.values()];
  let sum = 0;
  let changed = 0;
  for (let i = 0; i < n; i++) sum += scores[i]!;
  const value = Math.min(1, Math.max(0, sum / n));
  for (let i = 0; i < n; i++) changed += (scores[i]! - value) ** 2;
  const spread = value * (1 - value);
  const most = trials.scores.length + (n - tried);
  // All alike at an end: nothing but the number of samples tells how sure that is.
  if (spread === 0) return { ...wilsonShare(value, clean && changed > 0 ? tried : n), n };
  const binary = scores.every((score) => score === 0 || score === 1);
  const effective = binary ? n : Math.min(most, n / (changed / n / spread));
  return { ...wilsonShare(value, effective), n };
}

/** Clean scores, moved by what the trials change where there are any; weighted, so that the mean is that of all samples. */
function adjusted(means: ReadonlyMap<number, number>, clean: ArrayLike<number>): number[] {
  const n = clean.length;
  for (const sample of means.keys()) if (sample >= n) throw internal(`a trial of sample ${sample} among ${n}`);
  const weight = n / Math.max(1, means.size);
  return Array.from(clean, (score, i) => score + weight * ((means.get(i) ?? score) - score));
}

/**
 * Mean score of one less that of another, over the samples that both tried; each sample counts once. With the `clean`
 * scores of both, over all samples, as {@link clusteredShare} does: trials that change nothing change no difference.
 *
 * With d_i the difference of the sample's means, the interval is Wald's after one pseudo-sample of +1 and one of -1:
 *
 *     centre = sum d / (n + 2),   half = z sqrt(((sum d^2 + 2) / (n + 2) - centre^2) / (n + 2))
 *
 * Where every d is -1, 0 or 1 this is {@link pairedDifference} (Bonett and Price 2012); between these values it is the
 * same with d^2 in the place of |d|.
 * @returns `n` is the number of samples that both tried, or of all
 */
export function clusteredDifference(
  first: Trials,
  second: Trials,
  clean?: { first: ArrayLike<number>; second: ArrayLike<number> },
): Estimate {
  if (clean) {
    if (clean.first.length !== clean.second.length)
      throw internal(`a difference of ${clean.first.length} and ${clean.second.length} samples`);
    return differenceOfScores(scoresOfSamples(first, clean.first), scoresOfSamples(second, clean.second));
  }
  const [a, b] = [sampleMeans(first), sampleMeans(second)];
  const both = [...a.keys()].filter((sample) => b.has(sample));
  return differenceOfScores(
    both.map((sample) => a.get(sample)!),
    both.map((sample) => b.get(sample)!),
  );
}

/** Scores of all samples, moved by what trials change where there are any: differences of these are `clusteredDifference`'s with `clean`. */
export const scoresOfSamples = (trials: Trials, clean: ArrayLike<number>): number[] =>
  adjusted(sampleMeans(trials), clean);

/** Mean difference of two scores of the same samples, with the interval of `clusteredDifference`. */
export function differenceOfScores(a: readonly number[], b: readonly number[]): Estimate {
  const n = a.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference;
    squares += difference ** 2;
  }
  if (n === 0) return { value: 0, lo: -1, hi: 1, n };
  const centre = sum / (n + 2);
  const half = z95 * Math.sqrt(((squares + 2) / (n + 2) - centre ** 2) / (n + 2));
  return { value: sum / n, lo: Math.max(-1, centre - half), hi: Math.min(1, centre + half), n };
}

/** The mean score of each sample, by sample, in the order in which they are first met. */
function sampleMeans({ scores, samples }: Trials): Map<number, number> {
  if (samples && samples.length !== scores.length)
    throw internal(`${scores.length} scores of ${samples.length} samples`);
  const sums = new Map<number, { sum: number; n: number }>();
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (!(score >= 0 && score <= 1)) throw internal(`a score of ${score}`);
    const sample = samples ? samples[i]! : i;
    const known = sums.get(sample);
    if (known) {
      known.sum += score;
      known.n++;
    } else sums.set(sample, { sum: score, n: 1 });
  }
  return new Map(Array.from(sums, ([sample, { sum, n }]) => [sample, sum / n]));
}
