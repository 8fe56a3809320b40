/** @file The placement problem of a study: pieces on hosts joined by links, and what they cost under each objective. */
import type { SegmentMemory } from "@split-et-impera/core/cost";
import type { PlacingOptions, Study } from "@split-et-impera/core/study";
import { InputError } from "@split-et-impera/core/errors";
import type { Chain, ChainPrices } from "@split-et-impera/core/placement";
import { formatBytes } from "@split-et-impera/core/units";
import { hopOf } from "./hop.ts";
import type { Piece } from "./pieces.ts";

/** What adds up along a frame's way. */
export const costs = ["latency", "energy", "price"] as const;
export type Cost = (typeof costs)[number];
export type Weights = Partial<Record<Cost, number>>;

export interface Problem {
  /** As in the study. */
  hosts: string[];
  /** Pieces, hosts, links, pins and room. */
  chain: Chain;
  /** Where each piece ends; null for the output. */
  ends: (string | null)[];
  /** Seconds of every piece on every host. */
  seconds: number[][];
  /** Per host: seconds more for every segment that begins there behind another host's. */
  entry: number[];
  links: Study["links"];
  placing: PlacingOptions | undefined;
  speeds: number[];
  /** What a host's memory has room for, in words, where that is not all. */
  room: Record<string, string>;
}

export interface ProblemInput {
  study: Pick<Study, "hosts" | "links" | "frames" | "placing">;
  pieces: readonly Pick<Piece, "from" | "to" | "bytes">[];
  /** Per host, seconds of every piece. */
  seconds: Readonly<Record<string, readonly number[]>>;
  /** Per host, seconds more for a segment behind a cut. */
  entry: Readonly<Record<string, number>>;
  /** Bytes of a frame as it is captured. */
  inputBytes: number;
  /** How many bytes of the wire stand for one of a tensor (1 as it is, 1/4 for float32 as uint8). */
  codec: number;
  needs: readonly SegmentMemory[];
  /** Per piece: places of the hosts that may run it. */
  open: readonly (readonly number[])[];
}

/** What pieces need of one host's memory: their weights, and the activations of the one that runs. */
function roomFor(needs: readonly SegmentMemory[], pieces: readonly number[]): number {
  const parameters = pieces.reduce((sum, i) => sum + needs[i]!.parameters, 0);
  return parameters + Math.max(0, ...pieces.map((i) => needs[i]!.activations));
}

/** @throws InputError `ERR_PLACE_MEMORY` when some piece fits nowhere, or the hosts together cannot hold all */
export function checkRoom(
  study: Pick<Study, "hosts">,
  pieces: ProblemInput["pieces"],
  needs: ProblemInput["needs"],
  open: ProblemInput["open"],
): void {
  const hosts = Object.keys(study.hosts);
  const limits = hosts.map((host) => study.hosts[host]!.memory ?? Infinity);
  pieces.forEach((piece, i) => {
    const [least, most] = [roomFor(needs, [i]), Math.max(...open[i]!.map((h) => limits[h]!))];
    if (least <= most) return;
    const largest = hosts[open[i]!.find((h) => limits[h] === most)!]!;
    const which = open[i]!.length === hosts.length ? "the largest host" : "the largest that may run it";
    throw new InputError(
      "ERR_PLACE_MEMORY",
      `no host can hold ${between([piece])}: it needs ${formatBytes(least)}, ${which}, ${largest}, has ${formatBytes(most)}`,
    );
  });
  const parameters = needs.reduce((sum, one) => sum + one.parameters, 0);
  const total = limits.reduce((sum, limit) => sum + limit, 0);
  if (parameters <= total) return;
  throw new InputError(
    "ERR_PLACE_MEMORY",
    `no placement fits: the parameters alone need ${formatBytes(parameters)}, the hosts have ${formatBytes(total)} together`,
  );
}

