/** @file The contract of every solver: on each problem that it takes, the answer of brute force, a bound, and a runner-up. */
import { expect, test } from "vitest";
import { InputError } from "../errors/index.ts";
import { randomStream } from "../random/index.ts";
import { everyPlacement, kinds, randomProblem, type Worth } from "../testing/placement.ts";
import { checkProblem } from "./check.ts";
import { memoryOf, valueOf } from "./costs.ts";
import { place, solvers, told } from "./place.ts";
import { pricesOf, type Prices } from "./prices.ts";
import type { Problem } from "./problem.ts";
import type { Found } from "./solver.ts";

interface Case {
  problem: Problem;
  prices: Prices;
  all: Worth[];
  least: number;
}

/** Problems of all kinds that a solver takes. */
function* casesOf(solver: (typeof solvers)[number], seed: number, count: number): Generator<Case> {
  const random = randomStream(seed, `placement/${solver.name}`);
  let taken = 0;
  for (let i = 0; taken < count; i++) {
    const drawn = randomProblem(random, kinds[i % kinds.length]!);
    const problem = told(drawn);
    if (solver.refuses(problem) !== undefined) continue;
    taken++;
    const prices = pricesOf(problem);
    try {
      checkProblem(problem, prices);
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_PLACEMENT_HOST" });
      expect(everyPlacement(drawn)).toEqual([]);
      continue;
    }
    const all = everyPlacement(drawn);
    yield { problem, prices, all, least: Math.min(...all.map(({ value }) => value)) };
  }
}

/** Where it may, with room, and worth what it says. */
function expectAllowed({ problem, prices }: Case, found: Found): void {
  expect(found.assignment).toHaveLength(problem.nodes.length);
  found.assignment.forEach((h, v) => {
    expect(problem.nodes[v]!.on ?? [h]).toContain(h);
    expect(problem.nodes[v]!.seconds[h]).toBeLessThan(Infinity);
  });
  problem.hosts.forEach(({ memory = Infinity, port }, h) => {
    const mine = found.assignment.flatMap((host, v) => (host === h ? [v] : []));
    if (port === undefined) expect(memoryOf(problem, mine)).toBeLessThanOrEqual(memory);
  });
  for (const { host, nodes, memory } of found.loads ?? []) {
    expect(memory).toBeCloseTo(memoryOf(problem, nodes), 9);
    expect(memory).toBeLessThanOrEqual(problem.hosts[host]!.memory ?? Infinity);
  }
  expect(valueOf(problem, prices, found)).toBeCloseTo(found.value, 9);
  expect(found.bound).toBeLessThanOrEqual(found.value);
}

test.each(solvers)("$name: equal to brute force on what it takes", (solver) => {
  let placed = 0;
  for (const one of casesOf(solver, 1, 250)) {
    const { problem, prices, least } = one;
    if (least === Infinity) {
      expect(() => solver.solve(problem, prices, {})).toThrow(InputError);
      continue;
    }
    placed++;
    const found = solver.solve(problem, prices, {});
    expect(found.value).toBeCloseTo(least, 9);
    expect(found.bound).toBeCloseTo(least, 9);
    expectAllowed(one, found);
  }
  expect(placed).toBeGreaterThan(100);
});

test.each(solvers)("$name: told to end early, it keeps a bound that holds, or says that it found nothing", (solver) => {
  for (const one of casesOf(solver, 2, 150)) {
    const { problem, prices, least } = one;
    for (const limits of [{ work: 2 }, { stop: () => true }]) {
      try {
        const found = solver.solve(problem, prices, limits);
        expectAllowed(one, found);
        expect(found.value).toBeGreaterThanOrEqual(least - 1e-9);
        expect(found.bound).toBeLessThanOrEqual(least + 1e-9);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        if (least < Infinity) expect(error).toMatchObject({ code: "ERR_PLACEMENT_SEARCH" });
      }
    }
  }
});

test.each(solvers)("$name: the runner-up is the best of all others", (solver) => {
  let found = 0;
  for (const { problem, prices, all, least } of casesOf(solver, 3, 150)) {
    if (least === Infinity) continue;
    const answer = place(problem);
    expect(answer.solver).toBe(solvers.find((one) => one.refuses(problem) === undefined)!.name);
    const { assignment, loads, explanation, runnerUp } = answer;
    const binding = explanation.loads && loads![explanation.loads.binding]!;
    const costly = prices.compute.map((row) => row.some((cost) => cost > 0));
    const others = all.filter((other) => {
      if (binding) return !other.loads!.includes(`${binding.host}:${binding.nodes.join()}`);
      return other.assignment.some((h, v) => h !== assignment[v] && (costly[v] || costly.every((is) => !is)));
    });
    const second = Math.min(...others.map(({ value }) => value));
    const shares = explanation.binds.reduce((sum, { share }) => sum + share, 0);
    if (answer.value > 0) expect(shares).toBeCloseTo(1, 9);
    expect(explanation.others).toBe(runnerUp ? "found" : others.length === 0 ? "none" : "unknown");
    if (!runnerUp) continue;
    found++;
    expect(runnerUp.price).toBeCloseTo(runnerUp.value - answer.value, 12);
    if (runnerUp.exact) expect(runnerUp.value).toBeCloseTo(second, 8);
    else expect(runnerUp.value).toBeGreaterThanOrEqual(second - 1e-9);
  }
  expect(found).toBeGreaterThan(30);
});
