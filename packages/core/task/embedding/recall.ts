/** @file Recall at k: whether the nearest others of a sample have its label. */
import type { Metric } from "../metric.ts";

/** A vector, absent where none was answered, and the label of what it stands for. */
export interface LabelledVector {
  vector?: readonly number[];
  label: number;
}

/** Neighbours that are looked up first; more where these do not do. */
const looked = 200;

/**
 * The share of samples of which one of the `k` nearest others, by cosine, has the same label. A sample whose label no
 * other has does not count. H. Jegou et al., "Product quantization for nearest neighbor search" (2011).
 */
export function recallAt(k: number): Metric<LabelledVector> {
  return {
    name: `recall-at-${k}`,
    means: `share of samples of which one of the ${k} nearest others, by cosine, has the same label`,
    better: "more",
    unit: "share",
    over(evidence, samples) {
      const all = Array.from(evidence, ({ vector, label }, i): Piece => ({
        unit: vector && unitOf(vector),
        label,
        sample: samples ? samples[i]! : i,
      }));
      const lists: Uint32Array[] = [];
      /** The nearest others of a piece: at first some, and all where these are asked for. */
      const others = (i: number, whole: boolean): Uint32Array => {
        if (!lists[i] || whole) lists[i] = nearest(all, i, whole ? all.length : looked);
        return lists[i];
      };
      return (weights) => {
        const weight = (i: number): number => (weights ? weights[i]! : 1);
        const shown = new Map<number, Set<number>>();
        all.forEach(({ label, sample }, i) => {
          if (weight(i) > 0) shown.set(label, (shown.get(label) ?? new Set()).add(sample));
        });
        let [hits, counted] = [0, 0];
        all.forEach((piece, i) => {
          if (weight(i) === 0 || shown.get(piece.label)!.size < 2) return;
          counted += weight(i);
          const found = isHit(all, piece, others(i, false), k, weight);
          if (found ?? isHit(all, piece, others(i, true), k, weight)) hits += weight(i);
        });
        return hits / counted;
      };
    },
  };
}

interface Piece {
  unit: Float64Array | undefined;
  label: number;
  sample: number;
}

function unitOf(vector: readonly number[]): Float64Array {
  const length = Math.hypot(...vector);
  return Float64Array.from(vector, (x) => (length > 0 ? x / length : 0));
}

/** Whether one of the `k` first samples of a list has the label; undefined where the list ends before. */
function isHit(
  all: readonly Piece[],
  { label }: Piece,
  list: Uint32Array,
  k: number,
  weight: (i: number) => number,
): boolean | undefined {
  const met = new Set<number>();
  for (const j of list) {
    if (weight(j) === 0) continue;
    if (all[j]!.label === label) return true;
    met.add(all[j]!.sample);
    if (met.size === k) return false;
  }
  return undefined;
}

/** Pieces of other samples, the nearest first, `count` of them at most. */
function nearest(all: readonly Piece[], i: number, count: number): Uint32Array {
  const { unit, sample } = all[i]!;
  if (!unit) return new Uint32Array();
  const cosines = Float64Array.from(all, (other) =>
    other.unit && other.sample !== sample ? other.unit.reduce((sum, x, k) => sum + x * unit[k]!, 0) : -Infinity,
  );
  return Uint32Array.from(all.keys())
    .filter((j) => cosines[j]! > -Infinity)
    .sort((a, b) => cosines[b]! - cosines[a]! || all[a]!.sample - all[b]!.sample)
    .subarray(0, count);
}
