import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { minimumCut, networkOf, returnExcess } from "./flow.ts";

/** The cheapest of all 2^(n-2) cuts. */
function cheapestCut(n: number, arcs: readonly [number, number, number, number][]): number {
  let best = Infinity;
  for (let set = 0; set < 1 << (n - 2); set++) {
    const sink = (v: number): boolean => (v === 0 ? false : v === 1 ? true : ((set >> (v - 2)) & 1) === 1);
    let cost = 0;
    for (const [from, to, forth, back] of arcs) {
      if (!sink(from) && sink(to)) cost += forth;
      if (!sink(to) && sink(from)) cost += back;
    }
    best = Math.min(best, cost);
  }
  return best;
}

test("the flow's value is the cheapest cut's, and what it leaves is a flow", () => {
  const random = randomStream(1, "flow");
  for (let round = 0; round < 500; round++) {
    const n = 2 + random.integer(9);
    const arcs = Array.from({ length: random.integer(4 * n) }, (): [number, number, number, number] => [
      random.integer(n),
      random.integer(n),
      random.integer(20),
      random.uniform() < 0.5 ? 0 : random.integer(20),
    ]).filter(([from, to]) => from !== to);
    const column = (i: 0 | 1 | 2 | 3): number[] => arcs.map((arc) => arc[i]);
    const network = networkOf(n, column(0), column(1), column(2), column(3));
    const full = network.residual.slice();
    const cut = minimumCut(network, 0, 1);
    expect(cut.value).toBe(cheapestCut(n, arcs));
    let across = 0;
    for (let v = 0; v < n; v++) {
      for (let a = network.start[v]!; a < network.start[v + 1]!; a++) {
        if (!cut.sinkSide[v] && cut.sinkSide[network.to[a]!]) across += full[a]!;
      }
    }
    expect(across).toBe(cut.value);
    returnExcess(network, cut, 0, 1);
    const net = new Float64Array(n);
    for (let v = 0; v < n; v++) {
      for (let a = network.start[v]!; a < network.start[v + 1]!; a++) {
        expect(network.residual[a]).toBeGreaterThanOrEqual(0);
        net[v]! += full[a]! - network.residual[a]!;
      }
    }
    for (let v = 2; v < n; v++) expect(net[v]).toBe(0);
    expect(net[0]).toBe(cut.value);
  }
});
