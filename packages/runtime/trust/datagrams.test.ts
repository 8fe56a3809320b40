/** @file Sealed datagrams against whoever may read, change, repeat and invent them. */
import { randomBytes } from "node:crypto";
import { randomStream } from "@split-et-impera/core/random";
import { describe, expect, test } from "vitest";
import { opener, plainOverhead, sealedOverhead, sealer } from "./datagrams.ts";
import { windowPackets } from "./replay.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
/** A key as its two ends have it: equal, and not the same object. */
const pair = (): [Uint8Array, Uint8Array] => {
  const key = Uint8Array.from(randomBytes(32));
  return [key, Uint8Array.from(key)];
};

describe.each([true, false])("sealed: %s", (sealed) => {
  const ends = (): [ReturnType<typeof sealer>, ReturnType<typeof opener>] => {
    const [a, b] = pair();
    return [sealer(a, sealed), opener(b, sealed)];
  };

  test("what was sealed opens, once; the overhead is told", () => {
    const [seal, open] = ends();
    for (const size of [0, 1, 1420]) {
      const payload = randomBytes(size);
      const datagram = seal.seal(payload);
      expect(datagram.length - size).toBe(sealed ? sealedOverhead : plainOverhead);
      expect(Buffer.from(datagram).readUInt32BE(0)).toBe(open.id);
      expect(Buffer.from(open.open(datagram)!).equals(payload)).toBe(true);
      expect(open.open(datagram)).toBeUndefined();
    }
    expect(sealedOverhead).toBeLessThanOrEqual(32);
    expect(open.counters).toEqual({ opened: 3, forged: 0, replayed: 3 });
  });

  test("any order within 4096 numbers; older ones are not told from replays", () => {
    const [seal, open] = ends();
    const datagrams = Array.from({ length: windowPackets + 1 }, (_, i) => seal.seal(text(`${i}`)));
    expect(open.open(datagrams.at(-1)!)).toBeDefined();
    expect(open.open(datagrams[0]!)).toBeUndefined();
    const order = randomStream(1, "order").permutation(windowPackets - 1);
    for (const i of order) expect(Buffer.from(open.open(datagrams[i + 1]!)!).toString()).toBe(`${i + 1}`);
    for (const i of order) expect(open.open(datagrams[i + 1]!)).toBeUndefined();
    expect(open.counters).toEqual({ opened: windowPackets, forged: 0, replayed: windowPackets });
  });

  test("after a gap longer than the window, old numbers stay shut and new ones open", () => {
    const [seal, open] = ends();
    const datagrams = Array.from({ length: 3 * windowPackets }, () => seal.seal(text("x")));
    for (const i of [0, 1, 2 * windowPackets + 5, 2 * windowPackets + 4, 3 * windowPackets - 1])
      expect(open.open(datagrams[i]!)).toBeDefined();
    for (const i of [0, 1, 2, windowPackets, 2 * windowPackets + 4]) expect(open.open(datagrams[i]!)).toBeUndefined();
  });
});

test("reflected, of another direction, of another connection: nothing opens", () => {
  const keys = Array.from({ length: 4 }, pair);
  const sealers = keys.map(([own]) => sealer(own));
  const openers = keys.map(([, other]) => opener(other));
  for (const [i, { seal }] of sealers.entries()) {
    const datagram = seal(text("secret"));
    expect(Buffer.from(datagram).includes("secret")).toBe(false);
    for (const [j, { id, open }] of openers.entries()) {
      if (i === j) continue;
      expect(open(datagram)).toBeUndefined();
      // With the other's id written over it, the key does not fit.
      const relabelled = Buffer.from(datagram);
      relabelled.writeUInt32BE(id, 0);
      expect(open(relabelled)).toBeUndefined();
    }
    expect(openers[i]!.open(datagram)).toBeDefined();
  }
});

test("20,000 changed datagrams: none opens, none shuts the window, none throws", () => {
  const random = randomStream(7, "datagrams");
  const [own, other] = pair();
  const seal = sealer(own);
  const open = opener(other);
  const genuine = Array.from({ length: 50 }, (_, i) => seal.seal(randomBytes(i * 20)));
  for (let n = 0; n < 20_000; n++) {
    const changed = Buffer.from(genuine[random.integer(genuine.length)]!);
    const kind = random.integer(4);
    if (kind === 0) changed[random.integer(changed.length)]! ^= 1 << random.integer(8);
    const bytes = [
      changed,
      changed.subarray(0, random.integer(changed.length)),
      Buffer.concat([changed, randomBytes(1 + random.integer(40))]),
      randomBytes(random.integer(1500)),
    ][kind]!;
    expect(open.open(bytes)).toBeUndefined();
  }
  expect(open.counters).toEqual({ opened: 0, forged: 20_000, replayed: 0 });
  for (const datagram of genuine) expect(open.open(datagram)).toBeDefined();
});

test("a key has one sealer, so that no nonce is used twice", () => {
  const [key] = pair();
  sealer(key);
  expect(() => sealer(key)).toThrow(/^internal: a second sealer/);
});
