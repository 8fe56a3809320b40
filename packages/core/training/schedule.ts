/** @file Learning rates over a training: pure functions of the step. */

export type ScheduleKind = "constant" | "cosine" | "one-cycle";

export interface ScheduleOptions {
  kind: ScheduleKind;
  /**
   * Share of all steps in which the rate rises: linearly from nothing (constant, cosine; default 0), or on half a
   * cosine from a 25th (one-cycle; default 0.3).
   */
  warmUp?: number;
}

/** The share of the largest learning rate at `step` of `total`, steps counted from 0. */
export function rateAt(
  { kind, warmUp = kind === "one-cycle" ? 0.3 : 0 }: ScheduleOptions,
  step: number,
  total: number,
): number {
  if (kind === "one-cycle") return oneCycle(step, total, warmUp);
  const rising = Math.round(warmUp * total);
  if (step < rising) return (step + 1) / rising;
  return kind === "constant" ? 1 : (1 + Math.cos((Math.PI * (step - rising)) / (total - rising))) / 2;
}

/**
 * Up from a 25th to the whole, down to a 250,000th, both on half cosines (Smith and Topin, 2019; the numbers are those of
 * PyTorch's OneCycleLR).
 */
function oneCycle(step: number, total: number, warmUp: number): number {
  const top = warmUp * total - 1;
  const between = (from: number, to: number, share: number): number =>
    to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
  if (step <= top) return between(1 / 25, 1, top > 0 ? step / top : 1);
  return between(1, 1 / 25e4, (step - top) / Math.max(total - 1 - top, 1));
}
