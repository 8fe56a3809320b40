/** @file UDP: a message as one burst of datagrams, and what the receiver makes of those that arrive. */
import type { Channel } from "./channel.ts";
import type { Clock, EventId, Handler } from "./clock.ts";
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

/** Nothing is missing, of most messages: one list for all. */
const NONE = new Uint32Array(0);

/** What the receiver knows of a message when it is done with it. */
export interface Datagrams {
  /** Index of the message on its flow. */
  message: number;
  count: number;
  /** Indices of datagrams that did not come (whole). */
  missing: Uint32Array;
  /** ns; when it was sent; when the receiver knew, and when the last datagram came: -1 when nothing arrived. */
  sentAt: number;
  finished: number;
  lastArrival: number;
}

/** A message under way, as its receiver sees it. */
interface Reassembly {
  /** Datagrams, and packets that each but the last has. */
  count: number;
  per: number;
  sentAt: number;
  /** By packet: whether it has come. By datagram: packets that are still to come. */
  arrived: Uint8Array;
  open: Uint8Array;
  /** Datagrams that are whole, and packets that have come. */
  whole: number;
  packets: number;
  last: number;
  timer: EventId;
}

export interface UdpOptions {
  clock: Clock;
  pool: PacketPool;
  channel: Channel;
  flow: number;
  /** Bytes per datagram, 1 to 65507; above 1472 they travel as IP fragments, of which one lost loses all. */
  payload: number;
  /** ns after a message's last arrival, or a later message's, at which the receiver goes on with what it has. */
  timeout: number;
  /**
   * The way is known to keep the order of packets: what a later one overtakes is lost, and the receiver goes on at once.
   * Otherwise it waits for the timeout.
   */
  inOrder: boolean;
  done: (result: Datagrams) => void;
}

/**
 * A one-way flow of messages over UDP; datagrams of several may arrive in any order, and more than once. A message is
 * done when each of its datagrams has arrived, when what is missing is known to be lost (`inOrder`), or `timeout` after
 * its last arrival. A message of which nothing arrives is reported with `finished` -1, once a later one shows that it
 * was sent, or by `flush`.
 */
export class UdpFlow implements Receiver, Handler {
  private readonly options: UdpOptions;
  /** Messages that are not done, in the order in which they were sent. */
  private readonly open = new Map<number, Reassembly>();
  private sent = 0;
  /** No message below it is both open and without a timer. */
  private overtaken = 0;

  constructor(options: UdpOptions) {
    this.options = options;
  }

  /** Sends a message of `bytes` now, all of it at once; returns its index. */
  send(bytes: number): number {
    const { payload, clock } = this.options;
    const count = datagramsOf(bytes, payload);
    const message = this.sent++;
    const per = count > 1 ? fragmentsOf(payload) : fragmentsOf(bytes);
    const rest = bytes - (count - 1) * payload;
    const open = new Uint8Array(count).fill(per);
    open[count - 1] = fragmentsOf(rest);
    const arrived = new Uint8Array((count - 1) * per + fragmentsOf(rest));
    const sentAt = clock.now;
    this.open.set(message, { count, per, sentAt, arrived, open, whole: 0, packets: 0, last: -1, timer: -1 });
    for (let i = 0; i < count; i++) this.sendDatagram(message, i, i === count - 1 ? rest : payload);
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
    const { pool, clock, inOrder, timeout } = this.options;
    const message = pool.rows[packet + ACK]!;
    const index = pool.rows[packet + SEQ]!;
    const fragment = pool.rows[packet + FRAGMENT]!;
    pool.release(packet);
    this.passOver(message);
    const reassembly = this.open.get(message);
    // What comes after its message was given up, or twice, changes nothing.
    if (reassembly === undefined) return;
    const place = index * reassembly.per + fragment;
    if (reassembly.arrived[place] === 1) return;
    reassembly.arrived[place] = 1;
    reassembly.packets++;
    reassembly.last = clock.now;
    if (--reassembly.open[index]! === 0) reassembly.whole++;
    const all = reassembly.packets === reassembly.arrived.length;
    if (all || (inOrder && place === reassembly.arrived.length - 1)) this.finish(message);
    else this.wait(message, reassembly, clock.now + timeout);
  }

  /** A packet of `message` has come: earlier messages were sent, so they are lost or late. */
  private passOver(message: number): void {
    const { clock, inOrder, timeout } = this.options;
    for (; this.overtaken < message; this.overtaken++) {
      const reassembly = this.open.get(this.overtaken);
      if (reassembly === undefined) continue;
      if (inOrder) this.finish(this.overtaken);
      else if (reassembly.timer === -1) this.wait(this.overtaken, reassembly, clock.now + timeout);
    }
  }

  private wait(message: number, reassembly: Reassembly, until: number): void {
    const { clock } = this.options;
    if (reassembly.timer !== -1) clock.cancel(reassembly.timer);
    reassembly.timer = clock.at(until, this, message);
  }

  fire(message: number): void {
    this.open.get(message)!.timer = -1;
    this.finish(message);
  }

  /** Nothing is under way any more: what was sent and is not done is lost. */
  flush(): void {
    for (const message of this.open.keys()) this.finish(message);
  }

  private finish(message: number): void {
    const { clock, done } = this.options;
    const { count, sentAt, open, whole, packets, last, timer } = this.open.get(message)!;
    if (timer !== -1) clock.cancel(timer);
    this.open.delete(message);
    const missing = whole === count ? NONE : new Uint32Array(count - whole);
    for (let i = 0, n = 0; i < count; i++) if (open[i]! > 0) missing[n++] = i;
    done({ message, count, missing, sentAt, finished: packets > 0 ? clock.now : -1, lastArrival: last });
  }
}
