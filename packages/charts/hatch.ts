/** @file What has no place on an axis: designs that pile frames up or never answer, in a hatched strip beside it. */
import * as Plot from "@observablehq/plot";
import { deadlineOf, type Study } from "@split-et-impera/core/study";
import type { DesignResult } from "@split-et-impera/core/design";
import { overloadText } from "./phrases.ts";

/** Latency axes end here, in seconds: three times the deadline; what is later stands at the edge with its number. */
export const latestOf = (study: Study): number => 3 * deadlineOf(study);

/** Why a design's latency is no number: it is overloaded, or answered nothing; undefined where it is one. */
export function offScale({ overload }: Pick<DesignResult, "overload">, latency: number): string | undefined {
  if (overload) return overloadText(overload);
  return Number.isFinite(latency) ? undefined : "never answers";
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Slanted lines that fill a box of pixels, `gap` apart; `value` turns pixels into values of the plot's axes. */
export function hatched(box: Box, value: (pixel: { x: number; y: number }) => { x: number; y: number }): Plot.Markish {
  const gap = 9;
  const lines: { from: { x: number; y: number }; to: { x: number; y: number } }[] = [];
  // A line is x + y = sum.
  for (let sum = box.left + box.top + gap; sum < box.right + box.bottom; sum += gap) {
    const x1 = Math.max(box.left, sum - box.bottom);
    const x2 = Math.min(box.right, sum - box.top);
    lines.push({ from: value({ x: x1, y: sum - x1 }), to: value({ x: x2, y: sum - x2 }) });
  }
  type Line = (typeof lines)[number];
  return Plot.link(lines, {
    x1: (d: Line) => d.from.x,
    y1: (d: Line) => d.from.y,
    x2: (d: Line) => d.to.x,
    y2: (d: Line) => d.to.y,
    stroke: "var(--muted)",
    strokeOpacity: 0.4,
    className: "hatch",
  });
}
