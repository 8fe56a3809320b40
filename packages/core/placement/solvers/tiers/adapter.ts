/** @file Any graph on hosts in a line, data flowing onwards: `placeTiers`, one minimum cut, on the problem's form. */
import { otherByBarring } from "../../barring.ts";
import { messagesOf } from "../../messages.ts";
import type { Prices } from "../../prices.ts";
import { isLine, type Problem } from "../../problem.ts";
import type { Solver } from "../../solver.ts";
import { placeTiers, runnerUpOf, type Prices as TierPrices, type TierGraph } from "./index.ts";
import { plainly } from "../hosts/form.ts";

export const tiers: Solver = {
  name: "tiers",
  refuses(problem) {
    if (problem.objective === "throughput") return "throughput is no sum";
    if (!problem.onwards) return "data only flow onwards in it";
    if (!isLine(problem)) return "the hosts do not stand in a line from the source on";
    if (problem.links.some(({ oneWay }) => oneWay)) return "some link leads one way only";
    return plainly(problem);
  },
  solve(problem, prices, { stop, work }) {
    const own = tiersOf(problem, prices);
    const {
      tiers: assignment,
      value,
      bound,
      cuts,
    } = placeTiers(own.graph, own.prices, {
      ...(stop && { stop }),
      ...(work !== undefined && { cuts: work }),
    });
    return { assignment, messages: messagesOf(problem, prices, assignment), value, bound, effort: { cuts } };
  },
  other(problem, prices, best, limits) {
    const own = tiersOf(problem, prices);
    // Where memory binds the cut's neighbour may not fit.
    const plain = best.effort["cuts"] === 1 ? runnerUpOf(own.graph, own.prices) : undefined;
    if (plain === "none") return plain;
    if (!plain) return otherByBarring(problem, prices, tiers, best, limits);
    const { tiers: assignment, value, bound } = plain.placement;
    const messages = messagesOf(problem, prices, assignment);
    return { found: { assignment, messages, value, bound, effort: {} }, exact: plain.exact };
  },
};

/** A problem on a line of hosts as tiers. */
export function tiersOf(problem: Problem, prices: Prices): { graph: TierGraph; prices: TierPrices } {
  const { nodes, tensors, hosts, links, answer } = problem;
  const hops = hosts
    .slice(1)
    .map((_, h) => prices.links[links.findIndex(({ between: [a, b] }) => Math.min(a, b) === h)]!);
  return {
    graph: {
      nodes: nodes.map(({ name, parameters = 0, on }) => ({ name, memory: parameters, ...(on && { on }) })),
      tensors,
      tiers: hosts.map(({ name, memory }) => ({ name, ...(memory !== undefined && { memory }) })),
      outputs: answer.outputs,
      // An answer that is not due is due nowhere.
      answerAt: answer.outputs.length > 0 ? answer.host : 0,
    },
    prices: { compute: prices.compute, hops, back: hops },
  };
}
