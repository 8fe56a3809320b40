/** @file Times that cannot be trusted are found, and said in a line for each kind. */
import { describe, expect, it } from "vitest";
import { doubtLines } from "./doubt-words.ts";
import { doubtsOf } from "./doubts.ts";
import type { Cost } from "./cost.ts";

const cost = (seconds: number, spread = 0.01, n = 100): Cost => ({
  seconds,
  lo: seconds * (1 - spread),
  hi: seconds * (1 + spread),
  n,
});

describe("doubts", () => {
  it("none where times agree", () => {
    expect(doubtsOf({ whole: cost(10e-3), "head@a": cost(9e-3), "tail@a": cost(1e-3) })).toEqual([]);
    expect(doubtsOf({})).toEqual([]);
  });

  it("a part that is slower than the whole, beyond the noise", () => {
    const found = doubtsOf({ whole: cost(10e-3), "head@a": cost(15e-3), "head@b": cost(20e-3) });
    expect(found).toMatchObject([
      { kind: "prefix", work: "head@a", seconds: 15e-3, whole: 10e-3 },
      { kind: "prefix", work: "head@b" },
    ]);
    expect(doubtLines(found)).toEqual([
      "head@b takes 20 ms, the whole model 10 ms: a part cannot take longer than the whole (and 1 more)",
    ]);
    // Inside the noise, and behind a bottleneck, which the whole has not.
    expect(doubtsOf({ whole: cost(10e-3), "head@a": cost(10.3e-3), "head@b+8x": cost(12e-3) })).toEqual([]);
    expect(doubtsOf({ whole: cost(10e-3, 0.15), "head@a": cost(11e-3, 0.15) })).toEqual([]);
  });

  it("an interval whose end is more than 1.5 times its begin, and few runs", () => {
    const found = doubtsOf({ whole: { seconds: 32e-3, lo: 3.2e-3, hi: 70e-3, n: 3 } });
    expect(found.map(({ kind }) => kind)).toEqual(["spread", "runs"]);
    expect(doubtLines(found)).toEqual([
      "whole takes from 3.2 ms to 70 ms: more than 1.5 times as long",
      "whole rests on 3 runs, fewer than 10",
    ]);
    expect(doubtsOf({ whole: { seconds: 1, lo: 0.9, hi: 1.35, n: 10 } })).toEqual([]);
  });

  it("not where the time decides nothing", () => {
    expect(doubtsOf({ whole: cost(10e-3), "encode uint8@a": { seconds: 1e-6, lo: 1e-6, hi: 9e-6, n: 3 } })).toEqual([]);
  });
});
