/** @file Messages as datagrams: the packets of a plan, each with a header, and what is made of those that come. */
import type { Clock, Reassembled } from "@split-et-impera/core/network";
import { Reassembly } from "@split-et-impera/core/network";
import {
  FRAMING,
  packetPlan,
  readHeader,
  writeHeader,
  type MessageHeader,
  type PacketPlan,
  type ProtectionSpec,
} from "@split-et-impera/core/wire";
import { mostBytesOf, type Accepted, type ArrivedMessage } from "./message.ts";

/** How messages of a passage become packets; both ends have it from the manifest. */
export interface Packing {
  protection: ProtectionSpec;
  payloadBytes: number;
  timeoutNs: number;
  /** So long before a message's deadline the receiver goes on with what it has. */
  reserveNs?: number | undefined;
  /** ns that asking for lost datagrams takes; absent: they are not asked for. */
  resendNs?: number | undefined;
}

/** The numbers of datagrams that are to be sent again, as a request. */
export function requestOf(frame: number, plan: number, indices: readonly number[]): Uint8Array {
  const datagram = new Uint8Array(FRAMING + 2 * indices.length);
  const view = new DataView(datagram.buffer);
  writeHeader(view, 0, { kind: "again", plan, frame, index: 0, bytes: 2 * indices.length, budgetMicros: 0 });
  indices.forEach((index, i) => view.setUint16(FRAMING + 2 * i, index, true));
  return datagram;
}

/** A request as it came; undefined where it is none. */
export function readRequest(datagram: Uint8Array): { frame: number; indices: number[] } | undefined {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  const header = readHeader(view, 0);
  if (header?.kind !== "again" || header.bytes !== datagram.length - FRAMING) return undefined;
  const indices = Array.from({ length: header.bytes >> 1 }, (_, i) => view.getUint16(FRAMING + 2 * i, true));
  return { frame: header.frame, indices };
}

/** Messages that are kept to be sent again, and how often each datagram goes at most: a peer cannot have more of it. */
const mostKept = 64;
const mostTimes = 8;

/** What was sent lately, for a receiver that asks again. */
export class Kept {
  private readonly messages = new Map<number, { packets: readonly Uint8Array[]; times: Uint8Array }>();

  keep(frame: number, packets: readonly Uint8Array[]): void {
    this.messages.set(frame, { packets, times: new Uint8Array(packets.length).fill(1) });
    if (this.messages.size > mostKept) this.messages.delete(this.messages.keys().next().value!);
  }

  /** The datagrams that were asked for, of those that there are. */
  again(frame: number, indices: readonly number[]): Uint8Array[] {
    const message = this.messages.get(frame);
    if (!message) return [];
    return indices.flatMap((index) => {
      const packet = message.packets[index];
      if (!packet || message.times[index]! >= mostTimes) return [];
      message.times[index]!++;
      return [packet];
    });
  }
}

/** The datagrams of a message, each with its header. */
export function packetsOf(
  header: Omit<MessageHeader, "index" | "bytes">,
  body: Uint8Array<ArrayBuffer>,
  packing: Packing,
): Uint8Array[] {
  const plan = packetPlan(packing.protection, body.length, packing.payloadBytes);
  const packets = plan.pack({ bytes: body, pieces: [] });
  return packets.map((packet, index) => {
    const datagram = new Uint8Array(FRAMING + packet.length);
    writeHeader(new DataView(datagram.buffer), 0, { ...header, index, bytes: body.length });
    datagram.set(packet, FRAMING);
    return datagram;
  });
}

/** Messages that are open at once at most: more is no frame of this deployment's any more. */
const mostOpen = 64;
/** Frames that are remembered as done, so that what comes late begins no new message. */
const mostDone = 4096;

interface Open {
  header: MessageHeader;
  plan: PacketPlan;
  packets: Map<number, Uint8Array>;
}

