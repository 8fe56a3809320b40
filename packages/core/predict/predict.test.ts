/** @file Ranks, proposals, ridge regression and measures, against values by hand. */
import { describe, expect, it } from "vitest";
import { float32 } from "../tensor/index.ts";
import {
  fisherOf,
  latencyRegret,
  measuresOf,
  pooled,
  proposed,
  ranks,
  ridgeAccuracy,
  solve,
  spearman,
  worthOf,
} from "./index.ts";

describe("spearman", () => {
  it("shares ranks among ties", () => {
    expect([...ranks([10, 20, 20, 5, 20])]).toEqual([2, 4, 4, 1, 4]);
  });

  it("is 1 and -1 for the same and the opposite order, whatever the distances", () => {
    expect(spearman([1, 2, 3, 4], [1, 10, 100, 1000])).toBe(1);
    expect(spearman([1, 2, 3, 4], [4, 3, 2, 1])).toBe(-1);
  });

  it("with ties is the correlation of the ranks: 1, 2.5, 2.5, 4 and 1, 2, 3, 4", () => {
    // Products about the mean 2.5: 2.25 + 0 + 0 + 2.25; squares 4.5 and 5.
    expect(spearman([0, 1, 1, 2], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });

  it("is unknown of what is constant or no number", () => {
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN();
    expect(spearman([1, Number.NaN, 1], [1, 2, 3])).toBeNaN();
  });
});

describe("proposals", () => {
  const truth = [0.5, 0.8, 0.7, 0.79];
  it("are the highest scores, of equal ones the later", () => {
    expect(proposed([1, 3, 3, 2], 3)).toEqual([2, 1, 3]);
    expect(proposed([Number.NaN, 0, 1], 3)).toEqual([2, 1, 0]);
  });

  it("find the best or lose what they lack", () => {
    expect(worthOf(truth, [1, 0])).toEqual({ found: true, regret: 0 });
    expect(worthOf(truth, [2, 3])).toMatchObject({ found: false, regret: expect.closeTo(0.01, 12) });
    expect(worthOf(truth, [3], 0.02).found).toBe(true);
  });

  it("lose time where the quickest that is nearly the best is not among them", () => {
    const seconds = [1, 4, 2, 3];
    expect(latencyRegret(truth, seconds, [1], 0.02)).toBe(1);
    expect(latencyRegret(truth, seconds, [1, 3], 0.02)).toBe(0);
  });
});

describe("ridge", () => {
  it("solves [[4, 2], [2, 3]] x = [2, 5] with [-0.5, 2]", () => {
    const x = solve(Float64Array.of(4, 2, 2, 3), Float64Array.of(2, 5), 2, 1);
    expect([...x]).toEqual([expect.closeTo(-0.5, 12), expect.closeTo(2, 12)]);
  });

  it("tells classes apart that lie on two sides of a line, and guesses where features say nothing", () => {
    const labels = Array.from({ length: 40 }, (_, i) => i % 2);
    const told = labels.flatMap((label, i) => [label === 0 ? -1 - (i % 5) : 1 + (i % 5), i % 3]);
    expect(ridgeAccuracy({ data: told, columns: 2 }, labels, 20)).toBe(1);
    const nothing = labels.map(() => 1);
    expect(ridgeAccuracy({ data: nothing, columns: 1 }, labels, 20)).toBe(0.5);
  });
});

describe("measures of one sample of two channels and two positions", () => {
  const a = float32([1, 2, 2], Float32Array.of(1, 2, 3, 4));
  const g = float32([1, 2, 2], Float32Array.of(1, 3, -2, 0));
  it("are those by hand", () => {
    const { saliency, energy, gradientNorm, gradientActivation } = measuresOf(a, g, 1);
    // alpha = (2, -1); map = (2 - 3, 4 - 4) / 2, rectified.
    expect(saliency[0]).toBe(0);
    expect(energy[0]).toBe(30 / 4);
    expect(gradientNorm[0]).toBeCloseTo(Math.sqrt(14), 12);
    expect(gradientActivation[0]).toBe(1 + 6 + 6);
    expect(fisherOf(a, g, 1)[0]).toBe((7 * 7 + 6 * 6) / 2);
    expect([...pooled(a, 1)]).toEqual([1.5, 3.5]);
  });

  it("with channels last are those of the same numbers turned", () => {
    const turned = (x: Float32Array): Float32Array<ArrayBuffer> => Float32Array.of(x[0]!, x[2]!, x[1]!, x[3]!);
    const [b, h] = [
      float32([1, 2, 2], turned(a.data)),
      float32(
        [1, 2, 2],
        turned(g.data).map((x) => -x),
      ),
    ];
    // The other sign: alpha = (-2, 1); map = (-2 + 3, -4 + 4) / 2.
    expect(measuresOf(b, h, 2).saliency[0]).toBe(0.25);
    expect([...pooled(b, 2)]).toEqual([1.5, 3.5]);
  });
});
