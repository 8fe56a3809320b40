/** @file Detections of an image: the surest of them, and of those that show one thing one alone. */
import { overlap, type Box } from "./box.ts";

/** A thing that a model found. Lengths are pixels of its input. */
export interface Detection {
  class: number;
  /** How sure the model is, 0 to 1. */
  score: number;
  box: Box;
}

/** More candidates of an image are not looked at. */
const mostCandidates = 30_000;

/** The surest first; of equals in the order in which they came. */
function surest<D extends Detection>(detections: readonly D[], most: number): D[] {
  return detections.toSorted((a, b) => b.score - a.score).slice(0, most);
}

/**
 * The detections of a picture by the data's classes: those of the model's numbers that stand for one, and of these the
 * surest, one for each thing.
 */
export function keptDetections<D extends Detection>(
  all: readonly D[],
  labelOf: (number: number) => number | undefined,
  rules: { suppress: boolean; overlap: number; most: number },
): D[] {
  const known = all.flatMap((one): D[] => {
    const label = labelOf(one.class);
    return label === undefined ? [] : [{ ...one, class: label }];
  });
  return rules.suppress ? suppress(known, rules.overlap, rules.most) : surest(known, rules.most);
}

/**
 * Non-maximum suppression: from the surest down, what overlaps one that is kept, of the same class, by more than a share
 * of their union is left out.
 */
export function suppress<D extends Detection>(detections: readonly D[], share: number, most: number): D[] {
  const kept: D[] = [];
  const byClass = new Map<number, D[]>();
  for (const one of surest(detections, mostCandidates)) {
    const others = byClass.get(one.class) ?? [];
    if (others.some((other) => overlap(one.box, other.box) > share)) continue;
    byClass.set(one.class, others);
    others.push(one);
    kept.push(one);
    if (kept.length === most) break;
  }
  return kept;
}
