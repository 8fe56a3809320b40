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
import { Reassembly, type Reassembled, type ReassemblyOptions } from "./reassembly.ts";

/** Bytes of a datagram (its header included) that each of its fragments carries but the last. */
export const FRAGMENT_BYTES = MTU - IP_HEADER;

/** How many IP packets carry a datagram of `payload` bytes: more than one when it exceeds an Ethernet packet. */
export function fragmentsOf(payload: number): number {
  return Math.ceil((payload + UDP_HEADER) / FRAGMENT_BYTES);
}

/** How many datagrams carry a message; an empty one takes one too. */
export function datagramsOf(bytes: number, payload: number): number {
  return Math.max(1, Math.ceil(bytes / payload));
}

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
    const { payload, clock } = this.options;
    const count = datagramsOf(bytes, payload);
    const message = this.sent++;
    const rest = bytes - (count - 1) * payload;
    const ofLast = fragmentsOf(rest + this.header);
    this.reassembly.expect(message, count, count > 1 ? fragmentsOf(payload + this.header) : ofLast, ofLast);
    this.sentAt.set(message, clock.now);
    for (let i = 0; i < count; i++) this.sendDatagram(message, i, (i === count - 1 ? rest : payload) + this.header);
    return message;
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
