/** @file Inception v3 on four hosts that hold little more than it: nearly all memory is taken, wherever it runs. */
import { readWorkload, type HostGraph } from "../../packages/core/dist/placement/index.js";
import { inceptionWorkload } from "./inception.ts";

/** Speeds of the hosts, the first captures. */
const slowness = [1, 0.9, 0.8, 0.7];

/**
 * @param share memory of all hosts together, as a multiple of what the network needs
 * @param joined hosts in a row, or each with each
 */
export function tightHosts(share: number, joined: "row" | "all"): HostGraph {
  const { nodes, tensors } = readWorkload(inceptionWorkload(), "inception");
  const needed = nodes.reduce((sum, { memory }) => sum + memory, 0);
  const hosts = slowness.map((_, h) => ({ name: `host${h}`, memory: (share * needed) / slowness.length }));
  const links = hosts.flatMap((_, from) =>
    hosts.flatMap((_, to) =>
      from !== to && (joined === "all" || Math.abs(from - to) === 1) ? [{ from, to, perByte: 1e-9, fixed: 0.1 }] : [],
    ),
  );
  return {
    nodes: nodes.map(({ name, memory }) => ({ name, memory })),
    // A batch of one tenth of the workload's.
    tensors: [
      ...tensors.map(({ producer, consumers, cost }) => ({ producer, consumers, bytes: cost * 2 ** 31 * 0.1 })),
      { producer: null, consumers: [0], bytes: 1e6 },
    ],
    hosts,
    links,
    source: 0,
    compute: nodes.map(({ cost }) => slowness.map((slow) => slow * cost[0]!)),
  };
}
