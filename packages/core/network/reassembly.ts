/**
 * @file When the receiver of datagrams is done with a message: the same for packets of the simulator and of sockets, on
 * whatever clock.
 */
import type { Clock, EventId, Handler } from "./clock.ts";

/** Tells when nothing of a message is missing; each datagram that comes whole is told once. */
export interface Completion {
  add(index: number): boolean;
  /** Datagrams that are to be asked for where those up to `upTo` that have not come are lost, and all behind it come. */
  needed(upTo: number): number[];
}

/** How datagrams are asked for again. */
export interface Asking {
  ask(message: number, indices: readonly number[]): void;
  /** ns from asking to what is sent again, on an idle way. */
  roundTrip: number;
}

/** A message under way, as its receiver sees it. */
interface Pending {
  /** By datagram: where its packets stand in `arrived`, with the end of all. */
  places: Uint32Array;
  /** By packet: whether it has come. By datagram: packets that are still to come. */
  arrived: Uint8Array;
  open: Uint8Array;
  completion: Completion;
  complete: boolean;
  /** Whether any packet has come, and when the last one did. */
  begun: boolean;
  last: number;
  timer: EventId;
  /** ns; what is there by then is gone on with. */
  due: number;
  /** By datagram: whether it has been asked for. How many of those have not come, and until when they are waited for. */
  asked: Uint8Array;
  awaited: number;
  until: number;
}

/** What the receiver knows of a message when it is done with it. */
export interface Reassembled {
  message: number;
  /** Datagrams. */
  count: number;
  /** Indices of datagrams that did not come (whole); none where the message is complete without them. */
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
  /** Absent: what is lost stays lost. */
  again?: Asking;
  done: (result: Reassembled) => void;
}

/** Nothing is missing, of most messages: one list for all. */
const NONE = new Uint32Array(0);

/** Every one of so many datagrams is needed. */
function all(count: number): Completion {
  let left = count;
  const come = new Uint8Array(count);
  return {
    add: (index) => {
      come[index] = 1;
      return --left === 0;
    },
    needed: (upTo) => Array.from(come.subarray(0, upTo + 1).keys()).filter((i) => come[i] === 0),
  };
}

/**
 * Messages of a flow, numbered in the order of sending, whose datagrams may arrive in any order and more than once. A
 * message is done when as many of its datagrams have arrived as it needs, when what is missing is known to be lost (`inOrder`),
 * `timeout` after its last arrival, or when it is due.
 *
 * Where datagrams can be asked for again, that is done as soon as they are known to be lost and parity to come cannot stand in for them; and
 * what was asked for and does not come is asked for anew, as long as it can be there before the message is due.
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
   * @param packets of each of its datagrams
   * @param completion default: all of them are needed
   * @param due ns; the receiver then goes on with what it has. Default: never
   */
  expect(message: number, packets: Uint8Array, completion: Completion = all(packets.length), due = Infinity): void {
    const places = new Uint32Array(packets.length + 1);
    for (let i = 0; i < packets.length; i++) places[i + 1] = places[i]! + packets[i]!;
    this.pending.set(message, {
      places,
      arrived: new Uint8Array(places[packets.length]!),
      open: packets.slice(),
      completion,
      complete: false,
      begun: false,
      last: -1,
      timer: -1,
      // Where it is too late already, that changes nothing.
      due: due > this.options.clock.now ? due : Infinity,
      asked: new Uint8Array(this.options.again ? packets.length : 0),
      awaited: 0,
      until: -1,
    });
  }

  /** A packet has come. Whether it was new: what comes after its message was given up, or twice, changes nothing. */
  arrived(message: number, index: number, fragment = 0): boolean {
    const { clock, inOrder, timeout, again } = this.options;
    this.passOver(message);
    const one = this.pending.get(message);
    if (one === undefined) return false;
    // What only begins to come when it is due is too late in any case, and is not cut short.
    if (one.due <= clock.now) one.due = Infinity;
    const place = one.places[index]! + fragment;
    if (one.arrived[place] === 1) return false;
    one.arrived[place] = 1;
    one.begun = true;
    one.last = clock.now;
    if (--one.open[index]! === 0) one.complete = one.completion.add(index);
    if (one.complete) {
      this.finish(message);
      return true;
    }
    // What was asked for comes behind others, and says nothing of them.
    if (one.asked[index] === 1) one.awaited--;
    else if (inOrder) this.ask(message, one, index - 1);
    const behind = inOrder && place === one.arrived.length - 1;
    // What was asked for stands behind this one in every queue.
    if (behind && again && one.awaited > 0) one.until = clock.now + again.roundTrip + timeout;
    if (behind && one.awaited === 0) this.finish(message);
    else this.wait(message, one, clock.now + timeout);
    return true;
  }

  /** Asks for what cannot come otherwise, up to a datagram, while it can be there in time. */
  private ask(message: number, one: Pending, upTo: number): void {
    const { clock, again, timeout } = this.options;
    // Without an end it would be asked for as long as the way is down.
    if (!again || one.due === Infinity || clock.now + again.roundTrip > one.due) return;
    const indices = one.completion.needed(upTo).filter((index) => one.asked[index] === 0);
    if (indices.length === 0) return;
    for (const index of indices) one.asked[index] = 1;
    one.awaited += indices.length;
    one.until = clock.now + again.roundTrip + timeout;
    again.ask(message, indices);
  }

  /** A packet of `message` has come: earlier messages were sent, so they are lost or late. */
  private passOver(message: number): void {
    const { clock, inOrder, timeout } = this.options;
    if (message <= this.overtaken) return;
    for (const [earlier, one] of this.pending) {
      // They were sent in this order, and those behind are not overtaken.
      if (earlier >= message) break;
      if (inOrder && one.begun) this.ask(earlier, one, one.open.length - 1);
      if (inOrder && one.until > clock.now) this.wait(earlier, one, one.until);
      else if (inOrder) this.finish(earlier);
      else if (one.timer === -1) this.wait(earlier, one, clock.now + timeout);
    }
    this.overtaken = message;
  }

  private wait(message: number, one: Pending, until: number): void {
    const { clock } = this.options;
    if (one.timer !== -1) clock.cancel(one.timer);
    const end = one.due > clock.now ? one.due : Infinity;
    one.timer = clock.at(Math.min(end, Math.max(until, one.until)), this, message);
  }

  fire(message: number): void {
    const one = this.pending.get(message)!;
    one.timer = -1;
    const { clock } = this.options;
    // What was asked for is lost as well, or nothing told of what is.
    one.asked.fill(0);
    one.awaited = 0;
    if (one.begun && clock.now < one.due) this.ask(message, one, one.open.length - 1);
    if (one.until > clock.now && clock.now < one.due) this.wait(message, one, one.until);
    else this.finish(message);
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
    const { open, complete, begun, last, timer } = this.pending.get(message)!;
    if (timer !== -1) clock.cancel(timer);
    this.pending.delete(message);
    const missing = complete ? NONE : Uint32Array.from(open.keys()).filter((i) => open[i]! > 0);
    done({ message, count: open.length, missing, finished: begun ? clock.now : -1, lastArrival: last });
  }
}
