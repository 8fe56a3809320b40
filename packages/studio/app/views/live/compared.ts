/** @file What a running host measured, held against what its design was predicted to do. */
import { measuredParts, type DesignResult, type LatencyCurve } from "@split-et-impera/core/design";
import {
  independentDifference,
  wilson,
  wilsonShare,
  type Estimate,
  type Reading,
} from "@split-et-impera/core/statistics";
import type { LiveCaptured, LivePeriod } from "../../../messages.ts";

/** Shares of frames answered within a time. */
export interface Share {
  seconds: number;
  measured: Estimate;
  /** Undefined where the result says nothing of it. */
  predicted: number | undefined;
}

/** The times at which a host counts, but for those before any answer and after the last of them: there all is alike. */
export function sharesOf({ within, done, answered }: LiveCaptured, curve: LatencyCurve | undefined): Share[] {
  if (done === 0) return [];
  const any = within.findIndex((one) => one.answered > 0);
  const all = within.findIndex((one) => one.answered >= answered);
  const [from, to] = [any < 0 ? within.length : any, all < 0 ? within.length : all];
  const early = within.findIndex(({ seconds }) => seconds >= (curve?.seconds[0] ?? Infinity));
  const late = within.findIndex(({ seconds }) => seconds >= (curve?.seconds.at(-1) ?? -Infinity));
  const first = Math.max(0, Math.min(from, early < 0 ? from : early) - 1);
  return within.slice(first, Math.max(to, late) + 1).map((one) => ({
    seconds: one.seconds,
    measured: wilson(one.answered, done),
    predicted: curve && shareAt(curve, one.seconds),
  }));
}

/** Between two points of a curve frames are taken as evenly spread. */
export function shareAt({ seconds, share }: LatencyCurve, time: number): number {
  const next = seconds.findIndex((one) => one > time);
  if (next === 0 || seconds.length === 0) return 0;
  if (next < 0) return share.at(-1)!;
  const [from, to] = [seconds[next - 1]!, seconds[next]!];
  return share[next - 1]! + ((share[next]! - share[next - 1]!) * (time - from)) / (to - from);
}

export interface Furthest {
  share: Share & { predicted: number };
  /** Whether it is more than chance, and more than the curve of a prediction leaves open between its points. */
  differs: boolean;
}

/** Points of a curve are at most so far apart. */
const apart = 0.05;

/**
 * Where the two distributions differ most; undefined where nothing is predicted.
 * @param frames that the prediction is of
 */
export function furthestOf(shares: readonly Share[], frames: number): Furthest | undefined {
  const known = shares.filter((one): one is Furthest["share"] => one.predicted !== undefined);
  const off = ({ measured, predicted }: Furthest["share"]): number => Math.abs(measured.value - predicted);
  const [share] = known.toSorted((a, b) => off(b) - off(a));
  if (!share) return undefined;
  const { lo, hi } = independentDifference(share.measured, wilsonShare(share.predicted, frames));
  return { share, differs: off(share) > apart && (lo > 0 || hi < 0) };
}

export interface Misses {
  measured: Estimate;
  predicted: Reading | undefined;
  /** Whether more or fewer than predicted, where their number tells. */
  than: "more" | "fewer" | "as";
}

/** Undefined until there are frames. */
export function missesOf({ missed, done }: LiveCaptured, design: DesignResult | undefined): Misses | undefined {
  if (done === 0) return undefined;
  const measured = wilson(missed, done);
  const predicted = design?.deadlineMisses;
  if (!predicted) return { measured, predicted, than: "as" };
  const { lo, hi } = independentDifference(measured, predicted);
  return { measured, predicted, than: lo > 0 ? "more" : hi < 0 ? "fewer" : "as" };
}

export interface PartMeans {
  part: string;
  /** Seconds, as those that were predicted. */
  measured: number;
  predicted: number | undefined;
}

/** In the order in which a frame meets them; those that neither has are left out. */
export function partsOf({ means }: LivePeriod, design: DesignResult | undefined): PartMeans[] {
  const measured = (part: string): number => (means[part] ?? 0) + (part === "wait" ? (means["remoteWait"] ?? 0) : 0);
  return Object.entries(measuredParts)
    .map(([part, names]) => ({
      part,
      measured: measured(part),
      predicted: design && names.reduce((sum, name) => sum + design.parts[name], 0),
    }))
    .filter((one) => one.measured > 0 || (one.predicted ?? 0) > 0);
}
