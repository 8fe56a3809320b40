/** @file The pipeline problem: which contiguous part of a graph each host runs, hosts being of a few kinds. */

/** A node of the graph (a layer, an operator, or several of them). */
export interface StageNode {
  name: string;
  /** Time on a host of each kind; Infinity where that kind cannot run it. */
  cost: readonly number[];
  /** What it takes of a host's memory, bytes. */
  memory: number;
  /** Nodes of one group stay on one host. */
  group?: number | string;
}

/** An output of a node that other nodes read. It crosses a host's link once each way, however many readers it has. */
export interface StageTensor {
  producer: number;
  consumers: readonly number[];
  /** Time to move it over the link of a host whose `link` is 1. */
  cost: number;
}

/** Hosts that do not differ. */
export interface HostKind {
  name: string;
  count: number;
  /** Bytes; Infinity for no limit. */
  memory: number;
  /** What a tensor's `cost` is multiplied with on this kind's link, in and out; 0 where moving is free. */
  link: number;
}

export interface StageProblem {
  nodes: readonly StageNode[];
  tensors: readonly StageTensor[];
  kinds: readonly HostKind[];
}

/** What one host does. */
export interface Stage {
  /** Index into `kinds`. */
  kind: number;
  /** Indices of its nodes, ascending. */
  nodes: number[];
  /** compute + input + output. */
  load: number;
  compute: number;
  /** Time to take in what others made, and to send out what others read. */
  input: number;
  output: number;
  memory: number;
}

/** A placement with the proof of how good it is. */
export interface StagePlacement {
  /** In the order in which a frame passes them. */
  stages: Stage[];
  /** Largest load (throughput) or the sum of the loads (latency). */
  value: number;
  /** No contiguous placement is better than this. */
  bound: number;
  /** (value - bound) / value; 0 when optimal. */
  gap: number;
  /** How the answer was found: predecessor-closed sets looked at, whether these are all, and pairs tried. */
  effort: { ideals: number; complete: boolean; pairs: number };
}

/** Adds up what a host of `kind` does when it runs exactly these nodes: the plain definition of a load. */
export function stageOf(problem: StageProblem, kind: number, nodes: readonly number[]): Stage {
  const inside = new Set(nodes);
  const { link } = problem.kinds[kind]!;
  const stage: Stage = {
    kind,
    nodes: [...inside].sort((a, b) => a - b),
    load: 0,
    compute: 0,
    input: 0,
    output: 0,
    memory: 0,
  };
  for (const v of stage.nodes) {
    stage.compute += problem.nodes[v]!.cost[kind]!;
    stage.memory += problem.nodes[v]!.memory;
  }
  for (const { producer, consumers, cost } of problem.tensors) {
    if (link === 0) break;
    if (inside.has(producer)) {
      if (consumers.some((v) => !inside.has(v))) stage.output += link * cost;
    } else if (consumers.some((v) => inside.has(v))) stage.input += link * cost;
  }
  stage.load = stage.compute + stage.input + stage.output;
  return stage;
}
