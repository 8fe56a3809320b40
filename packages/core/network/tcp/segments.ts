/** @file The retransmission queue: one row per segment sent and not yet acknowledged, in a ring of typed arrays. */

/** Bits of a segment's flags. */
export const SACKED = 1;
export const LOST = 2;
/** Sent again, and that copy is still under way. */
export const RETRANS = 4;
/** Sent again at some time (loss probes included). */
export const EVER_RETRANS = 8;
/** Sent while the application, not the window, set the pace. */
export const APP_LIMITED = 16;

/**
 * Segments are numbered from 0 in sequence order; number `i` lives in row `i & mask`. Those neither SACKed nor marked
 * lost also form a list in order of (re)transmission, which loss detection by time walks from its old end.
 */
export class Segments {
  /** First unacknowledged segment, and one past the last sent. */
  head = 0;
  tail = 0;
  mask = 255;
  seq = new Float64Array(256);
  length = new Int32Array(256);
  /** Last (re)transmission, us. */
  sentAt = new Float64Array(256);
  flags = new Uint8Array(256);
  /** What the connection had delivered, and when, at the last transmission (for delivery rates). */
  delivered = new Float64Array(256);
  deliveredAt = new Float64Array(256);
  firstSentAt = new Float64Array(256);
  private older = new Int32Array(256);
  private newer = new Int32Array(256);
  private listed = new Uint8Array(256);
  /** Segment numbers of the list's ends; -1: empty. Rows of the list hold rows; -1 ends it. */
  private oldest = -1;
  private newest = -1;

  /** Appends a segment sent at `now` (us) and returns its row. */
  push(seq: number, length: number, now: number): number {
    if (this.tail - this.head > this.mask) this.grow();
    const row = this.tail++ & this.mask;
    this.seq[row] = seq;
    this.length[row] = length;
    this.flags[row] = 0;
    this.sentAt[row] = now;
    this.append(row);
    return row;
  }

  /** Takes the first segment off; its row keeps its values until it is used again. */
  shift(): void {
    this.unlist(this.head++ & this.mask);
  }

  /** Row of the oldest transmission in the list, -1 when the list is empty. */
  first(): number {
    return this.oldest;
  }

  /** Row after `row` in order of transmission, -1 at the end. */
  after(row: number): number {
    return this.newer[row]!;
  }

  /** Puts `row` at the new end of the list. */
  append(row: number): void {
    this.unlist(row);
    this.listed[row] = 1;
    this.older[row] = this.newest;
    this.newer[row] = -1;
    if (this.newest === -1) this.oldest = row;
    else this.newer[this.newest] = row;
    this.newest = row;
  }

  unlist(row: number): void {
    if (this.listed[row] === 0) return;
    this.listed[row] = 0;
    const older = this.older[row]!;
    const newer = this.newer[row]!;
    if (older === -1) this.oldest = newer;
    else this.newer[older] = newer;
    if (newer === -1) this.newest = older;
    else this.older[newer] = older;
  }

  /** Number of the first segment that begins at or after `seq`. */
  find(seq: number): number {
    let low = this.head;
    let high = this.tail;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.seq[middle & this.mask]! < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private grow(): void {
    const old = this.mask + 1;
    const size = old * 2;
    const mask = size - 1;
    const move = <A extends Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(
      from: A,
      to: A,
    ): A => {
      for (let i = this.head; i < this.tail; i++) to[i & mask] = from[i & this.mask]!;
      return to;
    };
    // The list holds rows: number them anew.
    const rowOf = new Int32Array(old);
    for (let i = this.head; i < this.tail; i++) rowOf[i & this.mask] = i & mask;
    const moved = (row: number): number => (row === -1 ? -1 : rowOf[row]!);
    const older = move(this.older, new Int32Array(size)).map(moved);
    const newer = move(this.newer, new Int32Array(size)).map(moved);
    this.seq = move(this.seq, new Float64Array(size));
    this.length = move(this.length, new Int32Array(size));
    this.sentAt = move(this.sentAt, new Float64Array(size));
    this.flags = move(this.flags, new Uint8Array(size));
    this.delivered = move(this.delivered, new Float64Array(size));
    this.deliveredAt = move(this.deliveredAt, new Float64Array(size));
    this.firstSentAt = move(this.firstSentAt, new Float64Array(size));
    this.listed = move(this.listed, new Uint8Array(size));
    this.oldest = moved(this.oldest);
    this.newest = moved(this.newest);
    this.older = older;
    this.newer = newer;
    this.mask = mask;
  }
}
