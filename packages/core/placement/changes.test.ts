/** @file Break-evens, maps and trade-offs against every placement, everywhere on their axes. */
import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { everyPlacement, randomProblem, type Kind } from "../testing/placement.ts";
import { breakEvenMap, breakEvens, scaled, tradeOffs, type Change } from "./changes.ts";
import { costsOf, valueOf } from "./costs.ts";
import { told } from "./place.ts";
import { pricesOf } from "./prices.ts";
import type { Problem } from "./problem.ts";
import type { Found } from "./solver.ts";

const least = (problem: Problem): number => Math.min(...everyPlacement(problem).map(({ value }) => value));

/** Problems with a link that can be placed at all. */
function* problems(kind: Kind, seed: string, count: number): Generator<{ problem: Problem; changes: Change[] }> {
  const random = randomStream(1, seed);
  for (let i = 0; i < count;) {
    const problem = randomProblem(random, kind);
    if (problem.links.length === 0 || least(problem) === Infinity) continue;
    i++;
    const host = random.integer(problem.hosts.length);
    yield {
      problem,
      changes: [
        { of: "rate", link: 0 },
        { of: "delay", link: 0 },
        { of: "speed", host },
      ],
    };
  }
}

const valueAt = (problem: Problem, found: Found): number => valueOf(told(problem), pricesOf(told(problem)), found);

test.each(["row", "row onwards", "graph onwards"] as const)("%s: break-evens are where the best changes", (kind) => {
  let several = 0;
  for (const { problem, changes } of problems(kind, `break-evens/${kind}`, 25)) {
    for (const change of changes) {
      const { stretches, exact } = breakEvens(problem, change, 0.05, 8);
      expect(exact).toBe(true);
      expect([stretches[0]!.from, stretches.at(-1)!.to]).toEqual([0.05, 8]);
      several += stretches.length > 1 ? 1 : 0;
      stretches.slice(1).forEach(({ from }, i) => expect(from).toBe(stretches[i]!.to));
      for (const x of [0.06, 0.2, 0.7, 1, 1.9, 4, 7.7]) {
        const there = scaled(problem, change, x);
        const { found } = stretches.find(({ to }) => x <= to)!;
        expect(valueAt(there, found)).toBeCloseTo(least(there), 8);
      }
    }
  }
  expect(several).toBeGreaterThan(10);
});

test("of throughput too, by steps and bisection", () => {
  let several = 0;
  for (const { problem, changes } of problems("row throughput", "break-evens/throughput", 20)) {
    for (const change of changes.filter(({ of }) => of !== "delay")) {
      const { stretches } = breakEvens(problem, change, 0.1, 10);
      several += stretches.length > 1 ? 1 : 0;
      for (const x of [0.13, 0.4, 1.1, 2.7, 8.9]) {
        const there = scaled(problem, change, x);
        const { found } = stretches.find(({ to }) => x <= to)!;
        expect(valueAt(there, found)).toBeCloseTo(least(there), 6);
      }
    }
  }
  expect(several).toBeGreaterThan(5);
});

test("the map's cells cover the plane, each with the best placement", () => {
  const random = randomStream(1, "map");
  for (const { problem, changes } of problems("row onwards", "break-evens/map", 15)) {
    const [rate, delay, speed] = changes as [Change, Change, Change];
    const y = random.uniform() < 0.5 ? delay : speed;
    const { cells, exact } = breakEvenMap(problem, { change: rate, from: 0, to: 5 }, { change: y, from: 0, to: 4 });
    expect(exact).toBe(true);
    expect(cells.reduce((sum, { polygon }) => sum + areaOf(polygon), 0)).toBeCloseTo(20, 6);
    for (let j = 0; j < 10; j++) {
      const [a, b] = [5 * random.uniform(), 4 * random.uniform()];
      const value = Math.min(...cells.map(({ base, slopes }) => base + slopes[0] * a + slopes[1] * b));
      expect(value).toBeCloseTo(least(scaled(scaled(problem, rate, a), y, b)), 8);
    }
  }
});

function areaOf(polygon: readonly (readonly [number, number])[]): number {
  const twice = polygon.reduce((sum, [x, y], i) => {
    const [u, v] = polygon[(i + 1) % polygon.length]!;
    return sum + x * v - u * y;
  }, 0);
  return Math.abs(twice) / 2;
}

test.each([["latency", "energy"] as const, ["latency", "energy", "price"] as const])(
  "trade-offs of %s and %s: those that some weighing makes best",
  (...asked) => {
    const random = randomStream(1, "trade-offs");
    let points = 0;
    for (const { problem } of problems("graph onwards", `trade-offs/${asked.length}`, 15)) {
      const found = tradeOffs(problem, asked);
      expect(found.exact).toBe(true);
      points += found.points.length;
      for (const { answer, values, weights } of found.points) {
        const mixed: Problem = {
          ...problem,
          objective: { weights: Object.fromEntries(asked.map((cost, i) => [cost, weights[i]!])) },
        };
        const value = values.reduce((sum, one, i) => sum + one * weights[i]!, 0);
        expect(value).toBeCloseTo(least(mixed), 7);
        expect(costsOf(told(mixed), pricesOf(mixed), answer).total).toBeCloseTo(value, 9);
      }
      for (let j = 0; j < 5; j++) {
        const list = asked.map(() => 0.05 + random.uniform());
        const weights = Object.fromEntries(asked.map((cost, i) => [cost, list[i]!]));
        const best = Math.min(
          ...found.points.map(({ values }) => values.reduce((sum, one, i) => sum + one * list[i]!, 0)),
        );
        expect(best).toBeCloseTo(least({ ...problem, objective: { weights } }), 5);
      }
    }
    expect(points).toBeGreaterThan(15);
  },
);

test("a change that makes no sense is refused", () => {
  const problem = [...problems("row", "refused", 1)][0]!.problem;
  expect(() => breakEvens(problem, { of: "rate", link: 9 }, 1, 2)).toThrow("expected a link from 0 to");
  expect(() => breakEvens(problem, { of: "speed", host: 0 }, 2, 1)).toThrow(
    "expected factors 0 <= from < to, got 2 to 1",
  );
});
