/**
 * @file Which detections of an image are right, as COCO's evaluation has it: by class, by range of areas, at ten
 * similarities. T.-Y. Lin et al., Microsoft COCO (2014), and its reference evaluation.
 */

/** What a model found: lengths in pixels of its input. */
export interface Found {
  class: number;
  score: number;
  area: number;
}

/** What is to be found. */
export interface Wanted {
  class: number;
  area: number;
  /** A region of many things: whoever finds it is neither right nor wrong, however often. */
  crowd?: boolean;
  /** One thing that need not be found: whoever finds it is neither right nor wrong. */
  ignored?: boolean;
}

export interface MatchRules<F, W> {
  /** How alike they are, 0 to 1. */
  similarity(found: F, wanted: W): number;
  /** Least and largest area of what counts. */
  areas: readonly (readonly [least: number, largest: number])[];
  /** Detections that count in an image, of each class: those with the largest scores. */
  most: number;
}

/** How one image's detections of a class fared. */
export interface ClassMatches {
  class: number;
  /** Of the detections, largest first. */
  scores: number[];
  /** By range of areas, by detection: bit t is set where it is right at `similarities[t]`. */
  right: number[][];
  /** Alike, where it is wrong. What is neither does not count. */
  wrong: number[][];
  /** How many there are to be found, by range of areas. */
  wanted: number[];
}

/** An image's evidence: the classes that were found or wanted in it. */
export type Matches = ClassMatches[];

/** 0.50, 0.55 ... 0.95, to the last bit as the reference has them. */
export const similarities: readonly number[] = Array.from({ length: 10 }, (_, t) => 0.5 + t * ((0.95 - 0.5) / 9));

/** From nothing to everything, and COCO's small, medium and large. */
export const cocoAreas = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const satisfies Record<string, readonly [number, number]>;

/** Judges what was found in an image by what is there. */
export function matchImage<F extends Found, W extends Wanted>(
  found: readonly F[],
  wanted: readonly W[],
  rules: MatchRules<F, W>,
): Matches {
  const classes = new Set([...found, ...wanted].map((one) => one.class));
  return Array.from(classes)
    .sort((a, b) => a - b)
    .map((name) =>
      matchClass(
        found
          .filter((one) => one.class === name)
          .sort((a, b) => b.score - a.score)
          .slice(0, rules.most),
        wanted.filter((one) => one.class === name),
        rules,
      ),
    );
}

function matchClass<F extends Found, W extends Wanted>(
  found: readonly F[],
  wanted: readonly W[],
  { similarity, areas }: MatchRules<F, W>,
): ClassMatches {
  const alike = found.map((one) => wanted.map((other) => similarity(one, other)));
  const result: ClassMatches = {
    class: (found[0] ?? wanted[0])!.class,
    scores: found.map(({ score }) => score),
    right: [],
    wrong: [],
    wanted: [],
  };
  for (const [least, largest] of areas) {
    const outside = ({ area }: { area: number }): boolean => area < least || area > largest;
    const passed = wanted.map((one) => one.crowd === true || one.ignored === true || outside(one));
    // Those that count are looked at first.
    const order = [...wanted.keys()].sort((a, b) => Number(passed[a]) - Number(passed[b]));
    const right = found.map(() => 0);
    const wrong = found.map(() => 0);
    similarities.forEach((threshold, t) => {
      const taken = wanted.map(() => false);
      found.forEach((one, d) => {
        const match = bestOf(order, alike[d]!, threshold, (w) => ({
          free: !taken[w]! || wanted[w]!.crowd === true,
          passed: passed[w]!,
        }));
        if (match !== undefined) taken[match] = true;
        if (match === undefined ? outside(one) : passed[match]!) return;
        if (match === undefined) wrong[d]! |= 1 << t;
        else right[d]! |= 1 << t;
      });
    });
    result.right.push(right);
    result.wrong.push(wrong);
    result.wanted.push(passed.filter((one) => !one).length);
  }
  return result;
}

/** The most similar of those that are free, the last of equals; one that counts before all that do not. */
function bestOf(
  order: readonly number[],
  alike: readonly number[],
  threshold: number,
  state: (wanted: number) => { free: boolean; passed: boolean },
): number | undefined {
  let best = Math.min(threshold, 1 - 1e-10);
  let match: number | undefined;
  for (const w of order) {
    const { free, passed } = state(w);
    if (!free) continue;
    if (match !== undefined && passed && !state(match).passed) break;
    if (alike[w]! < best) continue;
    best = alike[w]!;
    match = w;
  }
  return match;
}
