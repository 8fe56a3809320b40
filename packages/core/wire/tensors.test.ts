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

/** Tensors of random shapes, each with a codec of its own. */
function some() {
  const count = 1 + random.integer(4);
  const tensors = Array.from({ length: count }, () => tensor([1, 1 + random.integer(4), random.integer(5), 3]));
  const parts = tensors.map(({ dims }) => {
    const seen = calibrate([tensor([1, dims[1]!, 6])], { perChannel: true });
    return { codec: calibratedCodec(codecKinds[random.integer(codecKinds.length)]!, seen), dims, seen };
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
      const found = reassemble({ bytes: holed, missing: plan.repair(missing) }, parts);
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

  test("of another number of bytes or tensors is refused", () => {
    const { parts, codecs, bytes } = some();
    expect(() => decodeMessage(parts, whole(new Uint8Array(bytes.length + 1)))).toThrow(
      `internal: a message of ${bytes.length + 1} bytes, expected ${bytes.length}`,
    );
    expect(() => encodeMessage(codecs, [])).toThrow(/^internal: 0 tensors through/);
  });
});
