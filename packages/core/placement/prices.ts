/** @file What a problem's things cost in the one unit of its objective: seconds, joules, money, or a weighed sum. */
import { weightsOf, type Problem, type Weights } from "./problem.ts";

export interface Prices {
  /** `compute[node][host]`; Infinity where that host cannot run it. */
  compute: number[][];
  /** Per host: once for every part that begins there behind another host's. */
  enter: number[];
  /** Per link, either way: a byte, and once per message. */
  links: { perByte: number; fixed: number }[];
  /** Per host, where ports are: a byte in or out. */
  ports: number[];
}

/** The prices under a problem's objective, or under other weights. */
export function pricesOf(problem: Problem, weights: Weights = weightsOf(problem.objective)): Prices {
  const { latency = 0, energy = 0, price = 0 } = weights;
  const perSecond = problem.hosts.map((host) => latency + energy * (host.power ?? 0) + price * (host.price ?? 0));
  // A host that cannot run a node cannot at any weight.
  const times = (seconds: number, h: number): number => (seconds === Infinity ? Infinity : seconds * perSecond[h]!);
  return {
    compute: problem.nodes.map(({ seconds }) => seconds.map(times)),
    enter: problem.hosts.map(({ entrySeconds = 0 }, h) => times(entrySeconds, h)),
    links: problem.links.map(({ between, secondsPerByte, delaySeconds, joulesPerByte = 0, pricePerByte = 0 }) => {
      const radio = between.reduce((sum, h) => sum + (problem.hosts[h]!.radio ?? 0), 0);
      return {
        perByte: latency * secondsPerByte + energy * (joulesPerByte + radio * secondsPerByte) + price * pricePerByte,
        fixed: latency * delaySeconds,
      };
    }),
    ports: problem.hosts.map(({ port = 0, radio = 0 }) => port * (latency + energy * radio)),
  };
}
