/** @file The placement problem of a study: pieces on hosts joined by links, and what they cost under each objective. */
import type { SegmentMemory } from "@split-et-impera/core/cost";
import { turned, type PlacingOptions, type Study } from "@split-et-impera/core/study";
import { InputError } from "@split-et-impera/core/errors";
import type { Cost, Problem } from "@split-et-impera/core/placement";
import { formatBytes } from "@split-et-impera/core/units";
import { hopOf } from "./hop.ts";
import type { Piece } from "./pieces.ts";

/** A study's problem, and the words for its answer. */
export interface StudyProblem extends Problem {
  /** Where each piece ends; null for the output. */
  ends: (string | null)[];
  /** Per link `camera - server`; one whose ways differ is two, each called as it goes. */
  joins: string[];
  /** Per link, bits per second and seconds of the way. */
  given: { rate: number; delay: number }[];
  /** What a host's memory has room for, in words, where that is not all. */
  room: Record<string, string>;
}

export interface ProblemInput {
  study: Pick<Study, "hosts" | "links" | "frames" | "placing">;
  pieces: readonly Pick<Piece, "from" | "to" | "bytes" | "plainBytes">[];
  /** Per host, seconds of every piece. */
  seconds: Readonly<Record<string, readonly number[]>>;
  /** Per host, seconds more for a segment behind a cut (absent: none). */
  entry: Readonly<Record<string, number>>;
  /** Bytes of a frame as it is captured. */
  inputBytes: number;
  /** How many bytes of the wire stand for one of a float32 tensor (1 as it is, 1/4 as uint8). */
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
  pieces: readonly Pick<Piece, "from" | "to">[],
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

/** The study's pieces on its hosts, at what they cost; the objective is latency until another is asked for. */
export function problemOf(one: ProblemInput): StudyProblem {
  const { study, pieces, seconds, entry, inputBytes, codec, needs, open } = one;
  const hosts = Object.keys(study.hosts);
  const { frames, placing } = study;
  const ways = study.links.flatMap((link, l) =>
    link.back
      ? [
          { link, l, oneWay: true },
          { link: turned(link), l, oneWay: true },
        ]
      : [{ link, l, oneWay: false }],
  );
  return {
    nodes: pieces.map(({ to }, i) => ({
      name: to ?? "output",
      seconds: hosts.map((host) => seconds[host]![i]!),
      parameters: needs[i]!.parameters,
      activations: needs[i]!.activations,
      on: open[i]!,
    })),
    tensors: [null, ...pieces.slice(0, -1)].map((piece, i) => ({
      producer: piece === null ? null : i - 1,
      consumers: [i],
      bytes: piece === null ? inputBytes : (piece.bytes - piece.plainBytes) * codec + piece.plainBytes,
    })),
    hosts: hosts.map((name) => {
      const { power, radio, price } = placing?.hosts[name] ?? {};
      const { memory } = study.hosts[name]!;
      return {
        name,
        entrySeconds: entry[name] ?? 0,
        ...(memory !== undefined && { memory }),
        ...(power !== undefined && { power }),
        ...(radio !== undefined && { radio }),
        ...(price !== undefined && { price }),
      };
    }),
    links: ways.map(({ link, l, oneWay }) => {
      const { secondsPerByte, delaySeconds } = hopOf(link);
      const wire = (secondsPerByte * link.rate) / 8;
      const { energy = 0, price = 0 } = placing?.links[l] ?? {};
      const [a, b] = link.between;
      return {
        between: [hosts.indexOf(a), hosts.indexOf(b)],
        ...(oneWay && { oneWay }),
        secondsPerByte,
        delaySeconds,
        joulesPerByte: wire * energy,
        pricePerByte: wire * price,
      };
    }),
    source: hosts.indexOf(frames.host),
    answer: {
      host: hosts.indexOf(frames.answer.host),
      outputs: [{ node: pieces.length - 1, bytes: frames.answer.bytes }],
    },
    objective: "latency",
    ends: pieces.map(({ to }) => to ?? null),
    joins: ways.map(({ link }) => link.between.join(" - ")),
    given: ways.map(({ link: { rate, delay } }) => ({ rate, delay })),
    room: roomOf(one),
  };
}

function roomOf({ study, pieces, needs }: ProblemInput): Record<string, string> {
  const all = pieces.map((_, i) => i);
  const room: Record<string, string> = {};
  for (const [host, { memory = Infinity }] of Object.entries(study.hosts)) {
    if (roomFor(needs, all) <= memory) continue;
    const fitting = (slice: (n: number) => number[]): number[] =>
      all.map((n) => slice(n + 1)).findLast((part) => roomFor(needs, part) <= memory) ?? [];
    const part = host === study.frames.host ? fitting((n) => all.slice(0, n)) : fitting((n) => all.slice(-n));
    room[host] = part.length === 0 ? "nothing" : between(part.map((i) => pieces[i]!));
  }
  return room;
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
