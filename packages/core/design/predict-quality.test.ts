import { expect, it } from "vitest";
import { predictQuality } from "./predict-quality.ts";
import type { DesignResult, Quality, Result, SweepPoint } from "./result.ts";

const at = (value: number, wide = 0.01): Quality => ({
  accuracy: { value, lo: value - wide, hi: value + wide, n: 1000 },
});

/** Measured where a tenth of each touched frame was missing, and where half of it was. */
const points = [
  { holes: { share: 0, missing: 0 }, quality: at(0.9) },
  { holes: { share: 0.2, missing: 0.1 }, quality: at(0.88) },
  { holes: { share: 0.4, missing: 0.5 }, quality: at(0.7) },
];
const result = {
  whole: { quality: at(0.92) },
  sweep: points.map((one) => ({ designs: [{ id: "SC", ...one } as SweepPoint] })),
} as unknown as Result;
const design = {
  id: "SC",
  clean: at(0.9),
  quality: at(0.88),
  drop: at(0.04, 0.005),
  holes: points[1]!.holes,
} as unknown as DesignResult;

const predict = (share: number, missing: number) =>
  predictQuality(result, design, { holes: { share, missing }, fallback: 0 });

it("is what was measured where frames are touched as then, and without loss where none is", () => {
  expect(predict(0.2, 0.1)).toEqual({ quality: design.quality, drop: design.drop, known: "measured" });
  expect(predict(0.4, 0.5)).toMatchObject({ quality: at(0.7), known: "measured" });
  expect(predict(0, 0)).toMatchObject({ quality: design.clean, known: "measured" });
});

it("takes of each touched frame what frames as touched have lost", () => {
  // A touched frame loses 0.1 and 0.5 there; 0.3 in the middle.
  expect(predict(0.1, 0.3).quality["accuracy"]!.value).toBeCloseTo(0.9 - 0.1 * 0.3);
  expect(predict(0.1, 0.3).known).toBe("between");
  // Longer bursts touch fewer frames, each more.
  expect(predict(0.05, 0.5).quality["accuracy"]!.value).toBeCloseTo(0.9 - 0.05 * 0.5);
});

it("is as wide as what it is told from, and wider between places that say different things", () => {
  const wide = (share: number, missing: number): number => {
    const { lo, hi } = predict(share, missing).quality["accuracy"]!;
    return hi - lo;
  };
  expect(wide(0.1, 0.1)).toBeCloseTo(0.02);
  expect(wide(0.1, 0.3)).toBeCloseTo(0.02 + 2 * 0.1 * 0.2);
  expect(predict(0.1, 0.9).known).toBe("beyond");
});

it("takes less of frames of which less is missing than ever was", () => {
  const { quality, known } = predict(0.8, 0.05);
  expect(quality["accuracy"]!.value).toBeCloseTo(0.9 - 0.8 * 0.05);
  expect(known).toBe("beyond");
  expect(quality["accuracy"]!.lo).toBeCloseTo(0.86 - 0.01 - 0.8 * 0.025);
});

it("knows only bounds where nothing was measured", () => {
  const unmeasured = { ...result, sweep: [] } as unknown as Result;
  const { quality, known } = predictQuality(unmeasured, design, { holes: { share: 0.3, missing: 0.2 }, fallback: 0 });
  expect(known).toBe("unknown");
  expect(quality["accuracy"]!.lo).toBeCloseTo(0.89 - 0.3);
});
