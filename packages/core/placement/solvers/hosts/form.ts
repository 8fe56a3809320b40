/** @file A problem in the form of the solver for hosts joined in any way. */
import type { Prices } from "../../prices.ts";
import type { Problem } from "../../problem.ts";
import type { HostGraph } from "./problem.ts";

/** What only chains and pipelines know. */
export function plainly({ nodes, hosts }: Problem): string | undefined {
  if (nodes.some(({ group }) => group !== undefined)) return "it does not know groups";
  if (nodes.some(({ activations = 0 }) => activations > 0)) return "it does not know activations";
  return hosts.some(({ entrySeconds = 0 }) => entrySeconds > 0)
    ? "it does not know what entering a host costs"
    : undefined;
}

/** A problem as a graph on hosts, and which link each of its directions is. */
export function hostGraphOf(
  problem: Problem,
  prices: Prices,
): { graph: HostGraph; directions: { link: number; back: boolean }[] } {
  const { nodes, tensors, hosts, links, source, answer } = problem;
  const directions = links.flatMap(({ oneWay }, link) =>
    (oneWay ? [false] : [false, true]).map((back) => ({ link, back })),
  );
  const graph: HostGraph = {
    nodes: nodes.map(({ name, parameters = 0, on }) => ({ name, memory: parameters, ...(on && { on }) })),
    tensors,
    hosts: hosts.map(({ name, memory }) => ({ name, ...(memory !== undefined && { memory }) })),
    links: directions.map(({ link, back }) => {
      const [a, b] = links[link]!.between;
      return { from: back ? b : a, to: back ? a : b, ...prices.links[link]! };
    }),
    source,
    outputs: answer.outputs,
    answerAt: answer.host,
    compute: prices.compute,
  };
  return { graph, directions };
}
