import { wilson } from "@split-et-impera/core/statistics";
import type { DesignResult } from "@split-et-impera/core/design";
import { expect, test } from "vitest";
import { furthestOf, missesOf, partsOf, shareAt, sharesOf } from "./compared.ts";

const within = [0.01, 0.02, 0.03, 0.05, 0.1].map((seconds, i) => ({ seconds, answered: [0, 0, 60, 90, 95][i]! }));
const captured = { done: 100, answered: 95, missed: 10, fallbacks: 0, due: 0.05, within };
const curve = { seconds: [0.02, 0.04], share: [0.5, 1] };
const design = {
  deadlineMisses: wilson(17, 1000),
  parts: { queue: 1, head: 2, encode: 3, wire: 4, decode: 5, middle: 6, tail: 7, answer: 8 },
} as DesignResult;

test("a curve between its points, before the first and after the last", () => {
  expect([0.01, 0.02, 0.03, 0.04, 1].map((time) => shareAt(curve, time))).toEqual([0, 0.5, 0.75, 1, 1]);
  expect(shareAt({ seconds: [], share: [] }, 1)).toBe(0);
});

test("shares of all frames, from the last time without an answer to the first with all", () => {
  const shares = sharesOf(captured, curve);
  expect(shares.map(({ seconds, measured, predicted }) => [seconds, measured.value, predicted])).toEqual([
    [0.01, 0, 0],
    [0.02, 0, 0.5],
    [0.03, 0.6, 0.75],
    [0.05, 0.9, 1],
    [0.1, 0.95, 1],
  ]);
  expect(shares[2]!.measured).toEqual(wilson(60, 100));
  expect(sharesOf(captured, undefined).map(({ seconds }) => seconds)).toEqual([0.02, 0.03, 0.05, 0.1]);
  expect(sharesOf({ ...captured, done: 0, answered: 0 }, curve)).toEqual([]);
});

test("where the two are furthest apart, and whether that is more than chance", () => {
  const shares = sharesOf(captured, curve);
  expect(furthestOf(shares, 1000)).toMatchObject({ share: { seconds: 0.02, predicted: 0.5 }, differs: true });
  const near = [{ seconds: 0.03, measured: wilson(60, 100), predicted: 0.66 }];
  expect(furthestOf(near, 1000)!.differs).toBe(false);
  expect(furthestOf([{ ...near[0]!, measured: wilson(60_000, 100_000) }], 100_000)!.differs).toBe(true);
  expect(furthestOf([{ ...near[0]!, measured: wilson(62_000, 100_000) }], 100_000)!.differs).toBe(false);
  expect(furthestOf(sharesOf(captured, undefined), 1000)).toBeUndefined();
});

test("misses are more or fewer than predicted where their number tells", () => {
  const than = (missed: number, done = 100) => missesOf({ ...captured, missed, done }, design)?.than;
  expect([than(10), than(2), than(0, 1000)]).toEqual(["more", "as", "fewer"]);
  expect(missesOf({ ...captured, done: 0 }, design)).toBeUndefined();
  expect(missesOf(captured, undefined)).toEqual({ measured: wilson(10, 100), predicted: undefined, than: "as" });
});

test("parts in a host's words: what it waits for here and there is one, the link is there and back", () => {
  const period = { means: { wait: 0.5, remoteWait: 0.25, head: 2, network: 11 } } as unknown as Parameters<
    typeof partsOf
  >[0];
  expect(partsOf(period, design)).toEqual([
    { part: "wait", measured: 0.75, predicted: 1 },
    { part: "head", measured: 2, predicted: 2 },
    { part: "encode", measured: 0, predicted: 3 },
    { part: "network", measured: 11, predicted: 12 },
    { part: "decode", measured: 0, predicted: 5 },
    { part: "tail", measured: 0, predicted: 13 },
  ]);
  expect(partsOf(period, undefined).map(({ part }) => part)).toEqual(["wait", "head", "network"]);
});
