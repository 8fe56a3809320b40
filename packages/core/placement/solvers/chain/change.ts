/** @file At which rate, delay or host speed another placement of a chain becomes the best. */
import { envelope1d, type Linear } from "../../envelope.ts";
import { walk } from "../../../graphs/index.ts";
import { placePipeline, pipelineLoads, type Pipeline } from "./pipeline.ts";
import { chainCosts, type Chain, type ChainPrices } from "./problem.ts";
import { placeChain, type ChainOptions, type ChainPlacement } from "./solve.ts";

export interface Change<T> {
  from: number;
  to: number;
  answer: T;
}

/**
 * The cheapest placements while a factor goes from `from` to `to`, with the exact factors at which they change (where
 * every answer's gap is 0).
 * @param pricesAt the prices at a factor; every price must be a line in it, and not fall below 0 at 0
 */
export function chainBreakEvens(
  chain: Chain,
  pricesAt: (factor: number) => ChainPrices,
  from: number,
  to: number,
  options: ChainOptions = {},
): Change<ChainPlacement>[] {
  const [none, once] = [pricesAt(0), pricesAt(1)];
  const solve = (x: number): Linear<ChainPlacement> => {
    const answer = placeChain(chain, pricesAt(x), options);
    const base = chainCosts(chain, none, answer).total;
    return { base, slopes: [chainCosts(chain, once, answer).total - base], answer };
  };
  return envelope1d(solve, from, to).map((one) => ({ from: one.from, to: one.to, answer: one.line.answer }));
}

/** The same for pipelines, whose loads are no lines: by steps and bisection (`walk`). */
export function pipelineBreakEvens(
  chain: Chain,
  pricesAt: (factor: number) => ChainPrices,
  from: number,
  to: number,
): Change<Pipeline>[] {
  const largest = (answer: Pipeline, x: number): number =>
    Math.max(0, ...pipelineLoads(chain, pricesAt(x), answer).map(({ load }) => load));
  return walk((x) => placePipeline(chain, pricesAt(x)), largest, from, to);
}
