/**
 * @file How wide a codec's steps are, judged by what is left of the quality rather than by squared error: every codec with every step
 * through the real tail, on training samples; what may be the choice goes on to twice as many of the same samples.
 */
import type { Estimate } from "@split-et-impera/core/statistics";
import { pairedOf, type Evidence, type Metric } from "@split-et-impera/core/task";
import type { Tensors } from "@split-et-impera/core/tensor";
import { codecs as codecRows, type CodecKind } from "@split-et-impera/core/wire";
import { isotonic } from "./isotonic.ts";
import { bytesOfSamples, carriedOver, codedBy, type Coded, type Sent } from "./sent.ts";

/** Steps that are tried, in those of the least squared error. */
export const usualSteps: readonly number[] = [0.7, 0.85, 1, 1.2, 1.4, 1.7, 2, 2.5];
/** Samples of the first round and at most. */
const firstSamples = 300;
const mostSamples = 2400;

/** A cut over samples that nothing is judged on. */
export interface Rehearsal {
  sent: readonly Sent[];
  /** Samples there are, and how many are looked at together. */
  count: number;
  atOnce: number;
  /** What crosses for the samples of one batch, and what the tail makes of what arrives, judged. */
  tensors(samples: readonly number[]): Promise<Tensors>;
  answers(arrived: Tensors, samples: readonly number[]): Promise<Evidence[]>;
}

export interface StepSearchOptions {
  codecs: readonly CodecKind[];
  steps?: readonly number[];
  /** By which quality is told. */
  metric: Metric<Evidence>;
  /** By how much quality may be worse for it: in points of a share, else as a share of the quality itself. */
  drop: number;
  /** The same in the metric's own numbers; in place of `drop`. */
  allowed?: number;
  /** Most bytes of datagrams, the smallest of which a unit fits. */
  datagrams: readonly number[];
  signal: AbortSignal;
  update(status: string): void;
}

type Interval = Pick<Estimate, "lo" | "hi">;

/** A codec with a step, tried. */
export interface StepTrial {
  codec: CodecKind;
  step: number;
  /** Mean of a sample's message. */
  bytes: number;
  quality: number;
  /** By how much it is worse than without a codec, paired by sample. */
  drop: number;
  /** The 95 % interval of that; absent where no formula gives one. */
  interval?: Interval;
  samples: number;
}

export interface CodecChoice {
  codec: CodecKind;
  step: number;
}

export interface StepSearch {
  /** Without a codec, over the samples of the last round. */
  whole: number;
  /** By how much it may be worse, in the metric's own numbers. */
  allowed: number;
  trials: StepTrial[];
  /**
   * Of each codec: where messages get shorter with wider steps the widest that is within what is allowed, else the one that is surely
   * better than that of the least squared error, if there is one.
   */
  chosen: CodecChoice[];
  /** Of these the one with the fewest bytes that is within what is allowed. */
  least?: CodecChoice;
}

interface Tried extends CodecChoice {
  coded: Coded;
  varies: boolean;
  sum: number;
  evidence: Evidence[];
}

export async function searchSteps(rehearsal: Rehearsal, options: StepSearchOptions): Promise<StepSearch> {
  const { sent, count, atOnce } = rehearsal;
  const { datagrams, steps = usualSteps, signal, update } = options;
  const tried = options.codecs.flatMap((codec) =>
    (codecRows[codec].stepped ? [...new Set([1, ...steps])].toSorted((a, b) => a - b) : [1]).map((step): Tried => {
      const coded = codedBy({ kind: codec, step }, sent, { datagrams: [...datagrams] });
      return { codec, step, coded, varies: coded.codecs.some(({ varies }) => varies), sum: 0, evidence: [] };
    }),
  );
  const whole: Evidence[] = [];
  const most = Math.min(count, mostSamples);
  let active: readonly Tried[] = tried;
  for (let to = Math.min(firstSamples, most); ; to = Math.min(2 * to, most)) {
    for (let from = whole.length; from < to; from += atOnce) {
      signal.throwIfAborted();
      const samples = Array.from({ length: Math.min(atOnce, count - from) }, (_, i) => from + i);
      const tensors = await rehearsal.tensors(samples);
      whole.push(...(await rehearsal.answers(tensors, samples)));
      for (const one of active) {
        for (const bytes of bytesOfSamples(one.coded, tensors, samples.length)) one.sum += bytes;
        one.evidence.push(...(await rehearsal.answers(carriedOver(one.coded, tensors), samples)));
      }
      update(`${active.length} of ${tried.length} ways on sample ${whole.length}`);
    }
    const judged = judge(tried, whole, options);
    if (whole.length >= most || active.length === 1) return foundBy(judged, whole);
    active = contenders(judged, active);
  }
}

