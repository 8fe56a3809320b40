/** @file What a placement costs, taken apart: the plain definition of the objective, which every solver's answer meets. */
import type { Prices } from "./prices.ts";
import { hasPorts, isChain, type Problem } from "./problem.ts";

/** A tensor, or an answer, on its way from one host to others. */
export interface Message {
  /** Place in the problem's tensors; null for an answer. */
  tensor: number | null;
  bytes: number;
  from: number;
  to: number[];
  /** Links that it takes, and whether from their second end to their first. */
  links: { link: number; back: boolean }[];
}

/** Which host runs each node, and how what crosses travels. */
export interface Assigned {
  assignment: readonly number[];
  messages: readonly Message[];
}

export interface Costs {
  total: number;
  /** Per host, what entering it costs included. */
  compute: number[];
  /** Per link, both ways. */
  bytes: number[];
  fixed: number[];
}

/**
 * Adds up a frame's cost over links. Along a chain every message goes at its own time and pays each link's fixed cost; in
 * any other graph what takes a link the same way in a frame goes together, and pays it once.
 */
export function costsOf(problem: Problem, prices: Prices, { assignment, messages }: Assigned): Costs {
  const costs: Costs = {
    total: 0,
    compute: problem.hosts.map(() => 0),
    bytes: problem.links.map(() => 0),
    fixed: problem.links.map(() => 0),
  };
  const row = isChain(problem);
  assignment.forEach((host, v) => {
    costs.compute[host]! += prices.compute[v]![host]!;
    if (row && v > 0 && host !== assignment[v - 1]) costs.compute[host]! += prices.enter[host]!;
  });
  const paid = new Set<string>();
  for (const { bytes, links } of messages) {
    for (const { link, back } of links) {
      costs.bytes[link]! += bytes * prices.links[link]!.perByte;
      const way = `${link},${back}`;
      if (!row && paid.has(way)) continue;
      paid.add(way);
      costs.fixed[link]! += prices.links[link]!.fixed;
    }
  }
  for (const list of [costs.compute, costs.bytes, costs.fixed]) for (const cost of list) costs.total += cost;
  return costs;
}

/** What one host runs. */
export interface Part {
  host: number;
  /** Its nodes, ascending; none where it only passes on. */
  nodes: number[];
  /** What they cost there, entering it included. */
  compute: number;
  /** Bytes: the parameters of its nodes and the largest of their activations. */
  memory: number;
}

/** What one host does for every frame, where that is what counts. */
export interface Load extends Part {
  /** Taking in what others made, and sending what others read (or passing it on). */
  input: number;
  output: number;
  /** compute + input + output. */
  load: number;
}

/** Bytes that nodes on one host take. */
export function memoryOf({ nodes }: Problem, mine: readonly number[]): number {
  let [parameters, activations] = [0, 0];
  for (const v of mine) {
    parameters += nodes[v]!.parameters ?? 0;
    activations = Math.max(activations, nodes[v]!.activations ?? 0);
  }
  return parameters + activations;
}

/**
 * The loads of parts: the plain definition behind throughput, and behind every objective with ports. Over links a host
 * spends the time of each byte that comes in or goes out, passed on or not; delays and the answer take no one's time.
 * Through ports a tensor comes in once, and goes out once, however many hosts read it.
 */
export function loadsOf(
  problem: Problem,
  prices: Prices,
  parts: readonly Pick<Part, "host" | "nodes">[],
  messages: readonly Message[],
): Load[] {
  const ported = hasPorts(problem);
  return parts.map(({ host, nodes }) => {
    const inside = new Set(nodes);
    let [compute, input, output] = [0, 0, 0];
    for (const v of nodes) compute += prices.compute[v]![host]!;
    if (nodes.length > 0 && nodes[0]! > 0) compute += prices.enter[host]!;
    if (ported) {
      for (const { producer, consumers, bytes } of problem.tensors) {
        if (!inside.has(producer!)) input += consumers.some((v) => inside.has(v)) ? prices.ports[host]! * bytes : 0;
        else if (consumers.some((v) => !inside.has(v))) output += prices.ports[host]! * bytes;
      }
    }
    for (const { tensor, bytes, links } of messages) {
      if (tensor === null) continue;
      for (const { link, back } of links) {
        const [a, b] = problem.links[link]!.between;
        const cost = bytes * prices.links[link]!.perByte;
        if ((back ? b : a) === host) output += cost;
        if ((back ? a : b) === host) input += cost;
      }
    }
    return {
      host,
      nodes: [...nodes],
      compute,
      input,
      output,
      load: compute + input + output,
      memory: memoryOf(problem, nodes),
    };
  });
}

/** What a placement is worth under its problem's objective, added up anew. */
export function valueOf(
  problem: Problem,
  prices: Prices,
  placed: Assigned & { loads?: readonly Pick<Part, "host" | "nodes">[] | undefined },
): number {
  if (!placed.loads) return costsOf(problem, prices, placed).total;
  const loads = loadsOf(problem, prices, placed.loads, placed.messages).map(({ load }) => load);
  return problem.objective === "throughput" ? Math.max(0, ...loads) : loads.reduce((sum, load) => sum + load, 0);
}
