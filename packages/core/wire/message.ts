/** @file What goes over a crossing: bytes, which of them can be read alone, and what is left of them where some are lost. */

/** Bytes from `from` up to and without `to`. */
export type ByteRange = readonly [from: number, to: number];

/** Elements from `from` up to and without `to`; of several tensors in one message counted on. */
export type ElementRange = readonly [from: number, to: number];

/** Bytes that can be read without any others, and the elements that they hold. */
export interface Piece {
  bytes: ByteRange;
  /** In the order in which the codec sends them: the tensor's own, where it does not interleave. */
  elements: ElementRange;
  /** Whether every element can be read alone too; otherwise a lost byte loses the piece. */
  divisible: boolean;
  /** Bits of an element where they are divisible. Default: what there is for each of them. */
  bits?: number;
}

/** An encoded tensor, or several one after another. */
export interface Message {
  bytes: Uint8Array<ArrayBuffer>;
  /** Ascending; together they are the bytes. */
  pieces: readonly Piece[];
}

/** What arrived of a message: in the missing ranges, which ascend and do not touch, `bytes` may hold anything. */
export interface Received {
  bytes: Uint8Array;
  missing: readonly ByteRange[];
  /** Whether nobody else has the bytes, so that what is decoded may be made of them where they lie. Default: it is a copy. */
  handedOver?: boolean;
}

/** All of a message: nothing is missing. */
export const whole = (bytes: Uint8Array): Received => ({ bytes, missing: [] });

/** The elements of whose bytes some are missing, in the pieces' order; ranges ascend and do not touch. */
export function lostElements(pieces: readonly Piece[], missing: readonly ByteRange[]): ElementRange[] {
  const lost: [number, number][] = [];
  const lose = (from: number, to: number): void => {
    const before = lost.at(-1);
    if (before && from <= before[1]) before[1] = Math.max(before[1], to);
    else if (from < to) lost.push([from, to]);
  };
  for (const { bytes, elements, divisible, bits } of pieces) {
    const width = bits === undefined ? (bytes[1] - bytes[0]) / (elements[1] - elements[0]) : bits / 8;
    for (const [start, end] of missing) {
      const from = Math.max(start, bytes[0]) - bytes[0];
      const to = Math.min(end, bytes[1]) - bytes[0];
      if (from >= to) continue;
      // The last byte may have bits of no element.
      if (divisible)
        lose(elements[0] + Math.floor(from / width), Math.min(elements[1], elements[0] + Math.ceil(to / width)));
      else lose(...elements);
    }
  }
  return lost;
}