export function problemOf({ study, pieces, seconds, entry, inputBytes, codec, needs, open }: ProblemInput): Problem {
  const hosts = Object.keys(study.hosts);
  const limits = hosts.map((host) => study.hosts[host]!.memory ?? Infinity);
  const source = hosts.indexOf(study.frames.host);
  const all = pieces.map((_, i) => i);
  const room: Record<string, string> = {};
  hosts.forEach((host, h) => {
    if (roomFor(needs, all) <= limits[h]!) return;
    const fitting = (slice: (n: number) => number[]): number[] =>
      all.map((n) => slice(n + 1)).findLast((part) => roomFor(needs, part) <= limits[h]!) ?? [];
    const part = h === source ? fitting((n) => all.slice(0, n)) : fitting((n) => all.slice(-n));
    room[host] = part.length === 0 ? "nothing" : between(part.map((i) => pieces[i]!));
  });
  return {
    hosts,
    chain: {
      pieces: pieces.map(({ to }, i) => ({
        name: to ?? "output",
        reads: i === 0 ? inputBytes : pieces[i - 1]!.bytes * codec,
        on: open[i]!,
      })),
      hosts: hosts.map((name) => ({ name })),
      links: study.links.map(({ between: [a, b] }) => [hosts.indexOf(a), hosts.indexOf(b)]),
      source,
      answer: { host: hosts.indexOf(study.frames.answer.host), bytes: study.frames.answer.bytes },
      room: { limits, needs },
    },
    ends: pieces.map(({ to }) => to ?? null),
    seconds: pieces.map((_, i) => hosts.map((host) => seconds[host]![i]!)),
    entry: hosts.map((host) => entry[host]!),
    links: study.links,
    placing: study.placing,
    speeds: hosts.map((host) => study.hosts[host]!.speed),
    room,
  };
}

/** A link's rate or delay, or a host's speed: what its costs are multiplied by. */
export type Scaled = { of: "rate" | "delay"; link: number; by: number } | { of: "speed"; host: number; by: number };

/** Prices of a frame: a weighed sum of seconds, joules and money. */
export function pricesOf(
  { chain, seconds, entry, links, hosts, placing }: Problem,
  weights: Weights,
  scaled?: Scaled,
): ChainPrices {
  const { latency = 0, energy = 0, price = 0 } = weights;
  const perSecond = hosts.map((name, h) => {
    const own = placing?.hosts[name];
    const slower = scaled?.of === "speed" && scaled.host === h ? scaled.by : 1;
    return slower * (latency + energy * (own?.power ?? 0) + price * (own?.price ?? 0));
  });
  return {
    compute: seconds.map((row) => row.map((time, h) => time * perSecond[h]!)),
    enter: entry.map((time, h) => time * perSecond[h]!),
    links: links.map((link, l) => {
      const by = (of: "rate" | "delay"): number => (scaled?.of === of && scaled.link === l ? scaled.by : 1);
      const { perByte, fixed } = hopOf(link);
      const wire = (perByte * link.rate) / 8;
      const sending = perByte * by("rate");
      const radio = chain.links[l]!.reduce((sum, h) => sum + (placing?.hosts[hosts[h]!]?.radio ?? 0), 0);
      const own = placing?.links[l];
      return {
        perByte:
          latency * sending + energy * (wire * (own?.energy ?? 0) + radio * sending) + price * wire * (own?.price ?? 0),
        fixed: latency * fixed * by("delay"),
      };
    }),
  };
}

/** @throws InputError `ERR_PLACE_COST` when the study says nothing of a cost that is asked for */
export function checkCosts(placing: PlacingOptions | undefined, asked: readonly Cost[]): void {
  const told = (one: Cost): boolean => {
    if (one === "latency") return true;
    const [onHost, onLink] = one === "energy" ? (["power", "radio"] as const) : (["price", "price"] as const);
    const hosts = Object.values(placing?.hosts ?? {});
    if (hosts.some((host) => host[onHost] !== undefined || (one === "energy" && host[onLink as "radio"] !== undefined)))
      return true;
    return (placing?.links ?? []).some((link) => link[one] !== undefined);
  };
  for (const one of asked) {
    if (told(one)) continue;
    const fields =
      one === "energy" ? "hosts.NAME.power, hosts.NAME.radio or links[].energy" : "hosts.NAME.price or links[].price";
    throw new InputError("ERR_PLACE_COST", `to place by ${one}, expected ${fields} in the study, got none`);
  }
}

/** `a to b`, of pieces in a row. */
function between(list: readonly Pick<Piece, "from" | "to">[]): string {
  return `${list[0]!.from ?? "the input"} to ${list.at(-1)!.to ?? "the output"}`;
}
