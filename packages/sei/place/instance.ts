/** @file The placement problem of hosts in a row as tiers: pieces on hosts, what a frame's tensors cost on the links. */
import { InputError } from "@split-et-impera/core/errors";
import type { Study } from "@split-et-impera/core/design";
import { MSS, TCP_HEADERS } from "@split-et-impera/core/network";
import type { Hop, Prices, TierGraph } from "@split-et-impera/core/placement";
import type { Piece } from "./apart.ts";

export interface Instance {
  /** From the host that captures on, each joined to the next. */
  hosts: string[];
  graph: TierGraph;
  prices: Prices;
  /** What a host's memory has room for, in words, where that is not all. */
  room: Record<string, string>;
}

export interface InstanceInput {
  study: Pick<Study, "hosts" | "links" | "frames">;
  pieces: readonly Pick<Piece, "from" | "to" | "bytes">[];
  /** Per host, seconds of every piece. */
  seconds: Readonly<Record<string, readonly number[]>>;
  /** Bytes of a frame as it is captured. */
  inputBytes: number;
  /** How many bytes of the wire stand for one of a tensor (1 as it is, 1/4 for float32 as uint8). */
  codec: number;
  memory(first: number, last: number): number;
}

/** What a message costs on a link: its packets' bytes at the link's rate, and the way. Nothing is lost, nothing waits. */
export function hopOf({ rate, delay, header }: Pick<Study["links"][number], "rate" | "delay" | "header">): Hop {
  return { perByte: ((MSS + TCP_HEADERS + header) / MSS) * (8 / rate), fixed: delay };
}

/**
 * Builds the problem. Memory limits become bans: what a host needs for the first pieces only grows with their number.
 * @throws InputError `ERR_PLACE_MEMORY` when some piece fits nowhere
 */
export function instanceOf({ study, pieces, seconds, inputBytes, codec, memory }: InstanceInput): Instance {
  const { frames } = study;
  const hosts = orderHosts(study);
  const hops = hosts.slice(1).map((host, h) => hopOf(linkBetween(study, hosts[h]!, host)));
  const count = pieces.length;
  const limit = (host: string): number => study.hosts[host]!.memory ?? Infinity;
  const first = hosts[0]!;
  const last = hosts.at(-1)!;
  let farthest = 0;
  while (farthest < count && memory(0, farthest + 1) <= limit(first)) farthest++;
  let nearest = count;
  while (nearest > 0 && memory(nearest - 1, count) <= limit(last)) nearest--;
  if (farthest < nearest && hosts.length === 2) {
    throw new InputError(
      "ERR_PLACE_MEMORY",
      `no placement fits: ${first} has room for ${shown(pieces, 0, farthest)}, ${last} for ${shown(pieces, nearest, count)}; ` +
        `the whole needs ${memory(0, count)} bytes, ${first} has ${limit(first)}, ${last} ${limit(last)}`,
    );
  }
  const room: Record<string, string> = {};
  if (farthest < count) room[first] = shown(pieces, 0, farthest);
  if (nearest > 0) room[last] = shown(pieces, nearest, count);
  const tiers = hosts.map((_, k) => k);
  const allowed = (i: number): number[] =>
    tiers.filter((k) => (k > 0 || i < farthest) && (k < tiers.length - 1 || i >= nearest));
  const answerAt = hosts.indexOf(frames.answer.host);
  const crossing = pieces.slice(0, -1).map(({ bytes }) => bytes * codec);
  const graph: TierGraph = {
    nodes: pieces.map((piece, i) => ({ name: nameOf(piece), on: allowed(i) })),
    tensors: [
      { name: "input", producer: null, consumers: [0], bytes: inputBytes },
      ...crossing.map((bytes, i) => ({ name: pieces[i]!.to!, producer: i, consumers: [i + 1], bytes })),
    ],
    tiers: hosts.map((name) => ({ name })),
    outputs: [{ node: count - 1, bytes: frames.answer.bytes }],
    answerAt,
  };
  const compute = pieces.map((_, i) => hosts.map((host) => seconds[host]![i]!));
  return { hosts, graph, prices: { compute, hops, back: hops }, room };
}

const nameOf = ({ to }: Pick<Piece, "to">): string => to ?? "output";

function shown(pieces: readonly Pick<Piece, "from" | "to">[], from: number, to: number): string {
  if (from >= to) return "nothing";
  return `${pieces[from]!.from ?? "the input"} to ${pieces[to - 1]!.to ?? "the output"}`;
}

/** The hosts as tiers: the one that captures first, then along the links. */
function orderHosts({ hosts, links, frames }: InstanceInput["study"]): string[] {
  const order = [frames.host];
  for (let at: string | undefined = frames.host; at !== undefined;) {
    const here: string = at;
    at = links
      .filter(({ between }) => between.includes(here))
      .flatMap(({ between }) => between)
      .find((host) => !order.includes(host));
    if (at !== undefined) order.push(at);
  }
  const left = Object.keys(hosts).filter((host) => !order.includes(host));
  if (left.length > 0) {
    throw new InputError(
      "ERR_PLACE_HOSTS",
      `expected hosts that form one line of links from ${frames.host}, but ${left.join(", ")} is not on it`,
    );
  }
  return order;
}

function linkBetween({ links }: InstanceInput["study"], a: string, b: string): Study["links"][number] {
  return links.find(({ between }) => between.includes(a) && between.includes(b))!;
}
