/** @file At which rate, delay or host speed another placement becomes the cheapest: a list over one part, a map over two. */
import { InputError } from "../../../errors/index.ts";
import { envelope1d, envelope2d, type Linear, type Point } from "../../envelope.ts";
import { scalePart, type Part } from "./parts.ts";
import { tierCosts, type Prices, type TierGraph } from "./problem.ts";
import { placeTiers } from "./solve.ts";

/** Factors between which one placement is the cheapest. */
export interface BreakEven {
  from: number;
  to: number;
  tiers: number[];
  /** Its cost is `base + slope * factor`. */
  base: number;
  slope: number;
}

/**
 * The cheapest placements while one part is multiplied by factors from `from` to `to`, in order, with the exact factors
 * at which they change. Factor 1 is the prices as given; for a link's rate, rate = given rate / factor.
 */
export function breakEvens(graph: TierGraph, prices: Prices, part: Part, from: number, to: number): BreakEven[] {
  checkRange(from, to);
  checkPart(graph, part);
  const solve = (x: number): Linear<number[]> => {
    const { tiers } = placeTiers(graph, scalePart(prices, part, x));
    const base = tierCosts(graph, scalePart(prices, part, 0), tiers).total;
    const slope = tierCosts(graph, scalePart(prices, part, 1), tiers).total - base;
    return { base, slopes: [slope], answer: tiers };
  };
  return envelope1d(solve, from, to).map((stretch) => ({
    from: stretch.from,
    to: stretch.to,
    tiers: stretch.line.answer,
    base: stretch.line.base,
    slope: stretch.line.slopes[0]!,
  }));
}

/** The plane of two factors, divided into the convex cells in which one placement is the cheapest. */
export interface BreakEvenMap {
  cells: { polygon: Point[]; tiers: number[]; base: number; slopes: [number, number] }[];
  /** False when the search was ended before every corner was confirmed. */
  exact: boolean;
  /** Index of the cell whose placement is cheapest at these factors, and its cost there. */
  at(x: number, y: number): { cell: number; value: number };
}

/**
 * The map over two parts. For axes on which costs are not linear (loss, say), `at` takes the factors that they amount
 * to: a loss that makes bytes 1.2 times and the fixed part 3 times as dear is the point (1.2, 3) of the map over a
 * hop's `bytes` and `fixed`.
 */
export function breakEvenMap(
  graph: TierGraph,
  prices: Prices,
  x: { part: Part; from: number; to: number },
  y: { part: Part; from: number; to: number },
  most = 1000,
): BreakEvenMap {
  for (const axis of [x, y]) {
    checkRange(axis.from, axis.to);
    checkPart(graph, axis.part);
  }
  const scaled = (a: number, b: number): Prices => scalePart(scalePart(prices, x.part, a), y.part, b);
  const solve = (a: number, b: number): Linear<number[]> => {
    const { tiers } = placeTiers(graph, scaled(a, b));
    const base = tierCosts(graph, scaled(0, 0), tiers).total;
    const slopes = [
      tierCosts(graph, scaled(1, 0), tiers).total - base,
      tierCosts(graph, scaled(0, 1), tiers).total - base,
    ];
    return { base, slopes, answer: tiers };
  };
  const { cells, exact } = envelope2d(
    solve,
    [
      [x.from, y.from],
      [x.to, y.from],
      [x.to, y.to],
      [x.from, y.to],
    ],
    most,
  );
  const list = cells.map(({ polygon, line }) => ({
    polygon,
    tiers: line.answer,
    base: line.base,
    slopes: [line.slopes[0]!, line.slopes[1]!] as [number, number],
  }));
  const at = (a: number, b: number): { cell: number; value: number } => {
    let best = { cell: -1, value: Infinity };
    list.forEach(({ base, slopes }, cell) => {
      const value = base + slopes[0] * a + slopes[1] * b;
      if (value < best.value) best = { cell, value };
    });
    return best;
  };
  return { cells: list, exact, at };
}

function checkRange(from: number, to: number): void {
  if (!(from >= 0 && to > from && to < Infinity)) {
    throw new InputError("ERR_PLACEMENT_RANGE", `expected factors 0 <= from < to, got ${from} to ${to}`);
  }
}

function checkPart({ tiers }: TierGraph, part: Part): void {
  const [index, most] = part.part === "compute" ? [part.tier, tiers.length - 1] : [part.hop, tiers.length - 2];
  if (!Number.isInteger(index) || index < 0 || index > most) {
    const what = part.part === "compute" ? "tier" : "hop";
    throw new InputError("ERR_PLACEMENT_RANGE", `expected a ${what} from 0 to ${most} to vary, got ${index}`);
  }
}
