/** @file CoDel (RFC 8289): drops at the head of a queue when packets have waited too long for too long. */
import { ETHERNET_HEADER, MTU } from "./headers.ts";

export interface CodelOptions {
  /** Wait that is tolerated, ns. Default 5 ms. */
  target?: number;
  /** For how long it may be exceeded, ns. Default 100 ms. */
  interval?: number;
}

/** Of RFC 8289, ns. */
export const codelDefaults = { target: 5e6, interval: 100e6 };

/** Below this many bytes a queue is never too long. */
const FULL_PACKET = MTU + ETHERNET_HEADER;

export class Codel {
  private readonly target: number;
  private readonly interval: number;
  private firstAbove = 0;
  private dropNext = 0;
  private count = 0;
  private lastCount = 0;
  private dropping = false;
  /** Whether the packet before was dropped by the plan. */
  private dropped = false;

  constructor({ target = codelDefaults.target, interval = codelDefaults.interval }: CodelOptions) {
    this.target = target;
    this.interval = interval;
  }

  /** Whether to drop the packet that leaves the queue at `now` after waiting `sojourn`, with `left` bytes behind it. */
  drops(now: number, sojourn: number, left: number): boolean {
    const late = this.late(now, sojourn, left);
    if (this.dropping) {
      if (!late) {
        this.dropping = this.dropped = false;
        return false;
      }
      // After a drop the next one is only planned if what follows is late, too.
      if (this.dropped) this.dropNext += this.interval / Math.sqrt(this.count);
      this.dropped = now >= this.dropNext;
      if (this.dropped) this.count++;
      return this.dropped;
    }
    if (!late) return false;
    this.dropping = true;
    // Soon after the last time, it goes on near the rate that it had then.
    const recent = this.count - this.lastCount;
    this.count = recent > 1 && now - this.dropNext < 16 * this.interval ? recent : 1;
    this.dropNext = now + this.interval / Math.sqrt(this.count);
    this.lastCount = this.count;
    return true;
  }

  private late(now: number, sojourn: number, left: number): boolean {
    if (sojourn < this.target || left <= FULL_PACKET) {
      this.firstAbove = 0;
      return false;
    }
    if (this.firstAbove === 0) {
      this.firstAbove = now + this.interval;
      return false;
    }
    return now >= this.firstAbove;
  }
}
