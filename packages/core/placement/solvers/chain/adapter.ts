/** @file Nodes in a row on hosts joined in any way: `placeChain` on the problem's form. */
import { chainOf } from "./form.ts";
import { placeChain } from "./index.ts";
import { messagesOf } from "../../messages.ts";
import { whyNoChain } from "../../problem.ts";
import type { Solver } from "../../solver.ts";

export const chain: Solver = {
  name: "chain",
  refuses(problem) {
    if (problem.objective === "throughput") return "throughput is no sum";
    return whyNoChain(problem);
  },
  solve(problem, prices, { stop, work }) {
    const own = chainOf(problem, prices);
    const { hosts, value, bound, paths } = placeChain(own.chain, own.prices, {
      ...(stop && { stop }),
      ...(work !== undefined && { paths: work }),
    });
    return { assignment: hosts, messages: messagesOf(problem, prices, hosts), value, bound, effort: { paths } };
  },
};
