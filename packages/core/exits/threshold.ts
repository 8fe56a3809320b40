/** @file How sure an exit has to be: the least confidence at which what it costs in quality is within bounds, with confidence. */
import { discordantBound, normalQuantile } from "../statistics/index.ts";

/** A sample that neither the model nor the exit learned from here, as both answered it. */
export interface ExitTrial {
  /** The exit's confidence. */
  confidence: number;
  /** Whether the exit's answer is right, and the whole model's. */
  exit: boolean;
  whole: boolean;
}

export interface ExitBound {
  /** The loss of quality that is allowed, as a share of all samples. */
  loss: number;
  /** How sure it has to be that no more is lost: 0.95. */
  confidence: number;
}

/** What samples held back say of an exit at its threshold. */
export interface ExitCalibration {
  /** Least confidence at which its answer stands; absent where no threshold is within the bound. */
  threshold?: number;
  /** Samples, and of them the share that leaves. */
  samples: number;
  share: number;
  /** What is lost on all samples, and the upper end of its one-sided interval. */
  lost: number;
  bound: number;
}

/** Thresholds that are tried, each of which lets as many more leave. */
const steps = 100;

/**
 * The least threshold whose loss is surely allowed.
 *
 * Thresholds are tried from the highest down, and the first that cannot be shown to be allowed ends the search: so each is
 * tested at the full level, and the confidence holds for the one that is chosen though many were looked at.
 * Source: fixed sequence testing, as in A. N. Angelopoulos, S. Bates, E. J. Candes, M. I. Jordan, L. Lei, Learn then Test:
 * Calibrating Predictive Algorithms to Achieve Risk Control (2021), section 4; the bound of one threshold is
 * `discordantBound`, of the samples that only one of the two has right.
 */
export function calibrateExit(trials: readonly ExitTrial[], { loss, confidence }: ExitBound): ExitCalibration {
  const sure = [...trials].sort((a, b) => b.confidence - a.confidence);
  const n = sure.length;
  let best: ExitCalibration = { samples: n, share: 0, lost: 0, bound: discordantBound(0, 0, n, confidence) };
  let [left, only1, only2] = [0, 0, 0];
  for (let step = 1; step <= steps && left < n; step++) {
    const until = Math.max(1, Math.ceil((n * step) / steps));
    // Who is as sure as the last one leaves too.
    while (left < n && (left < until || sure[left]!.confidence === sure[left - 1]!.confidence)) {
      const { exit, whole } = sure[left++]!;
      if (whole && !exit) only1++;
      if (exit && !whole) only2++;
    }
    const bound = discordantBound(only1, only2, n, confidence);
    if (bound > loss) break;
    const last = sure[left - 1]!.confidence;
    // Half way to the next, so that a last digit that differs from engine to engine decides nothing.
    const threshold = left < n ? (last + sure[left]!.confidence) / 2 : 0;
    best = { threshold, samples: n, share: left / n, lost: (only1 - only2) / n, bound };
  }
  return best;
}

/** Fewest samples with which an exit that errs nowhere can be shown to be within a bound. */
export function fewestTrials({ loss, confidence }: ExitBound): number {
  // p = q = 1 / (n + 2): the bound is z sqrt(2) / (n + 2).
  return Math.max(1, Math.ceil((normalQuantile(confidence) * Math.SQRT2) / loss) - 2);
}
