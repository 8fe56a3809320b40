/** @file Most frames per second of nodes in a row: stretches of them along a way of links, by `placePipeline`. */
import { InputError } from "../../../errors/index.ts";
import { placePipeline, type Pipeline } from "./index.ts";
import { memoryOf, type Load, type Message } from "../../costs.ts";
import { whyNoChain, type Problem } from "../../problem.ts";
import type { Found, Solver } from "../../solver.ts";
import { chainOf } from "./form.ts";

export const stretches: Solver = {
  name: "stretches",
  refuses(problem) {
    if (problem.objective !== "throughput") return "it is for throughput";
    if (problem.onwards) return "data may flow back in it";
    return whyNoChain(problem);
  },
  solve(problem, prices) {
    const own = chainOf(problem, prices);
    return foundOf(problem, placePipeline(own.chain, own.prices));
  },
  other(problem, prices, best) {
    const own = chainOf(problem, prices);
    const binding = best.loads!.reduce((a, b) => (b.load > a.load ? b : a));
    const [first, last] = [binding.nodes[0], binding.nodes.at(-1)];
    // A host that only passes on has no stretch to leave out.
    if (first === undefined || last === undefined) return "unknown";
    try {
      const found = placePipeline(own.chain, own.prices, { host: binding.host, first, last: last + 1 });
      return { found: foundOf(problem, found), exact: true };
    } catch (error) {
      if (error instanceof InputError) return "none";
      throw error;
    }
  },
};

function foundOf(problem: Problem, { hosts, value, loads: stretches, links }: Pipeline): Found {
  const loads = stretches.map(({ host, first, last, compute, input, output, load }): Load => {
    const nodes = Array.from({ length: last - first }, (_, i) => first + i);
    return { host, nodes, compute, input, output, load, memory: memoryOf(problem, nodes) };
  });
  const sizes = new Map(problem.tensors.map(({ producer, bytes }, t) => [(producer ?? -1) + 1, { t, bytes }]));
  const messages = links.flatMap((link, k): Message[] => {
    const sent = sizes.get(stretches[k]!.last);
    if (!sent) return [];
    const [from, to] = [loads[k]!.host, loads[k + 1]!.host];
    const back = problem.links[link]!.between[0] !== from;
    return [{ tensor: sent.t, bytes: sent.bytes, from, to: [to], links: [{ link, back }] }];
  });
  return { assignment: hosts, messages, value, bound: value, loads, effort: {} };
}
