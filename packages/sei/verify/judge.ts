/** @file Whether a prediction held: its figures beside those of a run, with the run's intervals. */
import { quantileInterval, wilson, type Estimate } from "@split-et-impera/core/statistics";
import type { Figures, Verdict } from "./cell.ts";

/** A frame of a run. */
export interface FrameSeen {
  /** What an early exit did: it was sure, or its answer stood for want of another. */
  exit?: "sure" | "stood" | undefined;
  /** Seconds; Infinity without an answer. */
  latency: number;
  bytes: number;
}

/** Relative errors of latencies within which a prediction holds, and the difference in the share of misses. */
export const tolerances = { p50: 0.03, p90: 0.05, p95: 0.05, p99: 0.1, misses: 0.01 } as const;

const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

export function figuresOf(
  frames: readonly FrameSeen[],
  deadline: number,
  exits = false,
): Omit<Figures<Estimate>, "quality"> {
  const latencies = Float64Array.from(frames, ({ latency }) => latency);
  const at = (p: number): Estimate => quantileInterval(latencies, p);
  const late = frames.filter(({ latency }) => latency > deadline).length;
  const bytes = frames.reduce((sum, one) => sum + one.bytes, 0) / Math.max(1, frames.length);
  const share = (which: FrameSeen["exit"]): Estimate =>
    wilson(frames.filter(({ exit }) => exit === which).length, frames.length);
  return {
    p50: at(quantiles.p50),
    p90: at(quantiles.p90),
    p95: at(quantiles.p95),
    p99: at(quantiles.p99),
    misses: wilson(late, frames.length),
    bytes: { value: bytes, lo: bytes, hi: bytes, n: frames.length },
    ...(exits && { exits: share("sure"), exitFallbacks: share("stood") }),
  };
}

/** Of figures, the lowest and the highest that predicted runs of as many frames had. */
export type Spread = Partial<Record<keyof Figures<number>, { lo: number; hi: number }>>;

/**
 * Each figure's verdict. A latency holds within its tolerance of the measured value; beyond it, it is undecided where the
 * interval of the measured value still reaches to what would hold, or where predicted runs of this length came out like it (frames
 * that wait for one another are late together, and the interval of so few such waits is wider than one that takes them apart), else it does
 * not hold. The share of misses holds within a point, quality within the interval. Two figures that are both infinite agree.
 */
export function verdictsOf(
  predicted: Figures<number>,
  measured: Figures<Estimate>,
  spread: Spread = {},
): Record<string, Verdict> {
  const verdicts: Record<string, Verdict> = {};
  for (const name of Object.keys(quantiles) as (keyof typeof quantiles)[]) {
    const verdict = latencyVerdict(predicted[name], measured[name], tolerances[name]);
    verdicts[name] =
      verdict === "does not hold" && among(spread[name], measured[name].value, tolerances[name])
        ? "undecided"
        : verdict;
  }
  const { misses, quality } = measured;
  for (const name of ["exits", "exitFallbacks"] as const) {
    const { [name]: seen } = measured;
    const { [name]: said } = predicted;
    if (!seen || said === undefined) continue;
    const near = Math.abs(said - seen.value) <= tolerances.misses;
    verdicts[name] = near ? "holds" : said >= seen.lo && said <= seen.hi ? "undecided" : "does not hold";
  }
  const off = Math.abs(predicted.misses - misses.value);
  const within = ({ lo, hi }: Pick<Estimate, "lo" | "hi">, value: number): boolean => value >= lo && value <= hi;
  const like = spread.misses && within(spread.misses, misses.value);
  verdicts["misses"] =
    off <= tolerances.misses ? "holds" : like || within(misses, predicted.misses) ? "undecided" : "does not hold";
  if (quality && predicted.quality !== undefined)
    verdicts["quality"] = within(quality, predicted.quality) ? "holds" : "does not hold";
  return verdicts;
}

/** Whether predicted runs had such a latency, but for the tolerance. */
function among(spread: { lo: number; hi: number } | undefined, value: number, tolerance: number): boolean {
  return spread !== undefined && value >= spread.lo / (1 + tolerance) && value <= spread.hi / (1 - tolerance);
}

function latencyVerdict(predicted: number, { value, lo, hi }: Estimate, tolerance: number): Verdict {
  if (predicted === Infinity || value === Infinity) {
    if (predicted === value) return "holds";
    return predicted === Infinity
      ? hi === Infinity
        ? "undecided"
        : "does not hold"
      : lo * (1 - tolerance) <= predicted && hi === Infinity && lo < Infinity
        ? "undecided"
        : "does not hold";
  }
  if (Math.abs(predicted - value) <= tolerance * value) return "holds";
  return predicted >= lo * (1 - tolerance) && predicted <= hi * (1 + tolerance) ? "undecided" : "does not hold";
}

/** All hold, one does not, or some are undecided. */
export function overall(verdicts: Iterable<Verdict>): Verdict {
  const all = [...verdicts];
  if (all.includes("does not hold")) return "does not hold";
  return all.includes("undecided") ? "undecided" : "holds";
}
