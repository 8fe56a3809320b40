/** @file What makes measured times doubtful: contradictions between them, wide spreads, few runs. */
import type { Cost, Costs } from "./cost.ts";
import { isPlainHead, wholeWork } from "./work.ts";

/** A work whose times cannot be trusted, and why. */
export interface Doubt {
  /**
   * `prefix`: a head takes longer than the whole model that holds it, beyond the noise; `spread`: `hi` is more than
   * {@link widest} times `lo`; `runs`: it rests on fewer than {@link fewest} runs.
   */
  kind: "prefix" | "spread" | "runs";
  work: string;
  seconds: number;
  /** 95 % interval of the location, seconds. */
  lo: number;
  hi: number;
  /** Runs. */
  n: number;
  /** For `prefix`: seconds of the whole. */
  whole?: number;
}

/** Doubts about the times of one profile or machine. */
export interface DoubtfulTimes {
  /** Where the times are from: `profile camera.json of camera`, `measured here`. */
  source: string;
  doubts: Doubt[];
}

/** Most that `hi` may be of `lo`. */
export const widest = 1.5;
/** Fewest runs. */
export const fewest = 10;
/** A head that is slower than the whole by less is taken to be as slow: it hands out a tensor that the whole keeps. */
const slower = 1.05;
/** Work below this share of the whole model's time decides nothing. */
const negligible = 0.01;

/** What is doubtful about times measured on one machine, contradictions first; none where they agree. */
export function doubtsOf(costs: Costs): Doubt[] {
  const whole = costs[wholeWork];
  const prefixes: Doubt[] = [];
  const spreads: Doubt[] = [];
  const few: Doubt[] = [];
  for (const [work, cost] of Object.entries(costs)) {
    const { seconds, lo, hi, n } = cost;
    if (whole && hi < negligible * whole.seconds) continue;
    if (whole && slowerThanWhole(work, cost, whole))
      prefixes.push({ kind: "prefix", work, seconds, lo, hi, n, whole: whole.seconds });
    if (hi > widest * lo) spreads.push({ kind: "spread", work, seconds, lo, hi, n });
    if (n < fewest) few.push({ kind: "runs", work, seconds, lo, hi, n });
  }
  return [...prefixes, ...spreads, ...few];
}

/** Whether a head of the unchanged model takes longer than the whole, beyond what both intervals allow. */
function slowerThanWhole(work: string, cost: Cost, whole: Cost): boolean {
  return isPlainHead(work) && cost.lo > whole.hi && cost.seconds > slower * whole.seconds;
}
