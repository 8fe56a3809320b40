/** @file One frame's way packet by packet: what each packet did on each link, and how far its sender's window was open. */
import { InputError } from "../errors/index.ts";
import { readPacket, transportOf, type Channel, type PacketFields } from "../network/index.ts";
import { framesInParts } from "./frames.ts";
import type { FrameScenario } from "./scenario.ts";
import { workSteps, type FrameTrace, type StepTimes, type WorkStep } from "./step.ts";
import type { OpenedTransfer, Watch, WatchedWorld } from "./watch.ts";

export interface FrameJourney {
  frame: number;
  /** ns; `finished` -1: it was never answered. */
  captured: number;
  finished: number;
  /** The host that passed it over for a newer frame. */
  dropped?: string;
  steps: StepTimes[];
  /** In the order in which they entered links, from capture until the answer. */
  packets: JourneyPacket[];
  /** There were more packets than those that are here. */
  more: boolean;
  /** Bytes of the frame's own messages, framing included, by step. */
  messages: { step: number; bytes: number }[];
  /** Of connections that carry the frame: segments that may be under way, where that changes. */
  window: { step: number; time: number; segments: number }[];
  /** Packets of other traffic that entered the same links meanwhile. */
  others: number;
}

/** A packet on one link: over several links it is one for each. Times are ns; -1: that never happened. */
export interface JourneyPacket {
  link: string;
  /** From the link's `from` to its `to`. */
  forward: boolean;
  /** Place in `workSteps` of the transfer that it serves. */
  step: number;
  /** `control` carries no payload: acknowledgements, handshakes, requests for what was lost. */
  kind: "data" | "control";
  /** It carries bytes of this frame, not of another one. */
  own: boolean;
  entered: number;
  /** It is through the queue and the sender's interface. */
  left: number;
  arrived: number;
  fate: "arrived" | "lost" | "overflowed" | "under way";
  /** Of TCP its first byte, counted from this frame's first; of UDP the datagram's place in its message. */
  sequence: number;
  /** Bytes of payload, and with all headers but the link's. */
  length: number;
  size: number;
  resent?: true;
}

/** Packets at most: what is beyond can be looked at by nobody. */
const mostPackets = 20_000;

/**
 * Simulates frames until one of them is through, and tells what its packets did.
 * @param frame its number in the scenario's first flow
 * @throws InputError `ERR_SCENARIO` as `simulateFrames`, and where there is no such frame
 */
export function frameJourney(scenario: FrameScenario, frame: number): FrameJourney {
  const [flow] = scenario.flows;
  if (!flow || !Number.isInteger(frame) || frame < 0 || frame >= flow.count)
    throw new InputError("ERR_SCENARIO", `Expected a frame from 0 to ${(flow?.count ?? 0) - 1}, got ${frame}`);
  const recorder = new Recorder(frame, workSteps(flow.steps));
  const parts = framesInParts(scenario, recorder);
  while (!recorder.over && parts.next().done !== true);
  parts.return([]);
  return recorder.journey();
}

/** What a transfer has been given so far. */
interface Written {
  bytes: number;
  messages: number;
  /** Where this frame's message lies: bytes of a connection, and which message it is. */
  own?: { from: number; to: number; message: number };
}

class Recorder implements Watch {
  private readonly frame: number;
  private readonly steps: readonly WorkStep[];
  private world: WatchedWorld | undefined;
  private trace: FrameTrace | undefined;
  private readonly packets: JourneyPacket[] = [];
  private readonly window: FrameJourney["window"] = [];
  private readonly transfers: OpenedTransfer[] = [];
  private readonly written = new Map<number, Written>();
  /** Of a connection for each message: that of this frame, once its first packet enters a link. */
  private flow: number | "awaited" | undefined;
  private others = 0;
  private more = false;

  constructor(frame: number, steps: readonly WorkStep[]) {
    this.frame = frame;
    this.steps = steps;
  }

  /** The frame is through, and so is all that happened until then. */
  get over(): boolean {
    const { trace, world } = this;
    if (!trace || !world) return false;
    return trace.dropped !== undefined || (trace.finished >= 0 && world.clock.now > trace.finished);
  }

  begin(world: WatchedWorld): void {
    this.world = world;
    for (const [name, { forward, backward }] of world.links) {
      this.look(name, true, forward);
      this.look(name, false, backward);
    }
  }

  opened(transfer: OpenedTransfer): void {
    this.transfers.push(transfer);
  }

  captured(frame: number, trace: FrameTrace): void {
    if (frame === this.frame) this.trace = trace;
  }

