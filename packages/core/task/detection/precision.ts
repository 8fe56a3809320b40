/** @file Average precision and recall over images, as COCO's evaluation has them: for images of any weight. */
import type { Matches } from "./matching.ts";

/** What of the evidence counts. */
export interface Selection {
  /** Place of the range of areas. */
  area: number;
  /** Places of the similarities; the value is the mean over them. */
  at: readonly number[];
  /** Detections per class and image, those with the largest scores. Default: all that evidence holds. */
  most?: number;
}

/** A value over images that weigh so much (absent: 1 each). NaN where there is nothing to be found. */
export type Weighed = (weights?: ArrayLike<number>) => number;

/** Detections of one class at one similarity, by score, to the last right one: what follows it changes nothing. */
interface Ranking {
  image: Int32Array;
  right: Uint8Array;
  /** How many are right. */
  rights: number;
}

interface ByClass<T> {
  /** Things to be found, by image. */
  wanted: Map<number, number>;
  /** By similarity. */
  at: T[];
}

/** The mean over classes and similarities of the precision at 101 recalls. Equal scores rank in the order of images. */
export function averagePrecision(evidence: ArrayLike<Matches>, selection: Selection): Weighed {
  return meanOfClasses(rankClasses(evidence, selection), precisionOf);
}

/** The mean over classes and similarities of the share that is found at all. */
export function averageRecall(evidence: ArrayLike<Matches>, selection: Selection): Weighed {
  return meanOfClasses(rankClasses(evidence, selection).map(hitsByImage), ({ image, hits }, wanted, weights) => {
    let sum = 0;
    for (let i = 0; i < image.length; i++) sum += hits[i]! * (weights ? weights[image[i]!]! : 1);
    return settled(sum) / wanted;
  });
}

/** Right detections of a class by image, at one similarity: an image each, so that a resample adds up few numbers. */
interface Hits {
  image: Int32Array;
  hits: Int32Array;
}

function hitsByImage({ wanted, at }: ByClass<Ranking>): ByClass<Hits> {
  return {
    wanted,
    at: at.map(({ image, right }) => {
      const found = new Map<number, number>();
      right.forEach((one, i) => one && found.set(image[i]!, (found.get(image[i]!) ?? 0) + 1));
      return { image: Int32Array.from(found.keys()), hits: Int32Array.from(found.values()) };
    }),
  };
}

type Value<T> = (one: T, wanted: number, weights: ArrayLike<number> | undefined) => number;

function meanOfClasses<T>(classes: readonly ByClass<T>[], value: Value<T>): Weighed {
  return (weights) => {
    let [sum, count] = [0, 0];
    for (const { wanted, at } of classes) {
      let all = 0;
      for (const [image, things] of wanted) all += things * (weights ? weights[image]! : 1);
      if (all <= 0) continue;
      for (const ranking of at) sum += value(ranking, settled(all), weights);
      count += at.length;
    }
    return sum / count;
  };
}

function rankClasses(evidence: ArrayLike<Matches>, { area, at, most = Infinity }: Selection): ByClass<Ranking>[] {
  const classes = new Map<number, { wanted: Map<number, number>; all: Judgement[] }>();
  Array.from(evidence).forEach((matches, image) => {
    for (const { class: name, scores, right, wrong, wanted } of matches) {
      let found = classes.get(name);
      if (!found) classes.set(name, (found = { wanted: new Map(), all: [] }));
      if (wanted[area]! > 0) found.wanted.set(image, wanted[area]!);
      const count = Math.min(most, scores.length);
      for (let d = 0; d < count; d++)
        found.all.push({ score: scores[d]!, image, right: right[area]![d]!, wrong: wrong[area]![d]! });
    }
  });
  return Array.from(classes.values())
    .filter(({ wanted }) => wanted.size > 0)
    .map(({ wanted, all }) => {
      all.sort((a, b) => b.score - a.score);
      return { wanted, at: at.map((t) => rank(all, 1 << t)) };
    });
}

interface Judgement {
  score: number;
  image: number;
  right: number;
  wrong: number;
}

function rank(all: readonly Judgement[], bit: number): Ranking {
  const last = all.findLastIndex(({ right }) => (right & bit) !== 0);
  const counting = all.slice(0, last + 1).filter(({ right, wrong }) => ((right | wrong) & bit) !== 0);
  const right = Uint8Array.from(counting, (one) => Number((one.right & bit) !== 0));
  const rights = right.reduce((sum, one) => sum + one, 0);
  return { image: Int32Array.from(counting, ({ image }) => image), right, rights };
}

/** Recalls 0, 0.01 ... 1, to the last bit as the reference has them. */
const levels: readonly number[] = Array.from({ length: 101 }, (_, i) => i * 0.01);

/** Of right detections, by rank: used anew by every call, since bootstraps make thousands of them. */
let [recalls, precisions] = [new Float64Array(0), new Float64Array(0)];

/** The mean over the levels of the best precision at a recall of that level or more, 0 where it is never reached. */
const precisionOf: Value<Ranking> = ({ image, right, rights }, wanted, weights) => {
  if (recalls.length < rights) [recalls, precisions] = [new Float64Array(2 * rights), new Float64Array(2 * rights)];
  let [points, hits, misses] = [0, 0, 0];
  for (let i = 0; i < right.length; i++) {
    const weight = weights ? weights[image[i]!]! : 1;
    if (right[i] === 0) misses += weight;
    else if (weight > 0) {
      hits += weight;
      const sure = settled(hits);
      recalls[points] = sure / wanted;
      precisions[points++] = sure / (sure + settled(misses));
    }
  }
  let [sum, best, level] = [0, 0, levels.length - 1];
  for (let i = points - 1; i >= 0; i--) {
    best = Math.max(best, precisions[i]!);
    while (level >= 0 && levels[level]! > recalls[i]!) level--;
    const before = i === 0 ? -1 : recalls[i - 1]!;
    for (; level >= 0 && levels[level]! > before; level--) sum += best;
  }
  return sum / levels.length;
};

/** Three thirds are one: a recall that misses a level by a rounding error would miss its precision. */
const settled = (sum: number): number => Math.round(sum * 2 ** 32) / 2 ** 32;
