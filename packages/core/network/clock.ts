/** @file The kernel of the simulator: integer nanoseconds and a heap of events ordered by (time, sequence number). */
import { internal } from "../errors/index.ts";

/** What an event calls: one object per consumer, so that scheduling allocates nothing. */
export interface Handler {
  /** `argument` is what the event was scheduled with. */
  fire(argument: number): void;
}

/** Names a scheduled event until it fires or is cancelled. */
export type EventId = number;

/**
 * Time as everything here sees it; a real clock can stand in for the simulated one. All times are integers in ns; from
 * 2^53 ns (104 days) on they are rounded to what a double holds.
 */
export interface Clock {
  /** ns since the start; never goes back. */
  readonly now: number;
  /** Has `handler.fire(argument)` called at `time` (not in the past). */
  at(time: number, handler: Handler, argument?: number): EventId;
  /** Takes back an event that has not fired. */
  cancel(id: EventId): void;
}

/**
 * Simulated time. Events of one instant fire in the order in which they were scheduled. Event ids are reused after an
 * event has fired or was cancelled, so a holder forgets its id then.
 */
export class VirtualClock implements Clock {
  /** Nanoseconds since the start of the simulation; always an integer, never goes back. */
  now = 0;
  /** Events fired so far. */
  fired = 0;
  private sequence = 0;
  private size = 0;
  private heap = new Int32Array(64);
  private times = new Float64Array(64);
  private sequences = new Float64Array(64);
  private places = new Int32Array(64);
  private handlerOf: (Handler | undefined)[] = Array.from({ length: 64 });
  private argumentOf = new Float64Array(64);
  private free = new Int32Array(64);
  private freeCount = 0;

  constructor() {
    for (let id = 63; id >= 0; id--) this.free[this.freeCount++] = id;
  }

  /** Events that wait. */
  get pending(): number {
    return this.size;
  }

  /** When the next event is due; Infinity where none waits. */
  get next(): number {
    return this.size === 0 ? Infinity : this.times[this.heap[0]!]!;
  }

  /** Has `handler.fire(argument)` called at `time` (nanoseconds, an integer, not in the past). */
  at(time: number, handler: Handler, argument = 0): EventId {
    if (!(time >= this.now)) throw internal(`an event at ${time} when it is ${this.now}`);
    if (this.freeCount === 0) this.grow();
    const id = this.free[--this.freeCount]!;
    this.times[id] = time;
    this.sequences[id] = this.sequence++;
    this.handlerOf[id] = handler;
    this.argumentOf[id] = argument;
    this.up(this.size++, id);
    return id;
  }

  /** Takes back an event that has not fired. */
  cancel(id: EventId): void {
    this.remove(this.places[id]!);
    this.release(id);
  }

  /**
   * Fires events until none waits, none is due at or before `until`, or `most` have fired. Returns whether none waits.
   */
  run(until = Infinity, most = Infinity): boolean {
    const end = this.fired + most;
    while (this.size > 0) {
      if (this.fired >= end) return false;
      const id = this.heap[0]!;
      const time = this.times[id]!;
      if (time > until) return false;
      this.now = time;
      this.remove(0);
      const handler = this.handlerOf[id]!;
      const argument = this.argumentOf[id]!;
      this.release(id);
      this.fired++;
      handler.fire(argument);
    }
    return true;
  }

  private release(id: number): void {
    this.handlerOf[id] = undefined;
    this.free[this.freeCount++] = id;
  }

  private before(a: number, b: number): boolean {
    const ta = this.times[a]!;
    const tb = this.times[b]!;
    return ta < tb || (ta === tb && this.sequences[a]! < this.sequences[b]!);
  }

  /** Puts `id` at `place` or above it. */
  private up(place: number, id: number): void {
    const { heap, places } = this;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent]!;
      if (!this.before(id, above)) break;
      heap[place] = above;
      places[above] = place;
      place = parent;
    }
    heap[place] = id;
    places[id] = place;
  }

  private remove(place: number): void {
    const { heap, places } = this;
    const last = heap[--this.size]!;
    const end = this.size;
    if (place === end) return;
    // Down from the hole, then up: the last element may belong above it.
    let at = place;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= end) break;
      if (child + 1 < end && this.before(heap[child + 1]!, heap[child]!)) child++;
      const below = heap[child]!;
      if (!this.before(below, last)) break;
      heap[at] = below;
      places[below] = at;
      at = child;
    }
    this.up(at, last);
  }

  private grow(): void {
    const old = this.times.length;
    const size = old * 2;
    const copyInts = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(size);
      to.set(from);
      return to;
    };
    const copyFloats = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(size);
      to.set(from);
      return to;
    };
    this.heap = copyInts(this.heap);
    this.places = copyInts(this.places);
    this.free = copyInts(this.free);
    this.times = copyFloats(this.times);
    this.sequences = copyFloats(this.sequences);
    this.argumentOf = copyFloats(this.argumentOf);
    this.handlerOf.length = size;
    for (let id = size - 1; id >= old; id--) this.free[this.freeCount++] = id;
  }
}
