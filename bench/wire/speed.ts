/**
 * @file How fast tensors are coded: million values per CPU second on one core, the best of several rounds, of a rectified tensor of
 * 64 x 64 x 64. `coder` is packing or rANS alone, `codec` all from the float32 tensor to the message and back. Beside them what
 * Node's zlib makes of the packed codes: zstd and deflate at their quickest, and their sizes.
 *
 *   npm run bench:wire
 */
import { deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { randomStream } from "../../packages/core/dist/random/index.js";
import { packBits, unpackBits } from "../../packages/core/dist/wire/pack.js";
import { quantiser } from "../../packages/core/dist/wire/codecs/quantise.js";
import { ransDecode, ransEncode, ransTables } from "../../packages/core/dist/wire/rans.js";
import { calibrate, calibratedCodec, whole, type OrderKind } from "../../packages/core/dist/wire/index.js";

const ROUNDS = 9;
const dims = [1, 64, 64, 64];
const random = randomStream(1, "speed");
// As behind a ReLU: channels that are more or less seldom above zero.
const data = Float32Array.from({ length: 64 ** 3 }, (_, i) => Math.max(0, random.normal() - (i >> 12) / 64));
const tensor = { type: "float32", dims, data } as const;
const seen = calibrate([tensor], { perChannel: true });

/** Million values per CPU second. */
function speed(run: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < 8; i++) run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6 / 8);
  }
  return Math.round(data.length / best / 1e6);
}

const table: Record<string, Record<string, number>> = {};
for (const bits of [8, 6, 4, 3, 2, 1]) {
  const uniform = calibratedCodec(`uint${bits}`, seen);
  const packed = uniform.encode(tensor).bytes;
  const codes = unpackBits(packed, bits, data.length);
  const row = (
    name: string,
    bytes: number,
    coder: [() => unknown, () => unknown],
    codec: [() => unknown, () => unknown],
  ) =>
    (table[name] = {
      bytes,
      "coder, encode": speed(coder[0]),
      "coder, decode": speed(coder[1]),
      "codec, encode": speed(codec[0]),
      "codec, decode": speed(codec[1]),
    });
  const through = (kind: string, order: OrderKind): [number, [() => unknown, () => unknown]] => {
    const codec = calibratedCodec(kind, seen, { order, dims });
    const { bytes } = codec.encode(tensor);
    return [bytes.length, [() => codec.encode(tensor), () => codec.decode(whole(bytes), dims)]];
  };
  row(
    `uint${bits}`,
    packed.length,
    [() => packBits(codes, bits), () => unpackBits(packed, bits, data.length)],
    through(`uint${bits}`, "tensor")[1],
  );
  const { parameters } = calibratedCodec(`rans${bits}`, seen);
  if (!("group" in parameters)) throw new Error("no tables");
  const levels = 2 ** Math.min(8, bits + 3);
  const tables = ransTables(parameters.frequency, levels);
  const likely = quantiser(parameters, Math.log2(levels)).codes(tensor);
  const groups = Uint16Array.from(likely, (_, i) => parameters.group[i >> 12]!);
  const into = new Uint8Array(2 * data.length);
  const range = [0, data.length] as const;
  const at = ransEncode(tables, likely, groups, range, into)!;
  const [bytes, codec] = through(`rans${bits}`, "tensor");
  const out = new Uint8Array(data.length);
  row(
    `rans${bits}`,
    bytes,
    [
      () => ransEncode(tables, likely, groups, range, into),
      () => ransDecode(tables, into, [at, into.length], groups, out, range),
    ],
    codec,
  );
  if (bits !== 4) continue;
  for (const kind of ["uint4", "rans4"]) {
    const [length, [encode, decode]] = through(kind, "interleaved");
    table[`${kind}, interleaved`] = { bytes: length, "codec, encode": speed(encode), "codec, decode": speed(decode) };
  }
  const zstd = zstdCompressSync(packed);
  const deflated = deflateRawSync(packed, { level: 1 });
  for (const [name, length, encode, decode] of [
    ["zstd of uint4", zstd.length, () => zstdCompressSync(packed), () => zstdDecompressSync(zstd)],
    ["deflate of uint4", deflated.length, () => deflateRawSync(packed, { level: 1 }), () => inflateRawSync(deflated)],
  ] as const)
    table[name] = { bytes: length, "coder, encode": speed(encode), "coder, decode": speed(decode) };
}
console.table(table);
