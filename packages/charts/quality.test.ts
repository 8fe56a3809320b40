/** @file Words for what answers are worth, and for what they are about. */
import type { Result } from "@split-et-impera/core/design";
import { expect, test } from "vitest";
import { metricWord, sampleNoun } from "./quality.ts";

test("metrics as people write them, and their drops", () => {
  expect(["accuracy", "ap50", "ap50-drop", "exact-match", "exact-match-drop", "frame-f1"].map(metricWord)).toEqual([
    "accuracy",
    "AP50",
    "AP50-drop",
    "exact match",
    "exact match drop",
    "frame F1",
  ]);
});

test("samples are images, windows of sound, or samples of anything else", () => {
  const noun = (format: string, shape: number[]): string =>
    sampleNoun({ study: { data: { format } }, model: { input: { shape } } } as unknown as Result);
  expect(noun("images", [3, 32, 32])).toBe("image");
  expect(noun("npy", [128])).toBe("sample");
  expect(noun("audio", [1, 80, 100])).toBe("window");
});
