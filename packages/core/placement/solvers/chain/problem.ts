/** @file A chain of pieces on hosts joined in any way: what it is, and what a placement of it costs. */
import { InputError } from "../../../errors/index.ts";
import type { Hop } from "../tiers/index.ts";

export interface ChainPiece {
  name: string;
  /** Bytes that it reads: what the piece before it makes, or the input. */
  reads: number;
  /** Hosts that may run it (default: all whose cost is finite). */
  on?: readonly number[];
}

/** Pieces one after the other; hosts with links between some of them; messages take the cheapest way. */
export interface Chain {
  pieces: readonly ChainPiece[];
  hosts: readonly { name: string }[];
  /** Between two hosts each, the same both ways. */
  links: readonly (readonly [number, number])[];
  /** Per link, whether it leads from the first to the second only. */
  oneWay?: readonly boolean[];
  /** The host that has the input. */
  source: number;
  answer: { host: number; bytes: number };
  /** What pieces read goes to hosts that stand later in the list only; the answer may come back. */
  onwards?: boolean;
  /** What hosts have room for. Default: everything. */
  room?: ChainRoom;
}

/** A host holds the parameters of all its pieces, and the activations of the one that runs. */
export interface ChainRoom {
  /** Bytes per host; Infinity: no limit. */
  limits: readonly number[];
  /** Bytes per piece. */
  needs: readonly { parameters: number; activations: number }[];
}

/** Whether a host has room for these pieces. */
export function fitsOn({ room }: Chain, host: number, pieces: readonly number[]): boolean {
  if (!room || pieces.length === 0 || room.limits[host] === Infinity) return true;
  let [parameters, activations] = [0, 0];
  for (const i of pieces) {
    parameters += room.needs[i]!.parameters;
    activations = Math.max(activations, room.needs[i]!.activations);
  }
  return parameters + activations <= room.limits[host]!;
}

/** What things cost, in one unit: seconds, joules, money, or a weighed sum. */
export interface ChainPrices {
  /** `compute[piece][host]`; Infinity where that host cannot run it. */
  compute: readonly (readonly number[])[];
  /** Per link: a message's bytes, and once per message. */
  links: readonly Hop[];
  /** Per host: once for every stretch that begins there behind another host's (another call of a runtime, say). */
  enter?: readonly number[];
}

/** Where pieces run and how messages travel. Message i is what piece i reads; the last one is the answer. */
export interface ChainRoute {
  /** Host per piece. */
  hosts: number[];
  /** Links per message; none where it stays on its host. */
  ways: number[][];
}

/** A placement's cost, taken apart. */
export interface ChainCosts {
  total: number;
  /** Per host, what entering it costs included. */
  compute: number[];
  /** Per link. */
  bytes: number[];
  fixed: number[];
}

/** Bytes of message i. */
export function messageBytes({ pieces, answer }: Chain, i: number): number {
  return i < pieces.length ? pieces[i]!.reads : answer.bytes;
}

/** Adds up what a placement costs: the plain definition of the objective. */
export function chainCosts(chain: Chain, prices: ChainPrices, { hosts, ways }: ChainRoute): ChainCosts {
  const costs: ChainCosts = {
    total: 0,
    compute: chain.hosts.map(() => 0),
    bytes: chain.links.map(() => 0),
    fixed: chain.links.map(() => 0),
  };
  hosts.forEach((host, i) => {
    costs.compute[host]! += prices.compute[i]![host]!;
    if (i > 0 && host !== hosts[i - 1]) costs.compute[host]! += prices.enter?.[host] ?? 0;
  });
  ways.forEach((way, i) => {
    for (const link of way) {
      costs.bytes[link]! += messageBytes(chain, i) * prices.links[link]!.perByte;
      costs.fixed[link]! += prices.links[link]!.fixed;
    }
  });
  for (const part of [costs.compute, costs.bytes, costs.fixed]) for (const cost of part) costs.total += cost;
  return costs;
}

/** The hosts that may run a piece. */
export function openTo({ pieces, hosts }: Chain, { compute }: ChainPrices, piece: number): number[] {
  const on = pieces[piece]!.on;
  return hosts.map((_, h) => h).filter((h) => compute[piece]![h]! < Infinity && (on?.includes(h) ?? true));
}

/** @throws InputError that names the piece, host or link. */
export function checkChain(chain: Chain, prices: ChainPrices): void {
  const { pieces, hosts, links, source, answer } = chain;
  if (pieces.length === 0) throw bad("pieces: expected at least one, got none");
  if (hosts.length === 0 || hosts.length > 64) throw bad(`hosts: expected 1 to 64, got ${hosts.length}`);
  const inside = (value: number, where: string): void => {
    if (!Number.isInteger(value) || value < 0 || value >= hosts.length)
      throw bad(`${where}: expected a host from 0 to ${hosts.length - 1}, got ${value}`);
  };
  const cost = (value: number, where: string): void => {
    if (!(value >= 0 && value < Infinity)) throw bad(`${where}: expected a finite number >= 0, got ${value}`);
  };
  // All ways between two hosts are looked at, and are as many as sets of links at worst.
  if (links.length > 30) throw bad(`links: expected at most 30, got ${links.length}`);
  inside(source, "source");
  inside(answer.host, "answer.host");
  cost(answer.bytes, "answer.bytes");
  links.forEach((ends, i) => ends.forEach((end) => inside(end, `links[${i}]`)));
  if (prices.links.length !== links.length)
    throw bad(`prices.links: expected ${links.length}, got ${prices.links.length}`);
  prices.links.forEach(({ perByte, fixed }, i) => {
    cost(perByte, `prices.links[${i}].perByte`);
    cost(fixed, `prices.links[${i}].fixed`);
  });
  if (chain.room && (chain.room.limits.length !== hosts.length || chain.room.needs.length !== pieces.length))
    throw bad(`room: expected ${hosts.length} limits and needs of ${pieces.length} pieces`);
  prices.enter?.forEach((price, h) => cost(price, `prices.enter[${h}]`));
  if (prices.compute.length !== pieces.length)
    throw bad(`prices.compute: expected ${pieces.length} rows, got ${prices.compute.length}`);
  pieces.forEach(({ name, reads, on }, i) => {
    cost(reads, `pieces[${i}] "${name}".reads`);
    for (const h of on ?? []) inside(h, `pieces[${i}] "${name}".on`);
    const row = prices.compute[i]!;
    if (row.length !== hosts.length || row.some((x) => !(x >= 0)))
      throw bad(
        `prices.compute[${i}] of "${name}": expected ${hosts.length} costs >= 0 or Infinity, got [${row.join(", ")}]`,
      );
    if (openTo(chain, prices, i).length === 0)
      throw new InputError(
        "ERR_PLACEMENT_HOST",
        `no host can run "${name}": each is ruled out by its pins or cannot run it`,
      );
  });
}

const bad = (message: string): InputError => new InputError("ERR_PLACEMENT_PROBLEM", message);
