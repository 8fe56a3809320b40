/** @file Conditions, cells, windows of a trace, and the rule by which a policy is followed, by hand. */
import { expect, test } from "vitest";
import { packOpportunities, type LinkOptions, type RateTrace, type Study } from "../study/index.ts";
import {
  cellAt,
  conditionOf,
  Follower,
  startingAt,
  underCondition,
  windowRates,
  withTrace,
  type Policy,
} from "./index.ts";

const link: LinkOptions = {
  between: ["camera", "server"],
  rate: 1e6,
  delay: 0.01,
  loss: { rate: 0.01, burst: 2 },
  queue: 100,
  duplex: "full",
  header: 14,
};
const studyWith = (one: LinkOptions): Study =>
  ({
    hosts: { camera: { speed: 1 }, server: { speed: 1 } },
    links: [one],
    frames: { host: "camera" },
  }) as unknown as Study;
const steps: RateTrace = {
  file: "t.csv",
  end: "repeat",
  seconds: 4,
  steps: { times: [0, 1, 3], rates: [1e6, 2e6, 4e6] },
};

test("a study under another condition has that condition, with the rest of its link", () => {
  const asked = { rate: 5e6, rtt: 0.1, loss: 0 };
  const alike = underCondition(studyWith(link), asked);
  expect(conditionOf(alike)).toEqual(asked);
  expect(alike.links[0]).toEqual({ ...link, rate: 5e6, delay: 0.05, loss: { rate: 0, burst: 2 } });
  const { between: _b, duplex: _d, header: _h, ...direction } = link;
  const apart = { ...link, trace: steps, back: { ...direction, rate: 3e5, delay: 0.03 } };
  expect(conditionOf(studyWith(apart))).toEqual({ rate: 1e6, rtt: 0.04, loss: 0.01 });
  const [changed] = underCondition(studyWith(apart), asked).links;
  // The round trip is shared out as it was, a quarter there; the way back keeps its own rate; the trace is gone.
  expect([changed!.rate, changed!.delay, changed!.trace]).toEqual([5e6, 0.025, undefined]);
  expect(changed!.back!.rate).toBe(3e5);
  expect(changed!.back!.delay).toBeCloseTo(0.075, 12);
  const traced = withTrace(studyWith(apart), steps, 2.25e6).links[0]!;
  expect([traced.rate, traced.trace, traced.back!.trace]).toEqual([2.25e6, steps, undefined]);
});

test("borders of cells are at geometric means, and beside 0 at half of the other", () => {
  const axes = { rates: [1e5, 1e6, 4e6], rtts: [0, 0.01], losses: [0.01] };
  const at = (rate: number, rtt: number): number[] => {
    const { rate: i, rtt: j } = cellAt(axes, { rate, rtt, loss: 0.5 });
    return [i, j];
  };
  expect(at(3.16e5, 0.0049)).toEqual([0, 0]);
  expect(at(3.17e5, 0.0051)).toEqual([1, 1]);
  expect(at(1.99e6, 9)).toEqual([1, 1]);
  expect(at(2.01e6, 0)).toEqual([2, 0]);
});

test("windows have the mean of what the link carries, and a later start sees the same link", () => {
  expect(windowRates(steps, 2)).toEqual([1.5e6, 3e6]);
  expect(windowRates(startingAt(steps, 2), 2)).toEqual([3e6, 1.5e6]);
  expect(startingAt(steps, 3).steps).toEqual({ times: [0, 1, 2], rates: [4e6, 1e6, 2e6] });
  // Packets at 100, 200, 1200 and 2000 ms of two seconds, over and over.
  const opportunities: RateTrace = {
    file: "t",
    end: "repeat",
    seconds: 2,
    opportunities: packOpportunities([100, 200, 1200, 2000]),
  };
  expect(windowRates(opportunities, 1)).toEqual([24_000, 12_000]);
  expect(startingAt(opportunities, 1).opportunities).toBe(packOpportunities([200, 1000, 1100, 1200]));
});

const policy = (worth: number[][], pause = 0.5): Policy => ({
  format: 1,
  study: "by hand",
  link: ["camera", "server"],
  frames: { rate: 10, deadline: 0.05 },
  every: 1,
  pause,
  axes: { rates: worth.map((_, i) => 10 ** (5 + i)), rtts: [0], losses: [0] },
  designs: [
    { id: "a", kind: "RC" },
    { id: "b", kind: "SC" },
  ],
  cells: [[worth.map((of) => ({ best: of[0]! >= of[1]! ? 0 : 1, fits: true, worth: of }))]],
});
/** When something else is taken up, by the window after which it is. */
function changes(of: Policy, cells: readonly number[], first = 0): string {
  const follower = new Follower(of, first);
  return cells
    .map((cell) => {
      const changed = follower.measured({ rate: 10 ** (5 + cell), rtt: 0, loss: 0 }, 1);
      return changed ? of.designs[follower.design]!.id : "-";
    })
    .join("");
}

test("another design is taken up once it would have made up for the change", () => {
  // Slow: b makes 9 of 10 frames, a 6; fast: a makes all, b 9. A change costs half a second: 3 frames of a's, 4.5 of b's.
  const of = policy([
    [0.6, 0.9],
    [1, 0.9],
  ]);
  expect(changes(of, [1, 1, 0, 0, 0])).toBe("--b--");
  // Back, a gains 1 frame a second: in the fifth it has made up for 4.5.
  expect(changes(of, [1, 1, 1, 1, 1, 1], 1)).toBe("----a-");
  // What flickers is not followed: what a gains in a window the next one takes.
  expect(changes(of, [1, 0, 1, 0, 1, 0, 1, 0], 1)).toBe("--------");
});

test("what is worth nothing is left at once; where nothing is gained all stays", () => {
  expect(changes(policy([[0, 0.2]], 10), [0, 0])).toBe("b-");
  expect(changes(policy([[0.7, 0.7]], 0), [0, 0])).toBe("--");
  expect(changes(policy([[0, 0]], 0), [0, 0])).toBe("--");
});
