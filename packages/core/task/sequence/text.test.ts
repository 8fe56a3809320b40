import { expect, test } from "vitest";
import { qualityOf } from "../index.ts";
import { judgeText, textMetrics, textMetricsFor } from "./text.ts";

const value = (name: string, pairs: [string | undefined, string][], ignoreSpaces = false): number => {
  const evidence = pairs.map(([answer, truth]) => judgeText(answer, truth, { ignoreSpaces }));
  return qualityOf(
    textMetrics.find((metric) => metric.name === name)!,
    { evidence },
  ).value;
};

test("exact match, errors by characters and by words", () => {
  const pairs: [string, string][] = [
    ["hello world", "hello world"],
    ["helo word", "hello world"],
  ];
  expect(value("exact-match", pairs)).toBe(0.5);
  expect(value("cer", pairs)).toBeCloseTo(2 / 22, 12);
  expect(value("wer", pairs)).toBe(2 / 4);
});

test("spaces can be no part of the text; there is no error rate by words then", () => {
  expect(value("exact-match", [["193.5kg", "193.5 kg"]])).toBe(0);
  expect(value("exact-match", [["193.5kg", "193.5 kg"]], true)).toBe(1);
  expect(value("cer", [["193,5kg", "193.5 kg"]], true)).toBe(1 / 7);
  expect(textMetricsFor({ ignoreSpaces: true }).map(({ name }) => name)).toEqual(["exact-match", "cer"]);
  expect(textMetricsFor({})).toBe(textMetrics);
});

test("no answer is all wrong; too long an answer is worse than none", () => {
  expect(judgeText(undefined, "ab c")).toEqual({ exact: 0, edits: 4, characters: 4, wordEdits: 2, words: 2 });
  expect(judgeText(undefined, "").exact).toBe(0);
  expect(judgeText("", "").exact).toBe(1);
  expect(value("cer", [["abcdef", "a"]])).toBe(5);
});