interface Judged {
  metric: Metric<Evidence>;
  allowed: number;
  /** As they were tried. */
  all: (Tried & StepTrial & { fitted: number })[];
}

/** What is known of each by now: how much worse it is, and how much where wider steps are never better. */
function judge(
  tried: readonly Tried[],
  whole: readonly Evidence[],
  { metric, drop, ...options }: StepSearchOptions,
): Judged {
  const value = (evidence: readonly Evidence[]): number => metric.over(evidence)();
  const sign = metric.better === "less" ? -1 : 1;
  const allowed = options.allowed ?? (metric.unit === "share" ? drop : drop * Math.abs(value(whole)));
  const all = tried.map((one) => {
    const same = whole.slice(0, one.evidence.length);
    const quality = value(one.evidence);
    const worse = sign * (value(same) - quality);
    // Where no formula gives an interval it would take a bootstrap for each.
    const paired = metric.score && pairedOf(metric, { evidence: same }, { evidence: one.evidence });
    const interval: Interval | undefined = paired && { lo: paired.lo, hi: paired.hi };
    const samples = same.length;
    const trial = { bytes: one.sum / samples, quality, drop: worse, ...(interval && { interval }), samples };
    return { ...one, ...trial, fitted: worse };
  });
  for (const codec of new Set(all.filter(({ varies }) => varies).map((one) => one.codec))) {
    const own = all.filter((one) => one.codec === codec);
    const fitted = isotonic(
      own.map((one) => one.drop),
      own.map(({ samples }) => samples),
    );
    own.forEach((one, i) => (one.fitted = fitted[i]!));
  }
  return { metric, allowed, all };
}

/** Half of those that went on so far: those that may be within what is allowed, with bytes nearest to the fewest by now. */
function contenders(judged: Judged, active: readonly Tried[]): Tried[] {
  const { allowed, all } = judged;
  const least = choiceOf(judged).least;
  const around = least ? Math.log(least.bytes) : Math.log(Math.min(...all.map(({ bytes }) => bytes)));
  const may = all.filter(
    (one) => (one.interval?.lo ?? -Infinity) <= allowed && active.some((other) => same(one, other)),
  );
  const near = may.toSorted((a, b) => Math.abs(Math.log(a.bytes) - around) - Math.abs(Math.log(b.bytes) - around));
  const kept = near.slice(0, Math.max(1, active.length >> 1));
  return active.filter((one) => kept.some((other) => same(one, other)));
}

const same = (a: CodecChoice, b: CodecChoice): boolean => a.codec === b.codec && a.step === b.step;

function choiceOf({ allowed, all, metric }: Judged): { chosen: Judged["all"]; least?: Judged["all"][number] } {
  const chosen = [...new Set(all.map(({ codec }) => codec))].map((codec) => {
    const own = all.filter((one) => one.codec === codec);
    const usual = own.find(({ step }) => step === 1)!;
    if (usual.varies) return own.findLast(({ fitted }) => fitted <= allowed) ?? usual;
    return own.reduce(
      (best, one) => (one.drop < best.drop && surelyBetter(metric, one.evidence, usual.evidence) ? one : best),
      usual,
    );
  });
  // Those that went on farther are known better.
  const most = Math.max(...all.map(({ samples }) => samples));
  const within = all.filter((one) => one.fitted <= allowed && (one.varies || chosen.includes(one)));
  const known = within.filter(({ samples }) => samples === most);
  const [least] = (known.length > 0 ? known : within).toSorted((a, b) => a.bytes - b.bytes);
  return { chosen, ...(least && { least }) };
}

/** By the interval of their difference on the samples of both; nothing is where no formula gives one. */
function surelyBetter(metric: Metric<Evidence>, a: readonly Evidence[], b: readonly Evidence[]): boolean {
  const common = Math.min(a.length, b.length);
  const of = (all: readonly Evidence[]): { evidence: Evidence[] } => ({ evidence: all.slice(0, common) });
  return metric.score !== undefined && pairedOf(metric, of(a), of(b)).lo > 0;
}

function foundBy(judged: Judged, whole: readonly Evidence[]): StepSearch {
  const { chosen, least } = choiceOf(judged);
  const choice = ({ codec, step }: CodecChoice): CodecChoice => ({ codec, step });
  return {
    whole: judged.metric.over(whole)(),
    allowed: judged.allowed,
    trials: judged.all.map(({ codec, step, bytes, quality, drop, interval, samples }) => ({
      codec,
      step,
      bytes,
      quality,
      drop,
      ...(interval && { interval }),
      samples,
    })),
    chosen: chosen.map((one) => choice(least?.codec === one.codec ? least : one)),
    ...(least && { least: choice(least) }),
  };
}
