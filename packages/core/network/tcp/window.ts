/** @file The window that a receiver offers, and how its buffer grows with what arrives (receive-buffer autotuning). */
import type { Clock } from "../clock.ts";
import { MSS } from "../headers.ts";

/** Buffer at the start and at most, bytes (tcp_rmem). */
const BUFFER = 131_072;
const BUFFER_MAX = 6_291_456;
/** Memory of a segment besides its payload: its head with headers and the kernel's two structures, bytes. */
const HEAD = 776;
/** Maximal segment without options, bytes. */
const ADVERTISED_MSS = 1460;
/** Windows are told in units of 2^7 bytes. */
const UNIT = 128;

const align = (bytes: number): number => Math.ceil(bytes / UNIT) * UNIT;

/**
 * The window starts at half the buffer and follows `threshold`, which grows by two segments for each that arrives in
 * order, up to what the buffer can hold. Once per round trip the buffer is set to twice what was read in it, and more
 * when that is growing.
 */
export class ReceiveWindow {
  private readonly clock: Clock;
  private buffer = BUFFER;
  /** Share of the buffer that holds payload, in 1/256. */
  private ratio = 128;
  private clamp: number;
  private threshold: number;
  /** End of the window last told; it never moves back. */
  private edge: number;
  private told: number;
  /** Round-trip time as seen here, us scaled by 8; 0: not known. */
  rtt = 0;
  private lastEcho = -1;
  private measureEnd = 0;
  private measureSince = 0;
  // Per round trip: where reading stood, when, and what was read in the last one.
  private readSeq = 0;
  private readAt = -1;
  private readLast: number;

  constructor(clock: Clock) {
    this.clock = clock;
    // Half the buffer, in whole segments, is told first; one segment of it is kept back.
    this.told = Math.floor(this.fits(BUFFER) / MSS) * MSS;
    this.edge = this.told;
    this.clamp = this.fits(BUFFER) - ADVERTISED_MSS;
    this.threshold = Math.min(this.told, this.clamp);
    this.readLast = Math.min(this.threshold, 10 * ADVERTISED_MSS);
  }

  /** The connection is established on this side. */
  begin(): void {
    if (this.readAt < 0) this.readAt = this.us();
  }

  private us(): number {
    return Math.floor(this.clock.now / 1000);
  }

  private fits(buffer: number): number {
    return Math.floor((buffer * this.ratio) / 256);
  }

  /** Window left of what was told. */
  left(rcvNxt: number): number {
    return Math.max(0, this.edge - rcvNxt);
  }

  /** What there is to offer with `held` bytes waiting out of order. */
  offer(held: number): number {
    return align(Math.min(this.threshold, Math.max(0, Math.min(this.clamp, this.fits(this.buffer)) - held)));
  }

  /** The window to tell with an acknowledgement of `rcvNxt`. */
  tell(rcvNxt: number, held: number): number {
    const edge = Math.max(this.edge, rcvNxt + this.offer(held));
    this.edge = edge;
    this.told = edge - rcvNxt;
    return this.told;
  }

  /** A full segment shows how much of the buffer is payload. */
  noteSegment(length: number): void {
    const ratio = Math.floor((length * 256) / (length + HEAD));
    if (ratio === this.ratio) return;
    this.ratio = ratio;
    const clamp = this.fits(this.buffer);
    if (clamp < this.clamp) this.threshold = Math.min(this.threshold, clamp);
    else this.threshold = Math.max(this.threshold, Math.min(this.told, clamp));
    this.clamp = clamp;
    this.readLast = Math.min(this.readLast, clamp);
  }

  /** A segment of `length` arrived in order. Returns whether the window grew. */
  grow(length: number, held: number): boolean {
    if (length < 128) return false;
    const room = Math.min(this.clamp, this.fits(this.buffer) - held) - this.threshold;
    if (room <= 0) return false;
    this.threshold += Math.min(room, 2 * ADVERTISED_MSS);
    return true;
  }

  /** A data segment echoes `echo` (ms). */
  noteEcho(echo: number, now: number, full: boolean): void {
    if (echo < 0 || echo === this.lastEcho) return;
    this.lastEcho = echo;
    if (!full) return;
    const sample = Math.max(1, now - echo) * 1000;
    this.rtt = this.rtt === 0 ? sample * 8 : this.rtt + sample - Math.floor(this.rtt / 8);
  }

  /** Data arrived in order up to `rcvNxt`: a window's worth takes a round trip at least. */
  noteData(rcvNxt: number): void {
    const now = this.us();
    if (this.measureEnd > 0) {
      if (rcvNxt < this.measureEnd) return;
      const sample = Math.max(1, now - this.measureSince) * 8;
      if (this.rtt === 0 || sample < this.rtt) this.rtt = sample;
    }
    this.measureEnd = rcvNxt + this.told;
    this.measureSince = now;
  }

  /** The application has read up to `rcvNxt`. */
  read(rcvNxt: number): void {
    const now = this.us();
    if (this.rtt === 0 || now - this.readAt < Math.floor(this.rtt / 8)) return;
    const copied = rcvNxt - this.readSeq;
    if (copied > this.readLast) {
      let window = 2 * copied + 16 * ADVERTISED_MSS;
      window += 2 * Math.floor((window * (copied - this.readLast)) / this.readLast);
      const buffer = Math.min(Math.floor((window * 256) / this.ratio), BUFFER_MAX);
      if (buffer > this.buffer) {
        this.buffer = buffer;
        this.clamp = this.fits(buffer);
      }
      this.readLast = copied;
    }
    this.readSeq = rcvNxt;
    this.readAt = now;
  }
}
