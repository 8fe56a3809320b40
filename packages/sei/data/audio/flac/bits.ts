/** @file Bits of a byte array, the highest of a byte first. */

import { FlacError } from "./error.ts";

/** Throws `FlacError` where bits are asked for behind the end. */
export class BitReader {
  private readonly bytes: Uint8Array;
  /** The byte of the next bit, and how many of its bits are left. */
  private at: number;
  private left = 8;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** An unsigned number of up to 53 bits. */
  read(count: number): number {
    let value = 0;
    for (let wanted = count; wanted > 0;) {
      const take = Math.min(wanted, this.left);
      const bits = (this.byte() >> (this.left - take)) & ((1 << take) - 1);
      value = value * 2 ** take + bits;
      this.skip(take);
      wanted -= take;
    }
    return value;
  }

  /** Two's complement. */
  signed(count: number): number {
    const value = this.read(count);
    return count > 0 && value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** How many zeros come before the next one, which is read too. */
  zeros(): number {
    let count = 0;
    for (;;) {
      const rest = this.byte() & ((1 << this.left) - 1);
      if (rest !== 0) {
        const found = Math.clz32(rest) - (32 - this.left);
        this.skip(found + 1);
        return count + found;
      }
      count += this.left;
      this.skip(this.left);
    }
  }

  /** The place of the next whole byte; what is left of one that was begun is passed over. */
  align(): number {
    if (this.left < 8) this.skip(this.left);
    return this.at;
  }

  private byte(): number {
    if (this.at >= this.bytes.length) throw new FlacError("the end of the file");
    return this.bytes[this.at]!;
  }

  private skip(count: number): void {
    this.left -= count;
    if (this.left > 0) return;
    this.left = 8;
    this.at++;
  }
}
