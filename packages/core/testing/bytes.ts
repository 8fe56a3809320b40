/** @file Damaged copies of bytes, for tests of readers. */
import { randomStream } from "../random/index.ts";

/** `count` copies, each with 1 to 4 bytes replaced; the same for the same name. */
export function* flipped(bytes: Uint8Array, count: number, name: string): Generator<Uint8Array> {
  const random = randomStream(1, `flipped/${name}`);
  for (let i = 0; i < count; i++) {
    const copy = bytes.slice();
    for (let k = 1 + random.integer(4); k > 0; k--) copy[random.integer(copy.length)] = random.integer(256);
    yield copy;
  }
}

/** `count` prefixes at offsets spread evenly, then each of the last 8 bytes cut off. */
export function* truncated(bytes: Uint8Array, count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield bytes.subarray(0, Math.floor((i * bytes.length) / count));
  for (let i = 1; i <= 8; i++) yield bytes.subarray(0, bytes.length - i);
}
