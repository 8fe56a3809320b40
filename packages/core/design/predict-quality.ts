/**
 * @file The quality of a design's answers under circumstances in which it was only simulated, from the losses at which it was
 * measured.
 *
 * Answers without holes are those without loss. Frames whose messages have holes are worth less: by how much was measured at
 * every loss of the study, where so many frames were touched, and so large a part of each was missing. So
 *
 *     quality = clean - share touched * damage(part missing)
 *
 * with the damage of a touched frame between those of the two measured losses whose missing parts are nearest; none where
 * nothing is missing.
 */
import { moreIsBetter } from "../study/index.ts";
import { taskMetrics } from "../task/index.ts";
import type { Estimate } from "../statistics/index.ts";
import type { Holes } from "./holes.ts";
import type { DesignResult, Quality, Result } from "./result.ts";

/** How a quality is known. */
export type Knowledge =
  /** Measured: no answer is touched, or these very frames were. */
  | "measured"
  /** Told from measured losses around it. */
  | "between"
  /** Told from the nearest measured loss: further out than any. */
  | "beyond"
  /** Bounds alone: nothing was measured of this. */
  | "unknown";

export interface PredictedQuality {
  quality: Quality;
  /** Of the unchanged model's less this. */
  drop: Quality;
  known: Knowledge;
}

/** What a simulation says of answers. */
export interface Touched {
  holes?: Holes;
  /** Share of frames for which an exit's answer stood. */
  fallback: number;
}

/** A loss at which a design was measured. */
interface Measured {
  holes: Holes;
  quality: Quality;
}

/** @param result whose sweep knows the design */
export function predictQuality(
  result: Pick<Result, "whole" | "sweep">,
  design: DesignResult,
  touched: Touched,
): PredictedQuality {
  const own = design.exited?.fallback.value ?? 0;
  const same = touched.fallback === own;
  const holes = touched.holes ?? { share: 0, missing: 0 };
  if (same && sameHoles(holes, design.holes)) return { quality: design.quality, drop: design.drop, known: "measured" };
  if (holes.share === 0 && touched.fallback === 0)
    return { quality: design.clean, drop: droppedTo(result, design, design.clean), known: "measured" };
  const points = measuredOf(result, design);
  const exact = same ? points.find((one) => sameHoles(holes, one.holes)) : undefined;
  if (exact) return { quality: exact.quality, drop: droppedTo(result, design, exact.quality), known: "measured" };
  const [near, known] = neighbours(points, holes);
  const quality = Object.fromEntries(
    Object.entries(design.clean).map(([name, clean]) => [
      name,
      predicted(name, clean, holes.share, near, { own: design.quality[name], fallback: own, now: touched.fallback }),
    ]),
  );
  const fallsNew = touched.fallback > 0 && own === 0;
  return { quality, drop: droppedTo(result, design, quality), known: fallsNew ? "unknown" : known };
}

function sameHoles(a: Holes, b: Holes | undefined): boolean {
  return a.share === (b?.share ?? 0) && (a.share === 0 || a.missing === b!.missing);
}

/** Losses of the sweep that touched frames, by the part that was missing. */
function measuredOf({ sweep }: Pick<Result, "sweep">, { id }: DesignResult): Measured[] {
  return sweep
    .flatMap(({ designs }) => designs.find((one) => one.id === id) ?? [])
    .flatMap(({ holes, quality }) => (holes && holes.share > 0 ? [{ holes, quality }] : []))
    .sort((a, b) => a.holes.missing - b.holes.missing);
}

/** Measured losses around a missing part, with how much each counts. */
function neighbours(points: readonly Measured[], { share, missing }: Holes): [[Measured, number][], Knowledge] {
  if (share === 0) return [[], "between"];
  if (points.length === 0) return [[], "unknown"];
  const above = points.findIndex((one) => one.holes.missing >= missing);
  // Where less is missing than ever was, damage grows from none.
  if (above === 0) {
    const part = missing / points[0]!.holes.missing;
    return [[[points[0]!, part]], part === 1 ? "between" : "beyond"];
  }
  if (above < 0) return [[[points.at(-1)!, 1]], "beyond"];
  const [a, b] = [points[above - 1]!, points[above]!];
  const part = (missing - a.holes.missing) / (b.holes.missing - a.holes.missing);
  return [
    [
      [a, 1 - part],
      [b, part],
    ],
    "between",
  ];
}

function predicted(
  name: string,
  clean: Estimate,
  share: number,
  near: readonly [Measured, number][],
  { own, fallback, now }: { own: Estimate | undefined; fallback: number; now: number },
): Estimate {
  const damages = near.flatMap(([{ holes, quality }, weight]) => {
    const at = quality[name];
    return at ? [{ weight, at, damage: (clean.value - at.value) / holes.share }] : [];
  });
  // Each touched frame may have lost all, or nothing, where nothing was measured.
  const sign = moreIsBetter(name) ? 1 : -1;
  const open = (share > 0 && damages.length === 0 ? share : 0) + (fallback === 0 ? now : 0);
  const damage = damages.reduce((sum, one) => sum + one.weight * one.damage, 0);
  const [one, other] = damages;
  const spread = other
    ? Math.abs(one!.damage - other.damage) / 2
    : one
      ? (Math.abs(one.damage) * (1 - one.weight)) / 2
      : 0;
  const lessByExit = own && fallback > 0 ? ((clean.value - own.value) / fallback) * now : 0;
  const value = clean.value - share * damage - lessByExit;
  const wide = (side: (one: Estimate) => number): number => Math.max(side(clean), ...damages.map(({ at }) => side(at)));
  const below = wide((one) => one.value - one.lo) + share * spread + (sign > 0 ? open : 0);
  const above = wide((one) => one.hi - one.value) + share * spread + (sign > 0 ? 0 : open);
  const most = taskMetrics.get(name)?.unit === "share" ? 1 : Infinity;
  const within = (one: number): number => Math.min(most, Math.max(0, one));
  return { value: within(value), lo: within(value - below), hi: within(value + above), n: clean.n };
}

/** The drop to a quality: as wide as the one that was measured on the same images, and as what is told of the quality makes it. */
function droppedTo({ whole }: Pick<Result, "whole">, design: DesignResult, quality: Quality): Quality {
  return Object.fromEntries(
    Object.entries(quality).flatMap(([name, { value, lo, hi, n }]) => {
      const [from, measured] = [whole.quality[name], design.drop[name]];
      if (!from || !measured) return [];
      if (design.quality[name]?.value === value) return [[name, measured]];
      const sign = moreIsBetter(name) ? 1 : -1;
      const dropped = sign * (from.value - value);
      const [more, less] = sign > 0 ? [value - lo, hi - value] : [hi - value, value - lo];
      // Paired: what both share cancels out. Where the prediction is wider, it counts.
      const own = design.quality[name]!;
      const extra = (wide: number, narrow: number): number => Math.max(0, wide - narrow);
      return [
        [
          name,
          {
            value: dropped,
            lo: dropped - (measured.value - measured.lo) - extra(less, own.hi - own.value),
            hi: dropped + (measured.hi - measured.value) + extra(more, own.value - own.lo),
            n,
          },
        ],
      ];
    }),
  );
}
