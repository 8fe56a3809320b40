/** @file Inception v3 on four hosts that hold little more than it: nearly all memory is taken, wherever it runs. */
import { readWorkload, type Problem } from "../../packages/core/dist/placement/index.js";
import { inceptionWorkload } from "./inception.ts";

/** Speeds of the hosts, the first captures. */
const slowness = [1, 0.9, 0.8, 0.7];

/**
 * @param share memory of all hosts together, as a multiple of what the network needs
 * @param joined hosts in a row, or each with each
 */
export function tightHosts(share: number, joined: "row" | "all"): Problem {
  const { nodes, tensors } = readWorkload(inceptionWorkload(), "inception").problem;
  const needed = nodes.reduce((sum, { parameters = 0 }) => sum + parameters, 0);
  const hosts = slowness.map((_, h) => ({ name: `host${h}`, memory: (share * needed) / slowness.length }));
  const links = hosts.flatMap((_, from) =>
    hosts.flatMap((_, to) =>
      from < to && (joined === "all" || to - from === 1)
        ? [{ between: [from, to] as const, secondsPerByte: 1e-9, delaySeconds: 0.1 }]
        : [],
    ),
  );
  return {
    nodes: nodes.map(({ name, parameters = 0, seconds }) => ({
      name,
      parameters,
      seconds: slowness.map((slow) => slow * seconds[0]!),
    })),
    // A batch of one tenth of the workload's.
    tensors: [
      ...tensors.map(({ producer, consumers, bytes }) => ({ producer, consumers, bytes: bytes * 2 ** 31 * 0.1 })),
      { producer: null, consumers: [0], bytes: 1e6 },
    ],
    hosts,
    links,
    source: 0,
    answer: { host: 0, outputs: [] },
    objective: "latency",
  };
}
