import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { clusteredDifference, clusteredShare, wilson } from "../statistics/index.ts";
import {
  dropsOf,
  meanMetric,
  pairedOf,
  pairedOfScores,
  pairedScores,
  qualitiesOf,
  qualityOf,
  ratioMetric,
  type MetricWords,
} from "./index.ts";

const words = (name: string, better: "more" | "less" = "more"): MetricWords => ({
  name,
  means: name,
  better,
  unit: "share",
});
const share = meanMetric<number>(words("right"), (x) => x);
/** The same without Wilson's interval. */
const plain = ratioMetric<number>(words("right"), (x) => [x, 1]);
const errors = ratioMetric<[number, number]>(words("errors", "less"), ([wrong, all]) => [wrong, all]);

test("a mean of scores is a share, with its interval", () => {
  const evidence = [1, 0, 1, 1];
  expect(qualityOf(share, { evidence })).toEqual(clusteredShare({ scores: evidence }));
  expect(pairedOf(share, { evidence }, { evidence: [0, 0, 1, 1] })).toEqual(
    clusteredDifference({ scores: evidence }, { scores: [0, 0, 1, 1] }),
  );
});

test("a ratio weighs samples by their size; the bootstrap's interval is near the formula's", () => {
  const random = randomStream(1, "test");
  const evidence = Array.from({ length: 400 }, () => Number(random.uniform() < 0.8));
  const [formula, drawn] = [qualityOf(share, { evidence }), qualityOf(plain, { evidence })];
  expect(drawn.value).toBeCloseTo(formula.value, 12);
  expect(drawn.lo).toBeCloseTo(formula.lo, 1.7);
  expect(drawn.hi).toBeCloseTo(formula.hi, 1.7);
  expect(qualityOf(plain, { evidence })).toEqual(drawn);
  expect(
    qualityOf(errors, {
      evidence: [
        [1, 10],
        [0, 30],
      ],
    }).value,
  ).toBe(1 / 40);
});

test("a sample counts once however often it was tried; what was not tried is told by the reference", () => {
  const clean = [1, 1, 0, 1, 0.5, 1];
  const judged = { evidence: [1, 1, 0, 0, 1], samples: [0, 0, 0, 2, 3] };
  for (const metric of [share, plain]) {
    expect(qualityOf(metric, judged).value).toBeCloseTo((2 / 3 + 0 + 1) / 3, 12);
    // 4.5 of 6 clean; of the three tried, a third less.
    expect(qualityOf(metric, judged, clean).value).toBeCloseTo(4.5 / 6 + (2 / 3 + 0 + 1) / 3 - 2 / 3, 12);
    const same = { evidence: [1, 0, 1], samples: [0, 2, 0] };
    expect(qualityOf(metric, same, clean).value).toBeCloseTo(4.5 / 6, 12);
    expect(pairedOf(metric, same, { evidence: clean }, { first: clean, second: clean }).value).toBeCloseTo(0, 12);
  }
});

test("fewer errors are better", () => {
  const [few, many]: [number, number][][] = [
    [
      [1, 10],
      [0, 10],
    ],
    [
      [5, 10],
      [2, 10],
    ],
  ];
  const found = pairedOf(errors, { evidence: few! }, { evidence: many! });
  expect(found.value).toBeCloseTo(0.3, 12);
  expect(found.lo).toBeGreaterThan(0);
});

test("a metric with nothing to judge says so", () => {
  expect(() => qualityOf(errors, { evidence: [[0, 0]] })).toThrow(/errors judges nothing: none of the 1 samples/);
});

test("of two sets of answers those samples are compared that both show, whatever their order", () => {
  const [a, b] = [
    { evidence: [1, 0, 1, 0], samples: [4, 2, 2, 9] },
    { evidence: [0, 1, 0.5], samples: [7, 2, 4] },
  ];
  for (const metric of [share, plain]) {
    const { value, n } = pairedOf(metric, a, b);
    expect(value).toBeCloseTo((1 - 0.5 + 0.5 - 1) / 2, 12);
    expect(n).toBe(2);
  }
  // The same on each sample: surely no difference.
  const turned = { evidence: [0, 0, 1, 0, 1], samples: [9, 2, 4, 2, 2] };
  const same = pairedOf(plain, { evidence: [1, 0, 1, 0, 0], samples: [4, 2, 2, 9, 2] }, turned);
  for (const one of [same.lo, same.value, same.hi]) expect(one).toBeCloseTo(0, 12);
});

test("samples without an error do not make a share certain, nor samples that agree a difference", () => {
  const none: [number, number][] = Array.from({ length: 20 }, () => [0, 10]);
  const { value, lo, hi } = qualityOf(errors, { evidence: none });
  expect([value, lo]).toEqual([0, 0]);
  expect(hi).toBeCloseTo(wilson(0, 20).hi, 12);
  const drop = pairedOf(errors, { evidence: none }, { evidence: none });
  const zeros = { scores: none.map(() => 0) };
  expect(drop).toEqual(clusteredDifference(zeros, zeros));
  expect(drop.hi).toBeGreaterThan(0.1);
});

test("a further metric without anything to judge is left out, the first is not", () => {
  const empty: [number, number][] = [[0, 0]];
  const full = ratioMetric<[number, number]>(words("all"), ([wrong]) => [wrong, 1]);
  expect(Object.keys(qualitiesOf([full, errors], { evidence: empty }))).toEqual(["all"]);
  expect(Object.keys(dropsOf([full, errors], { evidence: empty }, { evidence: empty }))).toEqual(["all"]);
  expect(() => qualitiesOf([errors, full], { evidence: empty })).toThrow(/errors judges nothing/);
});

test.each(["more", "less"] as const)(
  "what is kept of each of two sets of answers tells how they differ: %s is better",
  (better) => {
    const random = randomStream(3, better);
    const metric = meanMetric<number>(words("right", better), (x) => x);
    const drawn = (count: number): number[] => Array.from({ length: count }, () => random.integer(3) / 2);
    const clean = { first: drawn(20), second: drawn(20) };
    // Samples are tried once, several times or never.
    const samples = Array.from({ length: 30 }, () => random.integer(15));
    const [a, b] = [{ evidence: drawn(30), samples }, { evidence: clean.second }];
    const [first, second] = [pairedScores(metric, a, clean.first)!, pairedScores(metric, b, clean.second)!];
    expect(pairedOfScores(metric, first, second)).toEqual(pairedOf(metric, a, b, clean));
    expect(pairedScores(plain, a, clean.first)).toBeUndefined();
  },
);
