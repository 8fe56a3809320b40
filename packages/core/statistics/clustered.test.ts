/** @file Samples that are tried several times: the clean value to the digit, and the intervals' coverage. */
import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { clusteredDifference, clusteredShare, pairedDifference, wilson } from "./index.ts";

/** Frames that show image i modulo their number. */
const shown = (clean: readonly number[], frames: number): { scores: number[]; samples: number[] } => {
  const samples = Array.from({ length: frames }, (_, i) => i % clean.length);
  return { scores: samples.map((image) => clean[image]!), samples };
};
const clean: number[] = Array.from({ length: 100 }, (_, i) => (i % 7 === 3 ? 0 : 1));

test("frames that change nothing give exactly the samples' own share, however many there are", () => {
  const right = clean.reduce((a, b) => a + b, 0);
  const expected = wilson(right, 100);
  expect(clusteredShare({ scores: clean })).toEqual(expected);
  for (const frames of [1, 17, 100, 150, 1000]) expect(clusteredShare(shown(clean, frames), clean)).toEqual(expected);
  // Every image is shown, some more often than others.
  expect(clusteredShare(shown(clean, 1050))).toEqual(expected);
});

test("a difference of whole samples is Bonett's and Price's, and frames add nothing to it", () => {
  const other = clean.map((one, i) => (i % 11 === 0 ? 1 - one : one));
  const expected = pairedDifference(clean, other);
  const close = (frames: number): void => {
    const found = clusteredDifference(shown(clean, frames), shown(other, frames));
    expect(found.n).toBe(100);
    for (const key of ["value", "lo", "hi"] as const) expect(found[key]).toBeCloseTo(expected[key], 12);
  };
  close(100);
  close(1000);
  expect(clusteredDifference({ scores: clean }, shown(other, 40)).n).toBe(40);
  expect(clusteredDifference({ scores: [] }, { scores: [] })).toEqual({ value: 0, lo: -1, hi: 1, n: 0 });
});

test("a difference of all samples is that of the clean ones to the digit where frames change nothing", () => {
  const other = clean.map((one, i) => (i % 11 === 0 ? 1 - one : one));
  const both = { first: clean, second: other };
  const once = clusteredDifference({ scores: clean }, { scores: other }, both);
  expect(once).toEqual(clusteredDifference({ scores: clean }, { scores: other }));
  for (const frames of [7, 100, 130, 1000]) {
    expect(clusteredDifference({ scores: clean }, shown(other, frames), both)).toEqual(once);
  }
  // Ten images are shown, and half of them answered wrongly because of what was lost.
  const lossy = { scores: [1, 1, 1, 1, 1, 0, 0, 0, 0, 0] };
  const all = Array<number>(100).fill(1);
  const { value, lo, hi, n } = clusteredDifference({ scores: all }, lossy, { first: all, second: all });
  expect([value, n]).toEqual([0.5, 100]);
  // About as sure as ten images are.
  expect(hi - lo).toBeGreaterThan(0.55);
  expect(() => clusteredDifference(lossy, lossy, { first: all, second: [1] })).toThrow("internal:");
});

test("the effective number of samples, worked by hand", () => {
  // Means 1, 0.5, 0, 0.5: p = 0.5, var = 0.125, deff = 0.5, 8 effective samples, as many as there are trials.
  const found = clusteredShare({ scores: [1, 1, 1, 0, 0, 0, 0, 1], samples: [0, 0, 1, 1, 2, 2, 3, 3] });
  expect(found).toEqual({ ...wilson(4, 8), n: 4 });
  // All means alike: never surer than independent trials.
  expect(clusteredShare({ scores: [1, 0, 0, 1], samples: [0, 0, 1, 1] })).toEqual({ ...wilson(2, 4), n: 2 });
});

test("at the ends, and of nothing", () => {
  expect(clusteredShare({ scores: [1, 1, 1, 1], samples: [0, 0, 1, 1] })).toEqual(wilson(2, 2));
  expect(clusteredShare({ scores: [] })).toEqual({ value: 0, lo: 0, hi: 1, n: 0 });
  expect(clusteredShare({ scores: [] }, [1, 0])).toEqual(wilson(1, 2));
  const { value, lo, hi } = clusteredShare({ scores: [0, 0], samples: [0, 1] }, [1, 1, 1, 1]);
  expect([value, lo]).toEqual([0, 0]);
  expect(hi).toBe(wilson(0, 2).hi);
  expect(() => clusteredShare({ scores: [2] })).toThrow("internal:");
  expect(() => clusteredShare({ scores: [1], samples: [3] }, [1, 1])).toThrow("internal:");
});

test("covers the true share in about 95 % of samples, where an interval over frames would cover far less", () => {
  const random = randomStream(9, "clustered");
  let [covered, naive] = [0, 0];
  const [images, frames, truth] = [60, 10, 0.8];
  for (let trial = 0; trial < 1500; trial++) {
    // The model is right on 90 % of images; a ninth of the frames is lost.
    const scores: number[] = [];
    const samples: number[] = [];
    for (let image = 0; image < images; image++) {
      const right = random.uniform() < 0.9;
      for (let k = 0; k < frames; k++) {
        samples.push(image);
        scores.push(right && random.uniform() < 8 / 9 ? 1 : 0);
      }
    }
    const found = clusteredShare({ scores, samples });
    if (found.lo <= truth && truth <= found.hi) covered++;
    const flat = wilson(
      scores.reduce((a, b) => a + b, 0),
      scores.length,
    );
    if (flat.lo <= truth && truth <= flat.hi) naive++;
  }
  expect(covered / 1500).toBeGreaterThan(0.93);
  expect(covered / 1500).toBeLessThan(0.98);
  expect(naive / 1500).toBeLessThan(0.75);
});

test("the difference from the clean scores covers the truth where only some samples are tried", () => {
  const random = randomStream(10, "difference");
  let covered = 0;
  for (let trial = 0; trial < 1500; trial++) {
    const own = Array.from({ length: 200 }, () => (random.uniform() < 0.9 ? 1 : 0));
    const samples = Array.from({ length: 80 }, (_, i) => i);
    const scores = samples.map((i) => (random.uniform() < 0.9 ? own[i]! : 0));
    const { lo, hi } = clusteredShare({ scores, samples }, own);
    if (lo <= 0.81 && 0.81 <= hi) covered++;
  }
  expect(covered / 1500).toBeGreaterThan(0.93);
  expect(covered / 1500).toBeLessThan(0.98);
});
