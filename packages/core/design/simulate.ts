/** @file One design under one loss rate: its frames through hosts and link, and what they amount to. */
import { meanInterval, quantileInterval, wilson, type Estimate } from "../statistics/index.ts";
import { simulateFrames, type FrameTrace, type Step } from "../frames/index.ts";
import { PACKET_PAYLOAD, transportOf, UDP_HEADERS, type LinkParameters, type TransportSpec } from "../network/index.ts";
import type { TransportName } from "./arrangement.ts";
import type { Latency, LatencyParts } from "./result.ts";
import type { LinkOptions, Study } from "../study/index.ts";

/** The work of a design per frame, in seconds on the hosts that do it, and the bytes that cross per frame. */
export interface Work {
  /** On the capturing host. */
  head: number;
  encode: number;
  /** On the other host; absent where nothing is sent. */
  remote?: { bytes: Uint32Array; decode: number; tail: number };
}

/** Payload of a datagram: what an Ethernet packet of 1500 bytes carries over IPv4. */
export const datagramPayload = PACKET_PAYLOAD;
/**
 * Seconds after the last arrival at which a receiver of datagrams goes on with what it has: the time of three full
 * packets, so that a slow link is not taken for a lossy one, and 10 ms for what else may hold one up.
 */
export function datagramTimeout({ rate, header }: LinkOptions): number {
  return 0.01 + (3 * (datagramPayload + UDP_HEADERS + header) * 8) / rate;
}

export interface FrameOutcome {
  /** Seconds from capture to answer; Infinity when it never came. */
  latency: number;
  parts: LatencyParts;
  /** Datagrams of the frame's tensor that were lost (UDP). */
  missing: Uint32Array;
}

type Part = keyof LatencyParts;

/** Simulates the study's frames for a design. The losses depend on the seed, so all designs meet the same ones. */
export function simulateDesign(
  study: Study,
  work: Work,
  transport: TransportName | undefined,
  lossRate: number,
): FrameOutcome[] {
  const { host, count, rate, answer } = study.frames;
  const other = Object.keys(study.hosts).find((name) => name !== host)!;
  const link = study.links[0]!;
  const steps: (Step & { part: Part })[] = [];
  const compute = (where: string, part: Part, seconds: number): void => {
    if (seconds > 0) steps.push({ kind: "compute", host: where, work: part, part, ns: Math.round(seconds * 1e9) });
  };
  const protocol = transportSpec(transport, link);
  const transfer = (part: Part, from: string, to: string, bytes: number | Uint32Array): void => {
    steps.push({ kind: "transfer", link: "link", from, to, part, bytes, transport: protocol });
  };
  compute(host, "head", work.head);
  compute(host, "encode", work.encode);
  let at = host;
  let tensorStep = -1;
  if (work.remote) {
    tensorStep = steps.length;
    transfer("wire", host, other, work.remote.bytes);
    compute(other, "decode", work.remote.decode);
    compute(other, "tail", work.remote.tail);
    at = other;
  }
  if (answer.host !== at) transfer("answer", at, answer.host, answer.bytes);
  const [traces] = simulateFrames({
    hosts: [host, other],
    links: [{ name: "link", from: link.between[0], to: link.between[1], options: networkLink(link, lossRate) }],
    flows: [{ name: "frames", period: 1e9 / rate, count, steps }],
    seed: study.seed,
  });
  return traces!.map((trace) =>
    outcome(
      trace,
      steps.map(({ part }) => part),
      tensorStep,
    ),
  );
}

/** What a study's `tcp` and `udp` stand for on its link. */
function transportSpec(transport: TransportName | undefined, link: LinkOptions): TransportSpec {
  if (transport !== "udp") return { kind: "tcp" };
  return { kind: "udp", payload: datagramPayload, timeout: Math.round(datagramTimeout(link) * 1e9) };
}

/** A study's link for the simulator, with this loss. */
export function networkLink(link: LinkOptions, lossRate: number): LinkParameters {
  return {
    rate: link.rate,
    delay: Math.round(link.delay * 1e9),
    ...(lossRate > 0 && { loss: { rate: lossRate, burst: link.loss.burst } }),
    queue: { packets: link.queue },
    header: link.header,
    duplex: link.duplex,
  };
}

function outcome(trace: FrameTrace, labels: readonly Part[], tensorStep: number): FrameOutcome {
  const parts: LatencyParts = { head: 0, encode: 0, queue: 0, wire: 0, decode: 0, tail: 0, answer: 0 };
  for (const times of trace.steps) {
    if (times.end < 0) continue;
    const part = labels[times.step]!;
    const computes = part !== "wire" && part !== "answer";
    if (computes) parts.queue += (times.served - times.start) / 1e9;
    parts[part] += (times.end - (computes ? times.served : times.start)) / 1e9;
  }
  return {
    latency: trace.finished < 0 ? Infinity : (trace.finished - trace.captured) / 1e9,
    parts,
    missing: trace.missing.find(({ step }) => step === tensorStep)?.missing ?? new Uint32Array(),
  };
}

export interface FrameSummary {
  latency: Latency;
  parts: LatencyParts;
  deadlineMisses: Estimate;
  framesLost: number;
}

/** A frame without an answer has an infinite latency, and has missed its deadline. */
export function summariseFrames(frames: readonly FrameOutcome[], deadline: number): FrameSummary {
  const latencies = Float64Array.from(frames, ({ latency }) => latency);
  const answered = frames.filter(({ latency }) => latency < Infinity);
  const mean = (of: (frame: FrameOutcome) => number): number =>
    answered.reduce((sum, frame) => sum + of(frame), 0) / Math.max(1, answered.length);
  const part = (name: Part): number => mean(({ parts }) => parts[name]);
  const complete = answered.length === frames.length;
  const { lo, hi } = meanInterval(latencies);
  return {
    latency: {
      median: quantileInterval(latencies, 0.5),
      p95: quantileInterval(latencies, 0.95),
      p99: quantileInterval(latencies, 0.99),
      mean: complete ? mean(({ latency }) => latency) : Infinity,
      ...(complete && { meanInterval: { lo, hi } }),
      max: latencies.reduce((most, one) => Math.max(most, one), 0),
    },
    parts: {
      head: part("head"),
      encode: part("encode"),
      queue: part("queue"),
      wire: part("wire"),
      decode: part("decode"),
      tail: part("tail"),
      answer: part("answer"),
    },
    deadlineMisses: wilson(frames.filter(({ latency }) => latency > deadline).length, frames.length),
    framesLost: frames.length - answered.length,
  };
}

/** Frames per second of the slowest stage: either host, or the link carrying the mean frame with its headers. */
export function sustainedRate(work: Work, link: LinkOptions, transport: TransportName | undefined): number {
  const seconds = [work.head + work.encode];
  if (work.remote) {
    const { bytes, decode, tail } = work.remote;
    seconds.push(decode + tail);
    const mean = bytes.reduce((sum, size) => sum + size, 0) / bytes.length;
    const cost = transportOf(transportSpec(transport, link)).cost(mean);
    seconds.push(((cost.bytes + cost.packets * link.header) * 8) / link.rate);
  }
  return 1 / Math.max(...seconds);
}
