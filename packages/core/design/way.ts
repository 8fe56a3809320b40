/** @file What a frame of a design passes, step by step: the only place that knows. */
import type { ComputeStep, Step, TransferStep } from "../frames/index.ts";
import { longestJitter, MTU, PACKET_PAYLOAD, type TransportSpec as Transport } from "../network/index.ts";
import { accessSeconds, hopsAlong, pathBetween, type Hop, type LinkOptions, type Study } from "../study/index.ts";
import { ANSWER_TIMES, FRAMING, packetPlan, SEAL, TLS_RECORD } from "../wire/index.ts";
import { behindEach } from "./behind.ts";
import { type Crossing, type Design, type TransportSpec } from "./design.ts";
import { codingWork, exitWork, segmentWork } from "./works.ts";

/** What a step is to its design, as its time is added up: the order is that of a frame. */
export const partNames = ["head", "encode", "wire", "decode", "middle", "tail", "answer"] as const;
export type Part = (typeof partNames)[number];

/** What a running host tells of a frame's time, and the parts of a prediction that it is the sum of. */
export const measuredParts = {
  wait: ["queue"],
  head: ["head"],
  encode: ["encode"],
  network: ["wire", "answer"],
  decode: ["decode"],
  tail: ["middle", "tail"],
} as const satisfies Record<string, readonly (Part | "queue")[]>;

/** What a design's work takes and what its messages weigh. */
export interface Costs {
  /** Nanoseconds of work on a host, for all frames or by frame; 0: it takes none. */
  ns(host: string, work: string): number | Float64Array;
  /** How many times as long n frames of a work take together on a host that serves in batches, by n - 1; undefined: each is done alone. */
  together?(host: string, work: string): readonly number[] | undefined;
  /** Bytes of the message of a crossing, by its position, for all frames or by frame. */
  bytes(crossing: number): number | Uint32Array;
  /** Bytes of the answer's message by frame; absent: as the study says. */
  answer?(): Uint32Array;
  /** ns from capture within which frames are to be answered; absent: receivers of datagrams know of no such end. */
  deadline?: number;
  /** By frame, whether it leaves at an exit, by its position; absent where no frame does. */
  taken?(exit: number): Uint8Array;
}

/** Bytes of framing and seal in each datagram. */
const datagramFraming = FRAMING + SEAL;

/** Bytes of a message in a datagram: what an Ethernet packet of 1500 bytes carries over IPv4 beside framing and seal. */
export const datagramPayload = PACKET_PAYLOAD - datagramFraming;

/**
 * Seconds after the last arrival at which a receiver of datagrams goes on with what it has: the time of three full
 * packets, so that a slow link is not taken for a lossy one, its jitter, and 10 ms for what else may hold one up.
 */
export function datagramTimeout(link: Pick<LinkOptions, "rate" | "header" | "jitter" | "medium">): number {
  const { rate, header, jitter, medium } = link;
  // On a shared medium every other station, and the other direction, may have its turn between two packets.
  const turns = medium ? (medium.stations + 1) * accessSeconds(link, medium.aggregate * (MTU + header)) : 0;
  return 0.01 + (3 * (MTU + header) * 8) / rate + (jitter ? longestJitter(jitter) : 0) + 3 * turns;
}

/**
 * What a transport is on a way: the slowest link says how long a receiver waits.
 * @param more bytes that come with each message, beside the framing that all have
 */
export function transportAlong(
  path: readonly Hop[],
  { kind, datagram, protection, resend }: TransportSpec,
  more = 0,
): Transport {
  // Messages beyond 16 kB are several records: a thousandth more, which is left out.
  if (kind === "tcp") return { kind, header: FRAMING + TLS_RECORD + more, ...handshakeAlong(path) };
  const timeout = Math.max(...path.map(({ link }) => datagramTimeout(link)));
  return {
    kind,
    payload: datagram ?? datagramPayload,
    header: datagramFraming + more,
    timeout: Math.round(timeout * 1e9),
    ...(protection && { protection }),
    ...(resend && { resend }),
  };
}

/** A connection of its own for each message where any link of the way asks for it. */
function handshakeAlong(path: readonly Hop[]): { handshake?: "tcp" | "tls" } {
  const asked = path.map(({ link }) => link.connections);
  if (asked.includes("fresh-tls")) return { handshake: "tls" };
  return asked.includes("fresh") ? { handshake: "tcp" } : {};
}

