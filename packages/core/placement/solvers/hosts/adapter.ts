/** @file Any graph on hosts joined in any way: `placeHosts` on the problem's form. */
import { hostGraphOf, plainly } from "./form.ts";
import { placeHosts } from "./index.ts";
import { messagesOf } from "../../messages.ts";
import { hasPorts, isChain } from "../../problem.ts";
import type { Solver } from "../../solver.ts";

export const hosts: Solver = {
  name: "hosts",
  refuses(problem) {
    if (problem.objective === "throughput") return "throughput is no sum";
    if (hasPorts(problem)) return "it does not know ports";
    // A message's own time, and a way of its own, are the chain's.
    if (isChain(problem)) return "nodes in a row are a chain";
    if (problem.onwards) return "data may flow back in it";
    return plainly(problem);
  },
  solve(problem, prices, { stop, work }) {
    const { graph } = hostGraphOf(problem, prices);
    const {
      hosts: assignment,
      value,
      bound,
      states,
    } = placeHosts(graph, {
      ...(stop && { stop }),
      ...(work !== undefined && { states: work }),
    });
    return { assignment, messages: messagesOf(problem, prices, assignment), value, bound, effort: { states } };
  },
};
