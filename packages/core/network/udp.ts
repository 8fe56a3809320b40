/** @file UDP: a message as one burst of datagrams, and what the receiver makes of those that arrive. */
import type { Channel } from "./channel.ts";
import type { Clock } from "./clock.ts";
import { IP_HEADER, LARGEST_PAYLOAD, MTU, UDP_HEADER } from "./headers.ts";
import {
  ACK,
  BLOCKS,
  DATAGRAM,
  FLAGS,
  FLOW,
  FRAGMENT,
  FRAGMENTS,
  LENGTH,
  SEQ,
  SIZE,
  type PacketPool,
  type Receiver,
} from "./packet.ts";
import { packetPlan, type PacketPlan, type ProtectionSpec } from "../wire/index.ts";
import { Reassembly, type Reassembled, type ReassemblyOptions } from "./reassembly.ts";

/** Bytes of a datagram (its header included) that each of its fragments carries but the last. */
export const FRAGMENT_BYTES = MTU - IP_HEADER;

/** How many IP packets carry a datagram of `payload` bytes: more than one when it exceeds an Ethernet packet. */
export function fragmentsOf(payload: number): number {
  return Math.ceil((payload + UDP_HEADER) / FRAGMENT_BYTES);
}

/** A message's datagrams, and of how many packets each is. */
interface Sending {
  plan: PacketPlan;
  packets: Uint8Array;
}

/** Lengths of messages of which the plan is kept. */
const MOST_PLANS = 64;

/** Whether IPv4 can carry datagrams of this payload. */
export function isPayload(bytes: number): boolean {
  return Number.isInteger(bytes) && bytes >= 1 && bytes <= LARGEST_PAYLOAD;
}

/** What the receiver knows of a message when it is done with it. */
export interface Datagrams extends Reassembled {
  /** ns. */
  sentAt: number;
}

export interface UdpOptions {
  clock: Clock;
  pool: PacketPool;
  channel: Channel;
  flow: number;
  /** Bytes of a message per datagram, 1 to 65507; above 1472 they travel as IP fragments, of which one lost loses all. */
  payload: number;
  /** Bytes of framing before each of them. Default 0. */
  header?: number;
  /** What is added to each message. Default: nothing. */
  protection?: ProtectionSpec;
  timeout: ReassemblyOptions["timeout"];
  inOrder: ReassemblyOptions["inOrder"];
  done: (result: Datagrams) => void;
}

/**
 * A one-way flow of messages over UDP ({@link Reassembly} says when one is done). A message of which nothing arrives is
 * reported with `finished` -1, once a later one shows that it was sent, or by `flush`.
 */
export class UdpFlow implements Receiver {
  private readonly options: UdpOptions;
  private readonly header: number;
  private readonly reassembly: Reassembly;
  /** When messages that are not done were sent. */
  private readonly sentAt = new Map<number, number>();
  private readonly plans = new Map<number, Sending>();
  private sent = 0;

  constructor(options: UdpOptions) {
    this.options = options;
    this.header = options.header ?? 0;
    const { clock, timeout, inOrder, done } = options;
    this.reassembly = new Reassembly({
      clock,
      timeout,
      inOrder,
      done: (result) => {
        const sentAt = this.sentAt.get(result.message)!;
        this.sentAt.delete(result.message);
        done({ ...result, sentAt });
      },
    });
  }

  /** Sends a message of `bytes` now, all of it at once; returns its index. */
  send(bytes: number): number {
    const { plan, packets } = this.planned(bytes);
    const message = this.sent++;
    this.reassembly.expect(message, packets, plan.watch());
    this.sentAt.set(message, this.options.clock.now);
    plan.sizes.forEach((size, i) => this.sendDatagram(message, i, size + this.header));
    return message;
  }

  /** How a message of so many bytes is sent: most are of a few lengths. */
  private planned(bytes: number): Sending {
    const known = this.plans.get(bytes);
    if (known) return known;
    const { payload, protection = { kind: "none" } } = this.options;
    const plan = packetPlan(protection, bytes, payload);
    const sending = { plan, packets: Uint8Array.from(plan.sizes, (size) => fragmentsOf(size + this.header)) };
    if (this.plans.size >= MOST_PLANS) this.plans.clear();
    this.plans.set(bytes, sending);
    return sending;
  }

  private sendDatagram(message: number, index: number, payload: number): void {
    const { pool, channel, flow } = this.options;
    const fragments = fragmentsOf(payload);
    let left = payload + UDP_HEADER;
    for (let fragment = 0; fragment < fragments; fragment++) {
      const carried = Math.min(left, FRAGMENT_BYTES);
      left -= carried;
      const packet = pool.take();
      const { rows } = pool;
      rows[packet + SIZE] = carried + IP_HEADER;
      rows[packet + SEQ] = index;
      rows[packet + ACK] = message;
      rows[packet + LENGTH] = fragment === 0 ? carried - UDP_HEADER : carried;
      rows[packet + FLAGS] = 0;
      rows[packet + BLOCKS] = 0;
      rows[packet + FRAGMENT] = fragment;
      rows[packet + FRAGMENTS] = fragments;
      rows[packet + DATAGRAM] = payload;
      rows[packet + FLOW] = flow;
      channel.send(packet);
    }
  }

  receive(packet: number): void {
    const { pool } = this.options;
    const message = pool.rows[packet + ACK]!;
    const index = pool.rows[packet + SEQ]!;
    const fragment = pool.rows[packet + FRAGMENT]!;
    pool.release(packet);
    this.reassembly.arrived(message, index, fragment);
  }

  /** Nothing is under way any more: what was sent and is not done is lost. */
  flush(): void {
    this.reassembly.flush();
  }
}
