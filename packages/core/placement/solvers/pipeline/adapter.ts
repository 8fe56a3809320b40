/** @file Any graph on hosts of a few kinds behind one network: contiguous parts, by `placeStages` on the problem's form. */
import { InputError } from "../../../errors/index.ts";
import type { Load } from "../../costs.ts";
import type { Prices } from "../../prices.ts";
import { hasPorts, type Problem } from "../../problem.ts";
import type { Found, Limits, Solver } from "../../solver.ts";
import { placeStages, type StageOptions, type StagePlacement, type StageProblem } from "./index.ts";

export const pipeline: Solver = {
  name: "pipeline",
  refuses(problem) {
    const { hosts, links, tensors, nodes } = problem;
    if (!hasPorts(problem) || hosts.some(({ port }) => port === undefined) || links.length > 0)
      return "every host needs a port, and there may be no links";
    if (problem.onwards) return "it orders the parts itself";
    if (nodes.some(({ activations = 0 }) => activations > 0)) return "it does not know activations";
    if (hosts.some(({ entrySeconds = 0 }) => entrySeconds > 0)) return "it does not know what entering a host costs";
    return tensors.some((tensor) => tensor.private || tensor.producer === null)
      ? "it does not know what is captured, nor private tensors"
      : undefined;
  },
  solve(problem, prices, limits) {
    return foundOf(placeStages(stagesOf(problem, prices), optionsOf(problem, limits)));
  },
  other(problem, prices, best, limits) {
    const binding = best.loads!.reduce((a, b) => (b.load > a.load ? b : a));
    try {
      const without = { kind: binding.host, nodes: binding.nodes };
      const found = placeStages(stagesOf(problem, prices), { ...optionsOf(problem, limits), without });
      return { found: foundOf(found), exact: found.gap === 0 };
    } catch (error) {
      if (error instanceof InputError) return error.code === "ERR_PLACEMENT_SEARCH" ? "unknown" : "none";
      throw error;
    }
  },
};

function optionsOf({ objective }: Problem, { stop, work }: Limits): StageOptions {
  return {
    goal: objective === "throughput" ? "throughput" : "latency",
    ...(stop && { stop }),
    ...(work !== undefined && { ideals: work }),
  };
}

/** A problem on hosts with ports as a pipeline's. */
export function stagesOf({ nodes, tensors, hosts }: Problem, { compute, ports }: Prices): StageProblem {
  return {
    nodes: nodes.map(({ name, parameters = 0, group, on }, v) => ({
      name,
      cost: compute[v]!.map((cost, h) => ((on?.includes(h) ?? true) ? cost : Infinity)),
      memory: parameters,
      ...(group !== undefined && { group }),
    })),
    tensors: tensors.map(({ producer, consumers, bytes }) => ({ producer: producer!, consumers, cost: bytes })),
    kinds: hosts.map(({ name, count = 1, memory = Infinity }, h) => ({ name, count, memory, link: ports[h]! })),
  };
}

function foundOf({ stages, value, bound, effort }: StagePlacement): Found {
  const assignment: number[] = [];
  const loads = stages.map(({ kind, ...stage }): Load => {
    for (const v of stage.nodes) assignment[v] = kind;
    return { host: kind, ...stage };
  });
  return { assignment, messages: [], value, bound, loads, effort };
}
