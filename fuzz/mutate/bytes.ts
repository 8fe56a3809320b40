/** @file Mutations that know nothing of a format: bits, runs, lengths. */
import type { Random } from "../../packages/core/random/index.ts";

/** Whole numbers at which sizes and offsets go wrong. */
const edges = [0, 1, 127, 128, 255, 256, 32_767, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** One to eight changes of a file's bytes. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  // A copy: the slice of a Buffer would share its memory, and every change would stay in the seed.
  let now: Uint8Array = new Uint8Array(bytes);
  const changes = 1 + (random.integer(3) === 0 ? random.integer(8) : 0);
  for (let i = 0; i < changes && now.length > 0; i++) now = operations[random.integer(operations.length)]!(now, random);
  return now;
}

type Operation = (bytes: Uint8Array, random: Random) => Uint8Array;

const operations: readonly Operation[] = [
  (bytes, random) => {
    const at = random.integer(bytes.length);
    return set(bytes, at, bytes[at]! ^ (1 << random.integer(8)));
  },
  (bytes, random) => set(bytes, random.integer(bytes.length), random.integer(256)),
  (bytes, random) => bytes.slice(0, random.integer(bytes.length)),
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return bytes.fill(random.integer(2) * 255, from, to);
  },
  (bytes, random) => {
    if (bytes.length < 4) return bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    view.setUint32(random.integer(bytes.length - 3), edges[random.integer(edges.length)]!, random.integer(2) === 0);
    return bytes;
  },
];

function set(bytes: Uint8Array, at: number, value: number): Uint8Array {
  bytes[at] = value;
  return bytes;
}

/** A stretch of at most 64 bytes. */
function range({ length }: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.integer(length);
  return [from, Math.min(length, from + 1 + random.integer(64))];
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
