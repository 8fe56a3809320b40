/** @file The receiving half of a connection's end: what has arrived, and when an acknowledgement is due. */
import type { Clock, EventId, Handler } from "../clock.ts";
import { smoothedRtt } from "./rtt.ts";
import { MSS } from "../headers.ts";

import { firingTick, HZ, TICK, ticksOf } from "./time.ts";
import { ReceiveWindow } from "./window.ts";

/** Least delay of an ACK (also its start value) and the most, ticks. */
const ATO_MIN = HZ / 25;
const DELACK_MAX = HZ / 5;
/** ACKs without delay at the start, after a loss and after an idle time. */
const QUICK_ACKS = 16;
/** While data is missing: ACKs sent at once, then they are thinned. */
const DUPLICATES_AT_ONCE = 3;
const THINNED_MOST = 44;
/** The thinning timer: 5 % of the RTT, at most 1 ms, and what the kernel adds so that wake-ups may coincide; ns. */
const THIN_MAX = 1e6;
const THIN_SLACK = 1e5;

/** What the reception needs of its end. */
export interface Owner {
  /** Sends a segment without data. */
  sendAck(): void;
  /** The sender's smoothed RTT (us, scaled by 8) and time-out (ticks). */
  readonly srtt: number;
  readonly rto: number;
}

export class Reception {
  private readonly clock: Clock;
  private readonly phase: number;
  private readonly owner: Owner;
  rcvNxt = 0;
  /** rcvNxt when the last acknowledgement left. */
  acked = 0;
  /** Ranges that arrived beyond a gap: sorted pairs (start, end). */
  ranges = new Float64Array(64);
  rangeCount = 0;
  /** SACK blocks to report, the latest first: pairs. */
  readonly sacks = new Float64Array(10);
  sackCount = 0;
  /** A duplicate to report (once). */
  duplicateStart = -1;
  duplicateEnd = -1;
  /** Timestamp to echo. */
  echo = -1;

  // Delayed acknowledgement.
  private scheduled = false;
  private now = false;
  private pushed = 0;
  private quick = 0;
  private ato = 0;
  private lastArrival = 0; // tick
  private mss = 536;
  private lastLength = 0;
  /** Answers sent soon after data: then ACKs wait for the next answer. */
  interactive = false;
  private delayEvent: EventId = -1;
  private delayTick = 0;
  private readonly delayer: Handler;
  // Thinning.
  private duplicates = 0;
  private thinnedFor = -1;
  private thinned = 0;
  private thinEvent: EventId = -1;
  private readonly thinner: Handler;
  readonly window: ReceiveWindow;
  /** Bytes in order that the application has not read yet. */
  unread = 0;
  /** Bytes that wait beyond a gap. */
  held = 0;

  constructor(clock: Clock, phase: number, owner: Owner) {
    this.clock = clock;
    this.phase = phase;
    this.owner = owner;
    this.window = new ReceiveWindow(clock);
    this.delayer = {
      fire: () => {
        this.delayEvent = -1;
        this.delayed();
      },
    };
    this.thinner = {
      fire: () => {
        this.thinEvent = -1;
        if (this.thinned > 0) this.owner.sendAck();
      },
    };
  }

  private tick(): number {
    return Math.floor((this.clock.now + this.phase) / TICK);
  }

  /** The host's timestamp clock, ms. */
  stamp(): number {
    return Math.floor((this.clock.now + this.phase) / 1e6);
  }

  /** Takes data in. Returns whether rcvNxt advanced. */
  accept(seq: number, length: number, push: boolean, echo: number): boolean {
    const end = seq + length;
    this.window.noteEcho(echo, this.stamp(), length >= this.mss);
    if (end <= this.rcvNxt) {
      // All of it is here already: report the duplicate at once.
      this.enterQuick();
      this.setDuplicate(seq, end);
      this.scheduled = true;
      this.now = true;
      return false;
    }
    if (seq > this.rcvNxt) {
      this.scheduled = true;
      this.insert(seq, end);
      return false;
    }
    if (seq < this.rcvNxt) this.setDuplicate(seq, this.rcvNxt);
    this.unread += end - this.rcvNxt;
    this.rcvNxt = end;
    this.noteArrival(length, push);
    if (this.rangeCount > 0) {
      this.drain();
      // A gap has been filled (RFC 5681, 4.2).
      if (this.rangeCount === 0) this.now = true;
    }
    return true;
  }

