/** @file What a piece of work costs: times of its runs as a distribution, and how sure its place is. */
import { internal } from "../errors/index.ts";
import { randomStream } from "../random/index.ts";
import { quantile } from "../statistics/index.ts";

/** Seconds that a piece of work takes per run on one machine. */
export interface Cost {
  /** The location: the {@link lowQuantile} of the undisturbed runs, of a busy machine the {@link busyQuantile}. */
  seconds: number;
  /** 95 % interval of the location. */
  lo: number;
  hi: number;
  /** Runs that it rests on. */
  n: number;
  /** Runs during which the machine is known to have done something else; left out where others are left. Default 0. */
  disturbed?: number;
  /** Of `seconds`, what an empty call of the engine or library takes: it does not grow with the work. Default 0. */
  call?: number;
  /** Times of single runs, ascending, at most {@link mostSamples}. Absent: every run takes `seconds`. */
  samples?: Float64Array;
  /** The machine was busy: the samples above the location are those below it, mirrored. */
  mirrored?: boolean;
}

/** By the name of the work (work.ts): `whole`, `head@pool3`, ... */
export type Costs = Readonly<Record<string, Cost>>;

/**
 * The quantile that stands for a work's time. What else a machine does makes runs longer, so the lower third still tells
 * the time of the work alone while up to two thirds of the runs are disturbed; the median gives way at half of them. The
 * least of the runs would depend on their number, and quantiles below it on moments in which a processor runs faster
 * because its neighbours rest: on cloud machines up to a fifth of the runs are quicker by a third, now of one work, now of
 * another, so that a part seemed slower than the whole.
 */
export const lowQuantile = 1 / 3;

/** On a busy machine nothing rests, and more runs are disturbed. */
export const busyQuantile = 1 / 5;

/** Samples kept per work: enough for a p99. */
export const mostSamples = 100;

/** Undisturbed runs below which the disturbed ones count too. */
export const fewestRuns = 10;

/** Seconds of runs that followed each other; rounds come by turns with other work. */
export interface Round {
  quiet: readonly number[];
  /** Runs during which the machine is known to have done something else. */
  disturbed: readonly number[];
}

/** A cost that is known: no spread. */
export function exactly(seconds: number): Cost {
  return { seconds, lo: seconds, hi: seconds, n: 1 };
}

/**
 * The cost of work from its runs.
 *
 * Disturbed runs are left out and counted, unless fewer than {@link fewestRuns} others are left. The location's interval
 * comes from resampling whole rounds (a cluster bootstrap): runs of a round share what the machine did meanwhile, so that
 * single runs would seem surer than they are. Of a busy machine only the runs below the location are believed: what is
 * above it says how busy the machine was. The runs above are then taken to lie as far off as those below.
 * @param rounds not all empty; values in seconds
 * @param busy whether other processes took a good part of the machine
 */
export function costOf(rounds: readonly Round[], busy = false): Cost {
  const quiet = rounds.map((round) => round.quiet).filter((runs) => runs.length > 0);
  const others = rounds.reduce((sum, { disturbed }) => sum + disturbed.length, 0);
  const enough = count(quiet) >= fewestRuns;
  const kept = enough
    ? quiet
    : rounds.map((one) => [...one.quiet, ...one.disturbed]).filter(({ length }) => length > 0);
  const runs = kept.flat();
  if (runs.length === 0) throw internal("a cost of no runs");
  const share = busy ? busyQuantile : lowQuantile;
  const seconds = quantile(runs, share);
  const places = kept.length > 1 ? resampled(kept, share) : [quantile(runs, 0.05), quantile(runs, 0.5)];
  return {
    seconds,
    lo: Math.min(seconds, quantile(places, 0.025)),
    hi: Math.max(seconds, quantile(places, 0.975)),
    n: runs.length,
    ...(others > 0 && { disturbed: others }),
    samples: thinned(busy ? mirrored(runs, seconds) : runs),
    ...(busy && { mirrored: true }),
  };
}

function count(rounds: readonly (readonly number[])[]): number {
  return rounds.reduce((sum, { length }) => sum + length, 0);
}

/** Resampled locations; a seed of its own, so that the same runs give the same interval. */
function resampled(rounds: readonly (readonly number[])[], share: number): number[] {
  const random = randomStream(1, "rounds of a cost");
  return Array.from({ length: 200 }, () =>
    quantile(
      rounds.flatMap(() => rounds[random.integer(rounds.length)]!),
      share,
    ),
  );
}

function mirrored(runs: readonly number[], location: number): number[] {
  const below = runs.filter((seconds) => seconds <= location);
  return [...below, ...below.map((seconds) => 2 * location - seconds)];
}

/** The sample ascending; of more than {@link mostSamples} values, as many quantiles in the middle of equal shares. */
export function thinned(values: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length <= mostSamples) return sorted;
  return Float64Array.from(
    { length: mostSamples },
    (_, i) => sorted[Math.floor(((i + 0.5) / mostSamples) * sorted.length)]!,
  );
}

/** The run that a share `u` of all runs does not exceed; `u` from 0 up to 1. */
export function runAt({ samples, seconds }: Cost, u: number): number {
  return samples ? samples[Math.min(samples.length - 1, Math.floor(u * samples.length))]! : seconds;
}
