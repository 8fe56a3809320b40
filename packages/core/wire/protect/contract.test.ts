/** @file What every protection must keep to. */
import { describe, expect, test } from "vitest";
import { randomStream } from "../../random/index.ts";
import { protections } from "./index.ts";

const random = randomStream(5, "protections");

describe.each(Object.entries(protections))("%s", (_, { plan }) => {
  test("both ends make the same plan; no packet is larger than the payload", () => {
    for (let round = 0; round < 100; round++) {
      const [bytes, payload] = [random.integer(5000), 1 + random.integer(1500)];
      const { sizes } = plan(bytes, payload);
      expect([...sizes]).toEqual([...plan(bytes, payload).sizes]);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(payload);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(bytes);
    }
  });

  test("what is packed and arrives, in any order and twice, is unpacked; what is missing is what repair says", () => {
    for (let round = 0; round < 100; round++) {
      const bytes = Uint8Array.from({ length: random.integer(3000) }, () => random.integer(256));
      const one = plan(bytes.length, 1 + random.integer(700));
      const packets = one.pack({ bytes, pieces: [] });
      expect(packets.map(({ length }) => length)).toEqual([...one.sizes]);
      const missing = [...packets.keys()].filter(() => random.uniform() < 0.3);
      const order = [...random.permutation(packets.length)].filter((index) => !missing.includes(index));
      const received = one.unpack(new Map([...order, ...order].map((index) => [index, packets[index]!])));
      expect(received.missing).toEqual(one.repair(missing));
      const gone = (i: number): boolean => received.missing.some(([from, to]) => i >= from && i < to);
      expect(received.bytes).toHaveLength(bytes.length);
      received.bytes.forEach((byte, i) => gone(i) || expect(byte).toBe(bytes[i]));
    }
  });

  test("a packet of another size or index writes nothing", () => {
    const one = plan(100, 40);
    const hostile = new Map([
      [0, new Uint8Array(41)],
      [7, new Uint8Array(40)],
      [-1, new Uint8Array(40)],
    ]);
    const { bytes, missing } = one.unpack(hostile);
    expect([...bytes]).toEqual([...new Uint8Array(100)]);
    expect(missing).toEqual([[0, 100]]);
  });
});
