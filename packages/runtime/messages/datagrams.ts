/** @file Messages as datagrams: the packets of a plan, each with a header, and what is made of those that come. */
import type { Clock, EventId, Reassembled } from "@split-et-impera/core/network";
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
  /** At the deadline, while that is to come. */
  deadline?: EventId | undefined;
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

  constructor(accepted: Accepted, packing: Packing, clock: Clock, onMessage: (message: ArrivedMessage) => void) {
    this.accepted = accepted;
    this.packing = packing;
    this.clock = clock;
    this.onMessage = onMessage;
    this.reassembly = new Reassembly({
      clock,
      timeout: packing.timeoutNs,
      // As in the simulation: what a later packet overtakes is lost.
      inOrder: true,
      done: (result) => this.done(result),
    });
  }

  /** A datagram has come, opened. */
  push(datagram: Uint8Array): void {
    const header = readHeader(new DataView(datagram.buffer, datagram.byteOffset, datagram.length), 0);
    const open = header && (this.open.get(header.frame) ?? this.planned(header));
    // The bytes of all datagrams of a message agree, or they are of another one.
    // With parity a message is done before all of it has come.
    if (header && !open && this.packing.protection.kind !== "none" && this.finished.get(header.frame) === header.bytes)
      return;
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
    this.reassembly.expect(frame, new Uint8Array(open.plan.sizes.length).fill(1), open.plan.watch());
    // At the deadline the receiver goes on with what has come.
    if (budgetMicros > 0)
      open.deadline = this.clock.at(this.clock.now + budgetMicros * 1e3, {
        fire: () => {
          open.deadline = undefined;
          this.reassembly.giveUp(frame);
        },
      });
  }

  private done({ message, missing }: Reassembled): void {
    const { header, plan, packets, deadline } = this.open.get(message)!;
    if (deadline !== undefined) this.clock.cancel(deadline);
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
