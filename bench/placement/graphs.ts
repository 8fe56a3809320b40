/** @file Large random problems on tiers, of the shapes that networks have and of one that they do not. */
import type { Problem } from "../../packages/core/dist/placement/index.js";
import { randomStream } from "../../packages/core/dist/random/index.js";

/** One after the other; with a skip over every third; each reads from the last twenty; each reads from anywhere. */
export type Shape = "chain" | "residual" | "local" | "anywhere";

/** A graph of `nodes` on `tiers`, each node fastest on a tier of its own choice, so that the cut is not trivial. */
export function bigTiers(nodes: number, tiers: number, shape: Shape, seed: number): Problem {
  const random = randomStream(seed, `bench/${shape}`);
  const consumers: Set<number>[] = Array.from({ length: nodes + 1 }, () => new Set());
  for (let v = 0; v < nodes; v++) {
    if (shape === "chain" || shape === "residual") {
      consumers[v]!.add(v);
      if (shape === "residual" && v % 3 === 0 && v > 3) consumers[v - 2]!.add(v);
      continue;
    }
    const from = shape === "local" ? Math.max(0, v - 20) : 0;
    for (let i = 1 + random.integer(3); i > 0; i--) consumers[from + random.integer(v + 1 - from)]!.add(v);
  }
  const tensors = consumers.map((readers, i) => ({
    producer: i === 0 ? null : i - 1,
    consumers: [...readers],
    bytes: 1e5 * random.exponential(),
  }));
  const compute = Array.from({ length: nodes }, () => {
    const time = 1e-3 * random.exponential();
    return Array.from({ length: tiers }, () => time * random.uniform());
  });
  return {
    nodes: compute.map((seconds, v) => ({ name: `n${v}`, seconds })),
    tensors,
    hosts: Array.from({ length: tiers }, (_, k) => ({ name: `tier${k}` })),
    links: Array.from({ length: tiers - 1 }, (_, k) => ({
      between: [k, k + 1] as const,
      secondsPerByte: 1e-8,
      delaySeconds: 1e-3,
    })),
    source: 0,
    // Two outputs: in a row with one the problem is a chain, and no cut is needed.
    answer: {
      host: 0,
      outputs: [
        { node: nodes - 1, bytes: 4000 },
        { node: nodes - 1, bytes: 0 },
      ],
    },
    onwards: true,
    objective: "latency",
  };
}
