/** @file Whether the whole model's quality can be right: chance, other usual ways of feeding it, what the study asserts. */
import type { Estimate } from "../statistics/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { Metric } from "./metric.ts";
import { pairedOf, qualityOf } from "./quality.ts";
import { refeed, variantsOf, type Feeding, type Variant } from "./variants.ts";

/** A reason to doubt the baseline: plain data. Qualities have 95 % intervals. */
export type BaselineWarning = {
  /** Whose quality it is; absent: accuracy. */
  metric?: string;
} &
  /** No better than always saying the most frequent class, of share `chance`. */
  (
    | { kind: "near-chance"; quality: Estimate; chance: number }
    /** On the first images, another way of feeding them has many more right. */
    | { kind: "feeding"; variant: Variant; quality: Estimate; other: Estimate }
    /** The study says that the model has `expected`. */
    | { kind: "below-expected"; quality: Estimate; expected: number }
  );

export interface BaselineOptions<Evidence> {
  /** The task's first. */
  metric: Metric<Evidence>;
  /** Per sample: all that are known. */
  evidence: readonly Evidence[];
  /** Share of the most frequent truth, or one over the number of classes; absent where there is no chance to hit. */
  chance?: number;
  /** What the study asserts. */
  expected?: number;
  /** Trying other feedings; absent where there is nothing to vary. */
  probe?: {
    own: Feeding;
    /** Samples to try. */
    count: number;
    /** The input of samples `from` to `to` (exclusive) as it is fed now. */
    batch(from: number, to: number): Tensor<"float32">;
    /** Evidence of samples from `from` on, fed as given. */
    judge(input: Tensor<"float32">, from: number): Promise<readonly Evidence[]>;
    /** Samples at once. Default 50. */
    size?: number;
  };
}

/** A model this good cannot be far below what it could be. */
const goodEnough = 0.95;
/** How much better another feeding must be to be worth a word, as a share, beside being surely better. */
const farBetter = 0.05;

/** Everything that speaks against the baseline; empty where nothing does. Chance and other feedings are looked at for shares alone. */
export async function doubtBaseline<Evidence>(options: BaselineOptions<Evidence>): Promise<BaselineWarning[]> {
  const { metric, evidence, chance, expected, probe } = options;
  const quality = qualityOf(metric, { evidence });
  const about = metric.name === "accuracy" ? {} : { metric: metric.name };
  const warnings: BaselineWarning[] = [];
  const short = expected !== undefined && (metric.better === "more" ? quality.hi < expected : quality.lo > expected);
  if (short) warnings.push({ ...about, kind: "below-expected", quality, expected });
  const weak = metric.unit === "share" && metric.better === "more" && quality.value < goodEnough;
  if (weak && chance !== undefined && quality.lo <= chance)
    warnings.push({ ...about, kind: "near-chance", quality, chance });
  if (weak && probe) {
    const better = await bestFeeding(metric, probe, evidence.slice(0, probe.count));
    if (better) warnings.push({ ...about, ...better });
  }
  return warnings;
}

/** The variant that is best, where it is surely and far better than the own feeding. */
async function bestFeeding<Evidence>(
  metric: Metric<Evidence>,
  { own, count, batch, judge, size = 50 }: NonNullable<BaselineOptions<Evidence>["probe"]>,
  clean: readonly Evidence[],
): Promise<BaselineWarning | undefined> {
  const variants = variantsOf(own, batch(0, 1).dims);
  const found = variants.map((): Evidence[] => []);
  for (let from = 0; from < count; from += size) {
    const input = batch(from, Math.min(count, from + size));
    for (const [v, variant] of variants.entries()) found[v]!.push(...(await judge(refeed(input, own, variant), from)));
  }
  const ranked = variants
    .map((variant, v) => ({ variant, evidence: found[v]! }))
    .map((one) => ({ ...one, gain: pairedOf(metric, one, { evidence: clean }) }))
    .filter(({ gain }) => gain.lo > 0 && gain.value >= farBetter)
    .sort((a, b) => b.gain.value - a.gain.value);
  const [best] = ranked;
  if (!best) return undefined;
  const quality = qualityOf(metric, { evidence: clean });
  return { kind: "feeding", variant: best.variant, quality, other: qualityOf(metric, best) };
}

/** Share of the most frequent label; of few labels, one over the number of classes, since they tell little. */
export function chanceOf(labels: ArrayLike<number>, classes: number): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1);
  const uniform = 1 / Math.max(1, classes);
  return labels.length < 30 ? uniform : Math.max(uniform, ...Array.from(counts.values(), (n) => n / labels.length));
}