  /** After data: acknowledges now, later, or thinned. */
  decide(): void {
    if (!this.scheduled) return;
    if (this.rcvNxt - this.acked > this.mss || (this.quick > 0 && !this.interactive) || this.now) {
      this.owner.sendAck();
      return;
    }
    if (this.rangeCount === 0) {
      this.delay();
      return;
    }
    if (this.thinned >= THINNED_MOST) {
      this.owner.sendAck();
      return;
    }
    if (this.thinnedFor !== this.rcvNxt) {
      this.thinnedFor = this.rcvNxt;
      this.duplicates = 0;
    }
    if (this.duplicates < DUPLICATES_AT_ONCE) {
      this.duplicates++;
      this.owner.sendAck();
      return;
    }
    this.thinned++;
    if (this.thinEvent !== -1) return;
    let rttUs = this.window.rtt;
    if (this.owner.srtt > 0 && this.owner.srtt < rttUs) rttUs = this.owner.srtt;
    const wait = Math.min(THIN_MAX, Math.floor((rttUs * 125) / 20));
    this.thinEvent = this.clock.at(this.clock.now + wait + THIN_SLACK, this.thinner);
  }

  /** The application has read everything: an ACK that waits may go now. */
  read(): void {
    this.unread = 0;
    this.window.read(this.rcvNxt);
    if (!this.scheduled) return;
    if (
      this.rcvNxt - this.acked > this.mss ||
      (this.rangeCount === 0 && (this.pushed > 1 || (this.pushed > 0 && !this.interactive)))
    ) {
      this.owner.sendAck();
    }
  }

  /** Something with an acknowledgement has left. */
  sent(): void {
    this.acked = this.rcvNxt;
    this.duplicateStart = -1;
    if (this.thinned > 0) {
      this.thinned = 0;
      if (this.thinEvent !== -1) this.clock.cancel(this.thinEvent);
      this.thinEvent = -1;
    }
    if (this.scheduled && this.quick > 0 && --this.quick === 0) this.ato = ATO_MIN;
    this.scheduled = false;
    this.now = false;
    this.pushed = 0;
    if (this.delayEvent !== -1) this.clock.cancel(this.delayEvent);
    this.delayEvent = -1;
  }

  /** Data has left this end: soon after an arrival it counts as an answer. */
  sentData(): void {
    if (this.lastArrival > 0 && this.tick() - this.lastArrival < this.ato) this.interactive = true;
  }

  private setDuplicate(start: number, end: number): void {
    this.duplicateStart = start;
    this.duplicateEnd = end;
  }

  private enterQuick(): void {
    this.moreQuick();
    this.interactive = false;
    this.ato = ATO_MIN;
  }

  private moreQuick(): void {
    const most = Math.min(QUICK_ACKS, Math.max(2, Math.floor(this.window.left(this.acked) / (2 * this.mss))));
    if (most > this.quick) this.quick = most;
  }

  private noteArrival(length: number, push: boolean): void {
    this.scheduled = true;
    this.measure(length, push);
    this.window.noteData(this.rcvNxt);
    const now = this.tick();
    if (this.ato === 0) {
      this.moreQuick();
      this.ato = ATO_MIN;
    } else {
      const gap = now - this.lastArrival;
      if (gap <= ATO_MIN / 2) this.ato = (this.ato >> 1) + ATO_MIN / 2;
      else if (gap < this.ato) this.ato = Math.min((this.ato >> 1) + gap, this.owner.rto);
      else if (gap > this.owner.rto) this.moreQuick();
    }
    this.lastArrival = now;
    // While the window grows, acknowledgements stay quick.
    if (this.window.grow(length, this.held + length)) this.quick |= 1;
  }

  /** Learns the size of full segments, and whether the end of a write has come. */
  private measure(length: number, push: boolean): void {
    if (length >= this.mss) {
      if (length !== this.mss) this.window.noteSegment(length);
      this.mss = Math.min(length, MSS);
      if (push) this.pushed = Math.max(this.pushed, 1);
      return;
    }
    if (length >= 536) {
      const same = length === this.lastLength;
      this.lastLength = length;
      if (same) {
        this.mss = length;
        return;
      }
    }
    this.pushed = this.pushed > 0 ? 2 : 1;
  }

