/** @file Several tensors in one message: what each is alone, and losses that find the tensor and the element they belong to. */
import { describe, expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { float32, sizeOf, type Tensor } from "../tensor/index.ts";
import {
  calibrate,
  calibratedCodec,
  codecKinds,
  decodeMessage,
  encodeMessage,
  lostElements,
  messageBytes,
  packetPlan,
  reassemble,
  whole,
} from "./index.ts";

const random = randomStream(7, "tensors");
const tensor = (dims: number[]): Tensor<"float32"> =>
  float32(
    dims,
    Array.from({ length: sizeOf(dims) }, () => random.normal()),
  );

const fixed = codecKinds.filter((kind) => !kind.startsWith("rans"));

/** Tensors of random shapes, each with a codec of its own. */
function some(kinds: readonly string[] = fixed) {
  const count = 1 + random.integer(4);
  const tensors = Array.from({ length: count }, () => tensor([1, 1 + random.integer(4), random.integer(5), 3]));
  const parts = tensors.map(({ dims }) => {
    const seen = calibrate([tensor([1, dims[1]!, 6])], { perChannel: true });
    return { codec: calibratedCodec(kinds[random.integer(kinds.length)]!, seen, { payload: 32 }), dims, seen };
  });
  const codecs = parts.map(({ codec }) => codec);
  return { tensors, parts, codecs, ...encodeMessage(codecs, tensors) };
}

describe("a message of tensors", () => {
  test("is their own messages one after another, and gives each as it would come alone", () => {
    for (let round = 0; round < 40; round++) {
      const { tensors, parts, codecs, bytes, pieces } = some();
      const alone = codecs.map((codec, i) => codec.encode(tensors[i]!).bytes);
      expect([...bytes]).toEqual(alone.flatMap((one) => [...one]));
      expect(messageBytes(parts)).toBe(bytes.length);
      expect(pieces.at(-1)?.elements[1] ?? 0).toBe(tensors.reduce((sum, { data }) => sum + data.length, 0));
      expect(decodeMessage(parts, whole(bytes))).toEqual(
        parts.map(({ codec, dims }, i) => codec.decode(whole(alone[i]!), dims)),
      );
    }
  });

  test("with lost packets: exactly the elements in them are concealed, with the mean of their own tensor", () => {
    for (let round = 0; round < 60; round++) {
      const { parts, bytes, pieces } = some();
      const payload = 1 + random.integer(bytes.length + 3);
      const plan = packetPlan({ kind: "none" }, bytes.length, payload);
      const missing = [...plan.sizes.keys()].filter(() => random.uniform() < 0.4);
      const gone = (byte: number): boolean => missing.includes(Math.floor(byte / payload));
      const holed = bytes.map((byte, i) => (gone(i) ? 255 - byte : byte));
      const clean = decodeMessage(parts, whole(bytes));
      const expected = parts.map((part) => ({ ...part, concealment: "mean" as const }));
      const found = reassemble({ bytes: holed, missing: plan.repair(missing) }, expected);
      // All elements of all tensors, each with its own bytes.
      const lost: number[] = [];
      let [start, element] = [0, 0];
      parts.forEach(({ codec, dims, seen }, t) => {
        const bits = codec.bytesFor([8]);
        const inner = dims[2]! * dims[3]!;
        for (let i = 0; i < sizeOf(dims); i++, element++) {
          const [first, last] = [i * bits, (i + 1) * bits - 1].map((bit) => start + Math.floor(bit / 8)) as [
            number,
            number,
          ];
          const away = Array.from({ length: last - first + 1 }, (_, k) => first + k).some(gone);
          if (away) lost.push(element);
          const mean = Math.fround(seen.mean[Math.floor(i / inner)]!);
          expect(found[t]!.data[i]).toBe(away ? mean : clean[t]!.tensor.data[i]);
        }
        start += codec.bytesFor(dims);
      });
      const ranges = lostElements(pieces, plan.repair(missing));
      expect(ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, k) => from + k))).toEqual(lost);
    }
  });

  test("of lengths that differ is read as each is alone, whole or with holes, unless its lengths are lost", () => {
    for (let round = 0; round < 100; round++) {
      const { tensors, parts, codecs, bytes, pieces } = some(codecKinds);
      expect(bytes.length).toBeLessThanOrEqual(messageBytes(parts));
      const alone = parts.map(({ codec, dims }, i) => codec.decode(whole(codec.encode(tensors[i]!).bytes), dims));
      expect(decodeMessage(parts, whole(bytes))).toEqual(alone);
      const own = (i: number): number => codecs[i]!.encode(tensors[i]!).bytes.length;
      const head = bytes.length - codecs.reduce((sum, _, i) => sum + own(i), 0);
      expect(head).toBe(4 * codecs.slice(0, -1).filter(({ varies }) => varies).length);
      const from = random.integer(bytes.length + 1);
      const hole = [from, Math.min(bytes.length, from + 1 + random.integer(40))] as const;
      if (hole[0] === hole[1]) continue;
      const found = decodeMessage(parts, { bytes: bytes.slice().fill(7, ...hole), missing: [hole] });
      const size = tensors.reduce((sum, { data }) => sum + data.length, 0);
      let counted = 0;
      const lost = found.flatMap(({ lost: ranges }, i) => {
        const before = counted;
        counted += tensors[i]!.data.length;
        return ranges.flatMap(([a, b]) => Array.from({ length: b - a }, (_, k) => before + a + k));
      });
      const expected = lostElements(pieces, [hole]).flatMap(([a, b]) => Array.from({ length: b - a }, (_, k) => a + k));
      expect(lost).toEqual(from < head ? [...Array.from({ length: size }).keys()] : expected);
    }
  });

  test("whose lengths are anything is lost, and nothing else happens", () => {
    const tensors = [tensor([1, 3, 5, 3]), tensor([1, 3, 5, 3])];
    const seen = calibrate(tensors, { perChannel: true });
    const codec = calibratedCodec("rans4", seen, { payload: 32 });
    const { bytes } = encodeMessage([codec, codec], tensors);
    const parts = tensors.map(({ dims }) => ({ codec, dims }));
    for (const length of [2 ** 32 - 1, bytes.length, bytes.length - 3, 0]) {
      const changed = bytes.slice();
      new DataView(changed.buffer).setUint32(0, length, true);
      const found = decodeMessage(parts, whole(changed));
      expect(found.map(({ tensor: { dims } }) => dims)).toEqual([tensors[0]!.dims, tensors[1]!.dims]);
      expect(found.every(({ lost }) => lost.length > 0)).toBe(true);
    }
    expect(decodeMessage(parts, whole(bytes.subarray(0, 2)))[0]!.lost).toEqual([[0, 45]]);
  });

  test("of another number of bytes or tensors is refused", () => {
    const { parts, codecs, bytes } = some();
    expect(() => decodeMessage(parts, whole(new Uint8Array(bytes.length + 1)))).toThrow(
      `internal: a message of ${bytes.length + 1} bytes, expected ${bytes.length}`,
    );
    expect(() => encodeMessage(codecs, [])).toThrow(/^internal: 0 tensors through/);
  });
});
