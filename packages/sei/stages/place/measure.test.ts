/** @file Pieces' times: measured, from a profile, or estimated from what their operators do. */
import { exactly } from "@split-et-impera/core/cost";
import { randomStream } from "@split-et-impera/core/random";
import { describe, expect, it } from "vitest";
import { addedSeconds, entrySeconds } from "./added.ts";
import { fit, leaveOneOut, predict, shareOut, type Sample, type Work } from "./estimate.ts";
import { fromTheMiddle, pieceSeconds, timesOf } from "./measure.ts";

const rates: Work = [2e-9, 1e-9, 0, 5e-6];

function samples(count: number, noise: number): Sample[] {
  const random = randomStream(1, "samples");
  return Array.from({ length: count }, () => {
    const work: Work = [random.integer(1e6), random.integer(1e6), random.integer(1e5), 1 + random.integer(9)];
    return { work, seconds: predict(rates, work) * (1 + noise * (random.uniform() - 0.5)) };
  });
}

describe("estimates", () => {
  it("find what made the samples, and never less than nothing", () => {
    const exact = samples(40, 0);
    const found = fit(exact);
    for (const { work, seconds } of exact) expect(predict(found, work) / seconds).toBeCloseTo(1, 1);
    expect(Math.min(...fit(samples(10, 2)))).toBeGreaterThanOrEqual(0);
  });

  it("say how far off they are, the farther the noisier", () => {
    const [still, noisy] = [leaveOneOut(samples(40, 0))!, leaveOneOut(samples(40, 1))!];
    expect(still).toBeLessThan(0.02);
    expect(noisy).toBeGreaterThan(0.1);
    expect(leaveOneOut(samples(2, 0))).toBeUndefined();
  });

  it("share a measured sum out by work", () => {
    expect(
      shareOut(
        6,
        [1, 0, 0, 0],
        [
          [1, 0, 0, 0],
          [2, 0, 0, 0],
        ],
      ),
    ).toEqual([2, 4]);
    expect(
      shareOut(
        6,
        [0, 0, 0, 0],
        [
          [1, 0, 0, 0],
          [2, 0, 0, 0],
        ],
      ),
    ).toEqual([3, 3]);
  });

  it("fill gaps between measured heads, whose sums stay", () => {
    const works = samples(12, 0).map(({ work }) => work);
    const reached = new Map([
      [2, 1],
      [3, 0.9],
      [7, 4],
      [11, 6],
    ]);
    const { pieces, error } = timesOf(works, reached);
    const sum = (from: number, to: number): number =>
      pieces.slice(from, to).reduce((all, { seconds }) => all + seconds, 0);
    expect([sum(0, 3), sum(3, 4), sum(4, 8), sum(8, 12)].map((x) => Math.round(1e9 * x) / 1e9)).toEqual([
      0.95, 0, 3.05, 2,
    ]);
    expect(pieces.map(({ measured }) => measured)).toEqual(works.map((_, i) => i === 3));
    expect(error).toBeGreaterThan(0);
    expect(
      timesOf(
        works.slice(0, 2),
        new Map([
          [0, 1],
          [1, 2],
        ]),
      ),
    ).toEqual({
      pieces: [
        { seconds: 1, measured: true },
        { seconds: 1, measured: true },
      ],
    });
  });

  it("heads are measured from the middle on, each once", () => {
    expect(fromTheMiddle(7)).toEqual([3, 1, 5, 0, 2, 4, 6]);
    expect(fromTheMiddle(50).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});

it("a profile's heads give the pieces; what it lacks is scaled", () => {
  const timing = (seconds: number) => ({ ...exactly(seconds), call: 0.5 });
  const pieces = [
    { to: "a", seconds: 1 },
    { from: "a", to: "b", seconds: 2 },
    { from: "b", seconds: 1 },
  ];
  const profile = { works: { whole: timing(8.5), "head@a": timing(3) } };
  expect(pieceSeconds({ speed: 2, profile }, { pieces, whole: timing(4.5) })).toEqual([1.5, 2, 1]);
  // What the call takes is in the first piece, and is not scaled.
  expect(pieceSeconds({ speed: 0.5 }, { pieces, whole: timing(4.5) })).toEqual([2 * 0.5 + 0.5, 4, 2]);
});

it("what a piece adds never falls below nothing, and the whole keeps its time", () => {
  expect(addedSeconds([1, 3, 2, 5])).toEqual([1, 1.5, 0, 2.5]);
  // A head that took longer than the whole is noise too.
  expect(addedSeconds([2, 6, 4]).reduce((sum, one) => sum + one, 0)).toBeCloseTo(4, 12);
  expect(entrySeconds([5, 5.5, 9], 5)).toBe(0.5);
  expect(entrySeconds([4], 5)).toBe(0);
  expect(entrySeconds([], 5, 0.1)).toBe(0.1);
});