/** Puts messages of one direction together. Everything is bounded by what the manifest says of them. */
export class DatagramReader {
  /** Datagrams that are no part of a message that may come. */
  strange = 0;
  private readonly accepted: Accepted;
  private readonly packing: Packing;
  private readonly clock: Clock;
  private readonly onMessage: (message: ArrivedMessage) => void;
  private readonly open = new Map<number, Open>();
  /** Frames that are done, and how long their messages are. */
  private readonly finished = new Map<number, number>();
  private readonly reassembly: Reassembly;

  /** @param send takes requests for datagrams to where they come from */
  constructor(
    accepted: Accepted,
    packing: Packing,
    clock: Clock,
    onMessage: (message: ArrivedMessage) => void,
    send: (request: Uint8Array) => void = () => undefined,
  ) {
    this.accepted = accepted;
    this.packing = packing;
    this.clock = clock;
    this.onMessage = onMessage;
    this.reassembly = new Reassembly({
      clock,
      timeout: packing.timeoutNs,
      // As in the simulation: what a later packet overtakes is lost.
      inOrder: true,
      ...(packing.resendNs !== undefined && {
        again: {
          roundTrip: packing.resendNs,
          ask: (frame, indices) => {
            const most = Math.max(1, packing.payloadBytes >> 1);
            for (let from = 0; from < indices.length; from += most)
              send(requestOf(frame, this.open.get(frame)!.header.plan, indices.slice(from, from + most)));
          },
        },
      }),
      done: (result) => this.done(result),
    });
  }

  /** A datagram has come, opened. */
  push(datagram: Uint8Array): void {
    const header = readHeader(new DataView(datagram.buffer, datagram.byteOffset, datagram.length), 0);
    const open = header && (this.open.get(header.frame) ?? this.planned(header));
    // The bytes of all datagrams of a message agree, or they are of another one.
    // With parity, and where it is asked for again, a message may be done before all of it has come.
    const { protection, resendNs } = this.packing;
    const more = protection.kind !== "none" || resendNs !== undefined;
    if (header && !open && more && this.finished.get(header.frame) === header.bytes) return;
    if (!header || !open || open.header.bytes !== header.bytes || open.header.kind !== header.kind) {
      this.strange++;
      return;
    }
    const packet = datagram.subarray(FRAMING);
    if (header.index >= open.plan.sizes.length || packet.length !== open.plan.sizes[header.index]) {
      this.strange++;
      return;
    }
    if (!this.open.has(header.frame)) this.begin(open);
    open.packets.set(header.index, packet);
    this.reassembly.arrived(header.frame, header.index);
  }

  /** Goes on with what there is of all messages. */
  close(): void {
    this.reassembly.flush();
  }

  /** A message that may begin. */
  private planned(header: MessageHeader): Open | undefined {
    const { frame, bytes, kind } = header;
    if (!this.accepted.kinds.includes(kind) || bytes > mostBytesOf(kind, this.accepted) || this.finished.has(frame))
      return undefined;
    const plan = packetPlan(this.packing.protection, bytes, this.packing.payloadBytes);
    return { header, plan, packets: new Map() };
  }

  private begin(open: Open): void {
    const { frame, budgetMicros } = open.header;
    if (this.open.size >= mostOpen) this.reassembly.giveUp(this.open.keys().next().value!);
    this.open.set(frame, open);
    // In time for what comes behind, or, where that is too late already, at the deadline the receiver goes on with what has come.
    const { reserveNs = 0 } = this.packing;
    const left = budgetMicros * 1e3;
    const due = left > 0 ? this.clock.now + (left > reserveNs ? left - reserveNs : left) : Infinity;
    this.reassembly.expect(frame, new Uint8Array(open.plan.sizes.length).fill(1), open.plan.watch(), due);
  }

  private done({ message, missing }: Reassembled): void {
    const { header, plan, packets } = this.open.get(message)!;
    this.open.delete(message);
    this.finished.set(message, header.bytes);
    if (this.finished.size > mostDone) this.finished.delete(this.finished.values().next().value!);
    this.onMessage({
      kind: header.kind,
      plan: header.plan,
      frame: header.frame,
      received: plan.unpack(packets),
      budgetMicros: header.budgetMicros,
      at: this.clock.now,
      missing: missing.length,
    });
  }
}