  sends(index: number, frame: number, bytes: number): void {
    const step = this.steps[index]!;
    if (step.kind !== "transfer") return;
    const written = this.written.get(index) ?? { bytes: 0, messages: 0 };
    this.written.set(index, written);
    const { header = 0 } = step.transport;
    const framed = transportOf(step.transport).reliable ? Math.max(1, bytes + header) : bytes;
    const own = { from: written.bytes, to: written.bytes + framed, message: written.messages };
    if (frame === this.frame) {
      written.own = own;
      if (this.transfers.some((one) => one.step === index && one.flow === undefined)) this.flow ??= "awaited";
    }
    written.bytes += framed;
    written.messages++;
  }

  journey(): FrameJourney {
    const { trace, frame, packets, window, others, more } = this;
    const end = trace && trace.finished >= 0 ? trace.finished : Infinity;
    return {
      frame,
      captured: trace?.captured ?? -1,
      finished: trace?.finished ?? -1,
      ...(trace?.dropped !== undefined && { dropped: trace.dropped }),
      steps: trace?.steps ?? [],
      packets: packets
        .filter(({ entered }) => entered <= end)
        .map((one) => ({ ...one, sequence: one.sequence - this.begins(one) })),
      more,
      messages: [...this.written].flatMap(([step, { own }]) => (own ? [{ step, bytes: own.to - own.from }] : [])),
      window: window.filter(({ time }) => time <= end),
      others,
    };
  }

  private get active(): boolean {
    const { trace, world } = this;
    return (
      trace !== undefined && trace.dropped === undefined && (trace.finished < 0 || world!.clock.now <= trace.finished)
    );
  }

  /** The byte with which this frame's message begins, where its packets count bytes. */
  private begins({ step, kind }: Pick<JourneyPacket, "step" | "kind">): number {
    return kind === "data" && this.flow === undefined && this.reliable(step)
      ? (this.written.get(step)?.own?.from ?? 0)
      : 0;
  }

  private reliable(step: number): boolean {
    const of = this.steps[step]!;
    return of.kind === "transfer" && transportOf(of.transport).reliable;
  }

  private look(link: string, forward: boolean, channel: Channel): void {
    const { clock, pool } = this.world!;
    const under = new Map<number, JourneyPacket>();
    channel.tap = (packet, fate, departure) => {
      if (!this.active) return;
      const one = this.packetOf(readPacket(pool, packet), channel);
      if (!one) return;
      const sent = fate === "sent";
      this.packets.push({ ...one, link, forward, left: sent ? departure : -1, fate: sent ? "under way" : fate });
      if (sent) under.set(packet, this.packets.at(-1)!);
    };
    channel.arrived = (packet) => {
      const one = under.get(packet);
      if (!one) return;
      under.delete(packet);
      one.arrived = clock.now;
      one.fate = "arrived";
    };
  }

  /** What a packet is to the frame; undefined where it is other traffic, or one too many. */
  private packetOf(
    fields: PacketFields,
    channel: Channel,
  ): Omit<JourneyPacket, "link" | "forward" | "left" | "fate"> | undefined {
    if (this.flow === "awaited") this.flow = fields.flow;
    const { flow, entered, sequence, length, size, resent } = fields;
    const mine = this.transfers.filter((one) => one.flow === undefined || one.flow === flow);
    const [towards, back] = [
      mine.find(({ there }) => there.includes(channel)),
      mine.find((one) => one.back.includes(channel)),
    ];
    // What carries nothing answers what came the other way.
    const transfer = length > 0 ? (towards ?? back) : (back ?? towards);
    if (!transfer) {
      this.others++;
      return undefined;
    }
    if (this.packets.length >= mostPackets) {
      this.more = true;
      return undefined;
    }
    this.note(transfer);
    const { step } = transfer;
    const data = length > 0 && transfer === towards;
    return {
      step,
      kind: data ? "data" : "control",
      own: data && this.isOwn(step, fields),
      entered,
      arrived: -1,
      sequence,
      length,
      size,
      ...(resent && { resent: true as const }),
    };
  }

  private isOwn(step: number, { flow, sequence, length, message }: PacketFields): boolean {
    if (this.flow !== undefined) return flow === this.flow;
    const own = this.written.get(step)?.own;
    if (!own) return false;
    return this.reliable(step) ? sequence < own.to && sequence + length > own.from : message === own.message;
  }

  private note({ step, window }: OpenedTransfer): void {
    if (!window) return;
    const segments = window();
    const last = this.window.findLast((one) => one.step === step);
    if (last?.segments !== segments) this.window.push({ step, time: this.world!.clock.now, segments });
  }
}
