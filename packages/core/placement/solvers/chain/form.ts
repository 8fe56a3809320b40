/** @file A problem in the chain solver's form. */
import type { Prices } from "../../prices.ts";
import type { Problem } from "../../problem.ts";
import type { Chain, ChainPrices } from "./problem.ts";

/** A problem whose nodes stand in a row, as a chain. */
export function chainOf(problem: Problem, prices: Prices): { chain: Chain; prices: ChainPrices } {
  const { nodes, tensors, hosts, links, source, answer, onwards } = problem;
  const reads = new Map(tensors.map(({ producer, bytes }) => [(producer ?? -1) + 1, bytes]));
  return {
    chain: {
      pieces: nodes.map(({ name, on }, v) => ({ name, reads: reads.get(v)!, ...(on && { on }) })),
      hosts: hosts.map(({ name }) => ({ name })),
      links: links.map(({ between }) => between),
      ...(links.some(({ oneWay }) => oneWay) && { oneWay: links.map(({ oneWay = false }) => oneWay) }),
      source,
      answer: { host: answer.host, bytes: answer.outputs[0]!.bytes },
      ...(onwards && { onwards }),
      room: {
        limits: hosts.map(({ memory }) => memory ?? Infinity),
        needs: nodes.map(({ parameters = 0, activations = 0 }) => ({ parameters, activations })),
      },
    },
    prices: { compute: prices.compute, links: prices.links, enter: prices.enter },
  };
}