/** Bytes that a message has on the way, with what is added to it, without headers. */
export function bytesSent(bytes: number, { kind, datagram, protection }: TransportSpec): number {
  if (kind === "tcp" || !protection) return bytes;
  return packetPlan(protection, bytes, datagram ?? datagramPayload).sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * What each frame of a design passes: work on hosts and messages over links, in order. Hosts between pass packets on.
 * Work that takes no time is left out.
 */
export function wayOf(design: Design, study: Pick<Study, "frames" | "links">, costs: Costs): Step[] {
  const { segments, crossings } = design;
  const steps: Step[] = [];
  const compute = (host: string, part: Part, work: string | undefined): void => {
    if (work === undefined) return;
    const ns = costs.ns(host, work);
    if (ns === 0) return;
    const together = costs.together?.(host, work);
    steps.push({ kind: "compute", host, work, ns: rounded(ns), part, ...(together && { together }) });
  };
  let at = study.frames.host;
  const cross = (crossing: Crossing, index: number, host: string): void => {
    const { encode, decode } = codingWork(design, crossing);
    compute(at, "encode", encode);
    steps.push(transferOver(hopsAlong(study, at, crossing.links), "wire", costs.bytes(index), crossing.transport));
    compute(host, "decode", decode);
    at = host;
  };
  for (const [index, { host }] of segments.entries()) {
    const crossed = crossings.findIndex(({ after }) => after === index - 1);
    if (crossed >= 0) cross(crossings[crossed]!, crossed, host);
    compute(host, partOf(design, index), segmentWork(design, index));
    for (const [exit, one] of (design.exits ?? []).entries()) {
      if (one.after !== index) continue;
      compute(host, partOf(design, index), exitWork(design, one));
      const taken = costs.taken?.(exit);
      if (taken) steps.push({ kind: "exit", taken, steps: answerFrom(design, study, costs, host) });
    }
  }
  const all = [...steps, ...answerFrom(design, study, costs, at)];
  return costs.deadline === undefined ? all : withEnds(all, study, costs.deadline);
}

/** The steps, with the time at which receivers of datagrams go on: so long before the deadline as all that comes behind takes. */
function withEnds(steps: readonly Step[], study: Pick<Study, "links">, deadline: number): Step[] {
  const behind = behindEach(steps, study);
  return steps.map((step, i): Step => {
    const due = Math.round(deadline - behind[i]!);
    return step.kind === "transfer" && step.transport.kind === "udp" && due > 0 ? { ...step, due } : step;
  });
}

/** The answer's way from a host, as the design sends it; nothing where it is due there. */
function answerFrom(
  design: Design,
  study: Pick<Study, "frames" | "links">,
  costs: Pick<Costs, "answer">,
  at: string,
): TransferStep[] {
  const { host, bytes } = study.frames.answer;
  if (at === host) return [];
  const last = design.segments.at(-1)!.host;
  const transport = (design.answer ?? design.crossings[0])?.transport ?? { kind: "tcp" };
  const path = at === last && design.answer ? hopsAlong(study, at, design.answer.links) : pathBetween(study, at, host);
  return [transferOver(path, "answer", costs.answer?.() ?? bytes, transport, ANSWER_TIMES)];
}

function transferOver(
  path: readonly Hop[],
  part: Part,
  bytes: TransferStep["bytes"],
  transport: TransportSpec,
  more = 0,
): TransferStep {
  const link = path.length === 1 ? path[0]!.name : path.map(({ name }) => name);
  const [from, to] = [path[0]!.from, path.at(-1)!.to];
  return { kind: "transfer", link, from, to, bytes, transport: transportAlong(path, transport, more), part };
}

/** A whole model that got its input from elsewhere is a tail; one that stands where frames are captured, a head. */
function partOf({ segments, crossings }: Design, index: number): Part {
  if (index > 0) return index === segments.length - 1 ? "tail" : "middle";
  return segments.length === 1 && crossings.length > 0 ? "tail" : "head";
}

/** Virtual time is whole nanoseconds. */
function rounded(ns: ComputeStep["ns"]): ComputeStep["ns"] {
  return typeof ns === "number" ? Math.round(ns) : ns.map(Math.round);
}
