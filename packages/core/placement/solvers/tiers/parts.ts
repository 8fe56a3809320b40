/** @file Prices taken apart and put together: scaled parts (a link n times as slow) and weighed mixes. */
import { InputError } from "../../../errors/index.ts";
import type { Hop, Prices } from "./problem.ts";

/**
 * A part of the prices that can change by a factor: a tier's compute times, or what a hop costs both ways, per byte or
 * fixed. A factor of 2 on `compute` is a host half as fast, on `bytes` a link of half the rate, on `fixed` twice the
 * delay.
 */
export type Part = { part: "compute"; tier: number } | { part: "bytes"; hop: number } | { part: "fixed"; hop: number };

/** The prices with one part multiplied. */
export function scalePart(prices: Prices, part: Part, factor: number): Prices {
  if (part.part === "compute") {
    const scale = (cost: number, k: number): number => (k === part.tier && cost < Infinity ? cost * factor : cost);
    return { ...prices, compute: prices.compute.map((row) => row.map(scale)) };
  }
  const field = part.part === "bytes" ? "perByte" : "fixed";
  const scale = (hop: Hop, h: number): Hop => (h === part.hop ? { ...hop, [field]: hop[field] * factor } : hop);
  const hops = prices.hops.map(scale);
  return prices.back ? { ...prices, hops, back: prices.back.map(scale) } : { ...prices, hops };
}

/**
 * The weighed sum of prices, for objectives such as latency + energy + money. Where one of them is infinite (a tier that
 * cannot run a node) the mix is, whatever its weight.
 */
export function mixPrices(all: readonly Prices[], weights: readonly number[]): Prices {
  if (all.length === 0 || all.length !== weights.length) {
    throw new InputError(
      "ERR_PLACEMENT_MIX",
      `expected a weight per price list (${all.length}), got ${weights.length}`,
    );
  }
  weights.forEach((weight, i) => {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new InputError("ERR_PLACEMENT_MIX", `weights[${i}]: expected a number >= 0, got ${weight}`);
    }
  });
  const sum = (get: (prices: Prices) => number): number => {
    let total = 0;
    all.forEach((prices, i) => {
      const cost = get(prices);
      total += cost === Infinity ? Infinity : weights[i]! * cost;
    });
    return total;
  };
  const hop = (get: (prices: Prices) => Hop | undefined): Hop => ({
    perByte: sum((prices) => get(prices)?.perByte ?? 0),
    fixed: sum((prices) => get(prices)?.fixed ?? 0),
  });
  const first = all[0]!;
  return {
    compute: first.compute.map((row, v) => row.map((_, k) => sum((prices) => prices.compute[v]![k]!))),
    hops: first.hops.map((_, h) => hop((prices) => prices.hops[h])),
    back: first.hops.map((_, h) => hop((prices) => prices.back?.[h])),
  };
}
