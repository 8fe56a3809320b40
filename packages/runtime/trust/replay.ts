/** @file Which of the latest packet numbers were seen: a sliding window, as in RFC 4303 (3.4.3). */

/** Numbers that may arrive out of order behind the highest; what is older counts as seen. */
export const windowPackets = 4096;

export class ReplayWindow {
  #highest = -1;
  readonly #bits = new Uint32Array(windowPackets / 32);

  /** Whether a number was marked before, or is too old to tell. */
  seen(number: number): boolean {
    if (number > this.#highest) return false;
    if (number <= this.#highest - windowPackets) return true;
    const slot = number % windowPackets;
    return (this.#bits[slot >>> 5]! & (1 << (slot & 31))) !== 0;
  }

  /** Marks a number that {@link seen} did not know. Only authentic ones: others would shut the window. */
  mark(number: number): void {
    if (number - this.#highest >= windowPackets) this.#bits.fill(0);
    else for (let passed = this.#highest + 1; passed < number; passed++) this.#clear(passed % windowPackets);
    this.#highest = Math.max(this.#highest, number);
    const slot = number % windowPackets;
    this.#bits[slot >>> 5]! |= 1 << (slot & 31);
  }

  #clear(slot: number): void {
    this.#bits[slot >>> 5]! &= ~(1 << (slot & 31));
  }
}
