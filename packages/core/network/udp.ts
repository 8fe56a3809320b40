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
  /** Where and how the receiver asks for lost datagrams again. Default: it does not. */
  again?: Again;
  timeout: ReassemblyOptions["timeout"];
  inOrder: ReassemblyOptions["inOrder"];
  done: (result: Datagrams) => void;
}

/** Asking for lost datagrams. */
export interface Again {
  /** The way back: requests take it to whoever `asked` gives. */
  channel: Channel;
  /** ns from asking to what is sent again, on an idle way. */
  roundTrip: number;
}

/** Bytes of a datagram's number in a request. */
const NUMBER = 2;

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
  /** Of messages that are not done, where they may be asked for: the sizes of their datagrams. */
  private readonly sizes = new Map<number, Uint32Array>();
  /** Requests under way. */
  private readonly requests = new Map<number, { message: number; indices: readonly number[] }>();
  private requested = 0;
  private readonly plans = new Map<number, Sending>();
  private sent = 0;

  constructor(options: UdpOptions) {
    this.options = options;
    this.header = options.header ?? 0;
    const { clock, timeout, inOrder, done, again } = options;
    this.reassembly = new Reassembly({
      clock,
      timeout,
      inOrder,
      ...(again && {
        again: { roundTrip: again.roundTrip, ask: (message, indices) => this.ask(again.channel, message, indices) },
      }),
      done: (result) => {
        const sentAt = this.sentAt.get(result.message)!;
        this.sentAt.delete(result.message);
        this.sizes.delete(result.message);
        done({ ...result, sentAt });
      },
    });
  }

  /**
   * Sends a message of `bytes` now, all of it at once; returns its index.
   * @param due ns; the receiver then goes on with what it has. Default: never
   */
  send(bytes: number, due?: number): number {
    const { plan, packets } = this.planned(bytes);
    const message = this.sent++;
    this.reassembly.expect(message, packets, plan.watch(), due);
    this.sentAt.set(message, this.options.clock.now);
    if (this.options.again) this.sizes.set(message, plan.sizes);
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

  /** The receiver's request for datagrams, as one or more of its own. */
  private ask(channel: Channel, message: number, all: readonly number[]): void {
    const most = Math.max(1, Math.floor(this.options.payload / NUMBER));
    for (let from = 0; from < all.length; from += most) {
      const indices = all.slice(from, from + most);
      const request = this.requested++;
      this.requests.set(request, { message, indices });
      this.sendDatagram(request, 0, NUMBER * indices.length + this.header, channel);
    }
  }

  /** Who takes requests at the sender. */
  readonly asked: Receiver = {
    receive: (packet) => {
      const { pool } = this.options;
      const number = pool.rows[packet + ACK]!;
      pool.release(packet);
      const request = this.requests.get(number);
      const sizes = request && this.sizes.get(request.message);
      this.requests.delete(number);
      if (!sizes) return;
      for (const index of request.indices) this.sendDatagram(request.message, index, sizes[index]! + this.header);
    },
  };

  private sendDatagram(message: number, index: number, payload: number, channel = this.options.channel): void {
    const { pool, flow } = this.options;
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
