/** @file UDP: a message as one burst of datagrams, and what the receiver makes of those that arrive. */
import type { Channel } from "./channel.ts";
import {
  ACK,
  BLOCKS,
  ECHO,
  FLAGS,
  FLOW,
  LENGTH,
  SEQ,
  SIZE,
  STAMP,
  WINDOW,
  type PacketPool,
  type Receiver,
} from "./packet.ts";
import type { Clock, EventId, Handler } from "./clock.ts";

/** IPv4 and UDP headers, bytes. */
export const UDP_HEADERS = 28;

/** What the receiver knows of a message when it is done with it. */
export interface Datagrams {
  /** Index of the message on its flow. */
  message: number;
  count: number;
  /** Indices of datagrams that did not come. */
  missing: Uint32Array;
  /** ns; when the receiver knew, and when the last datagram came; -1 when nothing arrived. */
  finished: number;
  lastArrival: number;
}

/**
 * A one-way flow of messages over UDP. A message is done when each of its datagrams has arrived or is known to be
 * lost (a later one of the flow has arrived; links keep the order), or `timeout` after its last arrival. A message of
 * which nothing arrives is reported with `finished` -1 when a later one arrives, or by `flush`.
 */
export class UdpFlow implements Receiver, Handler {
  private readonly clock: Clock;
  private readonly pool: PacketPool;
  private readonly channel: Channel;
  private readonly flow: number;
  private readonly payload: number;
  private readonly timeout: number;
  private readonly done: (result: Datagrams) => void;
  private readonly counts = new Map<number, number>();
  private sent = 0;
  /** First message that is not done, the arrivals it has had, the datagram after the last arrived one. */
  private current = 0;
  private arrived: Uint8Array = new Uint8Array(0);
  private seen = 0;
  private last = -1;
  private timer: EventId = -1;

  constructor(options: {
    clock: Clock;
    pool: PacketPool;
    channel: Channel;
    flow: number;
    /** Bytes per datagram. */
    payload: number;
    /** ns. */
    timeout: number;
    done: (result: Datagrams) => void;
  }) {
    this.clock = options.clock;
    this.pool = options.pool;
    this.channel = options.channel;
    this.flow = options.flow;
    this.payload = options.payload;
    this.timeout = options.timeout;
    this.done = options.done;
  }

  /** Sends a message of `bytes` now, all of it at once. */
  send(bytes: number): void {
    const { pool, payload } = this;
    const count = Math.max(1, Math.ceil(bytes / payload));
    const message = this.sent++;
    this.counts.set(message, count);
    if (message === this.current) this.arrived = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const length = i === count - 1 ? bytes - i * payload : payload;
      const packet = pool.take();
      const { rows } = pool;
      rows[packet + SIZE] = length + UDP_HEADERS;
      rows[packet + SEQ] = i;
      rows[packet + ACK] = message;
      rows[packet + LENGTH] = length;
      rows[packet + FLAGS] = 0;
      rows[packet + BLOCKS] = 0;
      rows[packet + WINDOW] = 0;
      rows[packet + STAMP] = 0;
      rows[packet + ECHO] = -1;
      rows[packet + FLOW] = this.flow;
      this.channel.send(packet);
    }
  }

  receive(packet: number): void {
    const { pool, clock } = this;
    const message = pool.rows[packet + ACK]!;
    const index = pool.rows[packet + SEQ]!;
    pool.release(packet);
    // What comes after its message was given up, or twice, changes nothing.
    if (message < this.current) return;
    while (this.current < message) this.finish();
    if (this.arrived[index] === 1) return;
    this.last = clock.now;
    this.arrived[index] = 1;
    this.seen++;
    if (this.timer !== -1) clock.cancel(this.timer);
    this.timer = -1;
    if (index === this.arrived.length - 1 || this.seen === this.arrived.length) this.finish();
    else this.timer = clock.at(clock.now + this.timeout, this);
  }

  fire(): void {
    this.timer = -1;
    this.finish();
  }

  /** Nothing is under way any more: what was sent and is not done is lost. */
  flush(): void {
    while (this.current < this.sent) this.finish();
  }

  private finish(): void {
    if (this.timer !== -1) this.clock.cancel(this.timer);
    this.timer = -1;
    const message = this.current++;
    const count = this.counts.get(message)!;
    this.counts.delete(message);
    const missing = new Uint32Array(count - this.seen);
    for (let i = 0, n = 0; i < count; i++) if (this.arrived[i] !== 1) missing[n++] = i;
    const finished = this.seen > 0 ? this.clock.now : -1;
    const lastArrival = this.seen > 0 ? this.last : -1;
    this.seen = 0;
    this.arrived = new Uint8Array(this.counts.get(this.current) ?? 0);
    this.done({ message, count, missing, finished, lastArrival });
  }
}
