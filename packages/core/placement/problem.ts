/** @file The placement problem: a graph, hosts, what joins them, and what is to be least. One form for all solvers. */

/** What runs as one: an operator, a layer, a piece of a model. */
export interface Node {
  name: string;
  /** Seconds for one frame on every host; Infinity where that host cannot run it. */
  seconds: readonly number[];
  /** Bytes that a host holds for it all the time: weights (default 0). */
  parameters?: number;
  /** Bytes that it needs only while it runs (default 0): a host has room for the largest of its nodes'. */
  activations?: number;
  /** Hosts that may run it (default: all whose seconds are finite). */
  on?: readonly number[];
  /** Nodes of one group stay on one host. */
  group?: number | string;
}

/** Something that nodes read. However many readers it has, it takes a link once in a frame. */
export interface Tensor {
  name?: string;
  /** The node that makes it; null for what the source captures. */
  producer: number | null;
  consumers: readonly number[];
  bytes: number;
  /** It must not leave the host that makes it. */
  private?: boolean;
}

export interface Host {
  name: string;
  /** Hosts of this kind that do not differ (default 1); several need `port`. */
  count?: number;
  /** Bytes (default: no limit). */
  memory?: number;
  /** Watts while it computes (default 0). */
  power?: number;
  /** Money per second of computing (default 0). */
  price?: number;
  /** Watts while one of its links sends or receives (default 0). */
  radio?: number;
  /** Seconds more for every part that begins here behind another host's: another call of a runtime, say (default 0). */
  entrySeconds?: number;
  /**
   * Seconds per byte of its own way to one network that joins all hosts, in and out; 0 where moving is free. Either all
   * hosts have one and there are no links, or none has.
   */
  port?: number;
}

export interface Link {
  between: readonly [from: number, to: number];
  /** Nothing goes from `to` to `from` (default: both ways alike). */
  oneWay?: boolean;
  /** Headers of packets included. */
  secondsPerByte: number;
  delaySeconds: number;
  /** Beside what the hosts' radios take (default 0). */
  joulesPerByte?: number;
  pricePerByte?: number;
}

/** What adds up along a frame's way: seconds, joules, money. */
export const costs = ["latency", "energy", "price"] as const;
export type Cost = (typeof costs)[number];
/** A weighed sum of them. */
export type Weights = Partial<Record<Cost, number>>;
/** `throughput`: the least time between two frames, which the busiest host needs. */
export type Objective = Cost | "throughput" | { weights: Weights };

/**
 * Where a frame's work is to be done. With links the cost of a frame is a sum; what crosses is told by `costsOf`. Of
 * throughput, and with ports, every part is contiguous: no path leads out of it and back.
 */
export interface Problem {
  nodes: readonly Node[];
  tensors: readonly Tensor[];
  hosts: readonly Host[];
  links: readonly Link[];
  /** The host that captures. */
  source: number;
  /** What is due where, in bytes. With throughput and with ports it counts nothing. */
  answer: { host: number; outputs: readonly { node: number; bytes: number }[] };
  /** Data flow towards hosts that stand later in the list only, and the answer comes back. */
  onwards?: boolean;
  objective: Objective;
}

/** The weights of an objective that is a sum; of throughput those of seconds. */
export function weightsOf(objective: Objective): Weights {
  if (objective === "throughput") return { latency: 1 };
  return typeof objective === "string" ? { [objective]: 1 } : objective.weights;
}

/**
 * Why a problem is no chain: nodes in a row, each reading what the one before it makes and nothing else, and the last one's
 * answer. Undefined where it is one.
 */
export function whyNoChain({ nodes, tensors, hosts, answer }: Problem): string | undefined {
  const read = new Uint8Array(nodes.length);
  for (const { producer, consumers } of tensors) {
    const [v] = consumers;
    if (consumers.length !== 1 || v !== (producer ?? -1) + 1 || read[v]) return "the nodes do not stand in a row";
    read[v] = 1;
  }
  if (!read.every((one) => one === 1)) return "some node does not read what the one before it makes";
  const [output, ...more] = answer.outputs;
  if (output?.node !== nodes.length - 1 || more.length > 0) return "the answer is not what the last node makes";
  if (tensors.some((tensor) => tensor.private)) return "it does not know private tensors";
  if (nodes.some(({ group }) => group !== undefined)) return "it does not know groups";
  return hosts.some(({ port, count = 1 }) => port !== undefined || count !== 1) ? "it does not know ports" : undefined;
}

export const isChain = (problem: Problem): boolean => whyNoChain(problem) === undefined;

/** Whether the hosts stand in a row, the source first: each is linked with the next and with no other. */
export function isLine({ hosts, links, source }: Problem): boolean {
  if (source !== 0 || links.length !== hosts.length - 1) return false;
  return hosts
    .slice(1)
    .every((_, h) => links.some(({ between: [a, b] }) => Math.min(a, b) === h && Math.max(a, b) === h + 1));
}

/** Whether hosts are joined by one network, each by its own port. */
export function hasPorts({ hosts }: Problem): boolean {
  return hosts.some(({ port }) => port !== undefined);
}