  private delay(): void {
    let { ato } = this;
    if (ato > ATO_MIN) {
      let most = HZ / 2;
      if (this.interactive || this.pushed > 0) most = DELACK_MAX;
      if (this.owner.srtt > 0) most = Math.min(most, Math.max(ticksOf(smoothedRtt(this.owner)), ATO_MIN));
      ato = Math.min(ato, most);
    }
    ato = Math.min(ato, DELACK_MAX);
    const now = this.tick();
    let due = now + ato;
    if (this.delayEvent !== -1) {
      if (this.delayTick <= now + (ato >> 2)) {
        this.owner.sendAck();
        return;
      }
      due = Math.min(due, this.delayTick);
      if (due === this.delayTick) return;
      this.clock.cancel(this.delayEvent);
    }
    this.delayTick = due;
    const fires = Math.max(firingTick(now, due - now) * TICK - this.phase, this.clock.now);
    this.delayEvent = this.clock.at(fires, this.delayer);
  }

  private delayed(): void {
    if (!this.scheduled) return;
    if (!this.interactive) {
      // A delayed ACK that nothing took along: wait longer next time.
      this.ato = Math.min(this.ato << 1, this.owner.rto);
    } else {
      this.interactive = false;
      this.ato = ATO_MIN;
    }
    this.owner.sendAck();
  }

  private insert(start: number, end: number): void {
    let { ranges } = this;
    let low = 0;
    let high = this.rangeCount;
    // First range that ends at or after `start`.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[2 * middle + 1]! < start) low = middle + 1;
      else high = middle;
    }
    const from = low;
    if (from < this.rangeCount && ranges[2 * from]! <= start && ranges[2 * from + 1]! >= end) {
      this.setDuplicate(start, end);
      this.now = true;
      this.report(ranges[2 * from]!, ranges[2 * from + 1]!);
      return;
    }
    let a = start;
    let b = end;
    let to = from;
    while (to < this.rangeCount && ranges[2 * to]! <= b) {
      a = Math.min(a, ranges[2 * to]!);
      b = Math.max(b, ranges[2 * to + 1]!);
      to++;
    }
    this.held += b - a;
    for (let i = from; i < to; i++) this.held -= ranges[2 * i + 1]! - ranges[2 * i]!;
    const shift = 1 - (to - from);
    if (shift > 0 && 2 * (this.rangeCount + 1) > ranges.length) {
      const larger = new Float64Array(ranges.length * 2);
      larger.set(ranges);
      this.ranges = ranges = larger;
    }
    if (shift !== 0) ranges.copyWithin(2 * (to + shift), 2 * to, 2 * this.rangeCount);
    ranges[2 * from] = a;
    ranges[2 * from + 1] = b;
    this.rangeCount += shift;
    this.report(a, b);
  }

  /** Puts the block in front; blocks that it covers go. */
  private report(start: number, end: number): void {
    const { sacks } = this;
    let kept = 0;
    const count = Math.min(this.sackCount, 4);
    // Shift back to make room, dropping what is covered.
    const old = this.scratch;
    for (let i = 0; i < 2 * count; i++) old[i] = sacks[i]!;
    sacks[0] = start;
    sacks[1] = end;
    kept = 1;
    for (let i = 0; i < count && kept < 4; i++) {
      if (old[2 * i]! >= start && old[2 * i + 1]! <= end) continue;
      sacks[2 * kept] = old[2 * i]!;
      sacks[2 * kept + 1] = old[2 * i + 1]!;
      kept++;
    }
    this.sackCount = kept;
  }
  private readonly scratch = new Float64Array(10);

  /** rcvNxt has advanced: takes the ranges that it reaches, and the blocks below it. */
  private drain(): void {
    const { ranges } = this;
    let gone = 0;
    while (gone < this.rangeCount && ranges[2 * gone]! <= this.rcvNxt) {
      this.held -= ranges[2 * gone + 1]! - ranges[2 * gone]!;
      if (ranges[2 * gone + 1]! > this.rcvNxt) this.rcvNxt = ranges[2 * gone + 1]!;
      gone++;
    }
    if (gone > 0) {
      ranges.copyWithin(0, 2 * gone, 2 * this.rangeCount);
      this.rangeCount -= gone;
    }
    const { sacks } = this;
    let kept = 0;
    for (let i = 0; i < this.sackCount; i++) {
      if (sacks[2 * i + 1]! <= this.rcvNxt) continue;
      sacks[2 * kept] = sacks[2 * i]!;
      sacks[2 * kept + 1] = sacks[2 * i + 1]!;
      kept++;
    }
    this.sackCount = kept;
  }
}
