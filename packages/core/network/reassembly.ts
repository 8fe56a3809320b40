/**
 * @file When the receiver of datagrams is done with a message: the same for packets of the simulator and of sockets, on
 * whatever clock.
 */
import type { Clock, EventId, Handler } from "./clock.ts";

/** A message under way, as its receiver sees it. */
interface Pending {
  /** Datagrams, and packets that each but the last has. */
  count: number;
  per: number;
  /** By packet: whether it has come. By datagram: packets that are still to come. */
  arrived: Uint8Array;
  open: Uint8Array;
  /** Datagrams that are whole, and packets that have come. */
  whole: number;
  packets: number;
  last: number;
  timer: EventId;
}

/** What the receiver knows of a message when it is done with it. */
export interface Reassembled {
  message: number;
  /** Datagrams. */
  count: number;
  /** Indices of datagrams that did not come (whole). */
  missing: Uint32Array;
  /** ns; when the receiver knew, and when the last packet came: -1 when nothing arrived. */
  finished: number;
  lastArrival: number;
}

export interface ReassemblyOptions {
  clock: Clock;
  /** ns after a message's last arrival, or a later message's, at which the receiver goes on with what it has. */
  timeout: number;
  /**
   * The way is known to keep the order of packets: what a later one overtakes is lost, and the receiver goes on at once.
   * Otherwise it waits for the timeout.
   */
  inOrder: boolean;
  done: (result: Reassembled) => void;
}

/** Nothing is missing, of most messages: one list for all. */
const NONE = new Uint32Array(0);

/**
 * Messages of a flow, numbered in the order of sending, whose datagrams may arrive in any order and more than once. A
 * message is done when each of its datagrams has arrived, when what is missing is known to be lost (`inOrder`), or
 * `timeout` after its last arrival.
 */
export class Reassembly implements Handler {
  private readonly options: ReassemblyOptions;
  /** Messages that are not done, in the order in which they were expected. */
  private readonly pending = new Map<number, Pending>();
  /** The latest message of which a packet came: none before it is both open and without a timer. */
  private overtaken = 0;

  constructor(options: ReassemblyOptions) {
    this.options = options;
  }

  has(message: number): boolean {
    return this.pending.has(message);
  }

  /**
   * A message is under way.
   * @param count its datagrams
   * @param per packets of each, and of the last
   */
  expect(message: number, count: number, per = 1, ofLast = per): void {
    const open = new Uint8Array(count).fill(per);
    open[count - 1] = ofLast;
    const arrived = new Uint8Array((count - 1) * per + ofLast);
    this.pending.set(message, { count, per, arrived, open, whole: 0, packets: 0, last: -1, timer: -1 });
  }

  /** A packet has come. Whether it was new: what comes after its message was given up, or twice, changes nothing. */
  arrived(message: number, index: number, fragment = 0): boolean {
    const { clock, inOrder, timeout } = this.options;
    this.passOver(message);
    const one = this.pending.get(message);
    if (one === undefined) return false;
    const place = index * one.per + fragment;
    if (one.arrived[place] === 1) return false;
    one.arrived[place] = 1;
    one.packets++;
    one.last = clock.now;
    if (--one.open[index]! === 0) one.whole++;
    const all = one.packets === one.arrived.length;
    if (all || (inOrder && place === one.arrived.length - 1)) this.finish(message);
    else this.wait(message, one, clock.now + timeout);
    return true;
  }

  /** A packet of `message` has come: earlier messages were sent, so they are lost or late. */
  private passOver(message: number): void {
    const { clock, inOrder, timeout } = this.options;
    if (message <= this.overtaken) return;
    for (const [earlier, one] of this.pending) {
      // They were sent in this order, and those behind are not overtaken.
      if (earlier >= message) break;
      if (inOrder) this.finish(earlier);
      else if (one.timer === -1) this.wait(earlier, one, clock.now + timeout);
    }
    this.overtaken = message;
  }

  private wait(message: number, one: Pending, until: number): void {
    const { clock } = this.options;
    if (one.timer !== -1) clock.cancel(one.timer);
    one.timer = clock.at(until, this, message);
  }

  fire(message: number): void {
    this.pending.get(message)!.timer = -1;
    this.finish(message);
  }

  /** Goes on with what there is of a message; nothing where it is done. */
  giveUp(message: number): void {
    if (this.pending.has(message)) this.finish(message);
  }

  /** Nothing is under way any more: what is not done is lost. */
  flush(): void {
    for (const message of this.pending.keys()) this.finish(message);
  }

  private finish(message: number): void {
    const { clock, done } = this.options;
    const { count, open, whole, packets, last, timer } = this.pending.get(message)!;
    if (timer !== -1) clock.cancel(timer);
    this.pending.delete(message);
    const missing = whole === count ? NONE : new Uint32Array(count - whole);
    for (let i = 0, n = 0; i < count; i++) if (open[i]! > 0) missing[n++] = i;
    done({ message, count, missing, finished: packets > 0 ? clock.now : -1, lastArrival: last });
  }
}
