/** @file What every protection must keep to, with each of its parameters. */
import { describe, expect, test } from "vitest";
import { randomStream } from "../../random/index.ts";
import {
  packetPlan,
  parseProtection,
  protectionKinds,
  protectionName,
  protectionProblem,
  protections,
  type PacketPlan,
  type ProtectionField,
  type ProtectionKind,
  type ProtectionSpec,
} from "./index.ts";

/** Specs of each kind; the compiler asks for some of each new row. */
const specs: { [K in ProtectionKind]: Extract<ProtectionSpec, { kind: K }>[] } = {
  none: [{ kind: "none" }],
  xor: [
    { kind: "xor", group: 1 },
    { kind: "xor", group: 4 },
    { kind: "xor", group: 254 },
  ],
  "reed-solomon": [
    { kind: "reed-solomon", parity: 0.2 },
    { kind: "reed-solomon", parity: 1, block: 3 },
    { kind: "reed-solomon", parity: 0, least: 4 },
    { kind: "reed-solomon", parity: 0.5, least: 0, block: 40 },
  ],
  repeat: [
    { kind: "repeat", times: 2 },
    { kind: "repeat", times: 5 },
  ],
  auto: [
    { kind: "auto", failure: 1e-3, rate: 0.1, burst: 3 },
    { kind: "auto", failure: 0.01, rate: 0.3, burst: 1 },
    { kind: "auto", failure: 0.5, rate: 0, burst: 1 },
  ],
};
const all = protectionKinds.flatMap((kind): ProtectionSpec[] => specs[kind]);
const random = randomStream(5, "protections");
const bytesOf = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, () => random.integer(256));
const chosen = (count: number, share: number): number[] =>
  Array.from({ length: count }, (_, i) => i).filter(() => random.uniform() < share);
const unpacked = (plan: PacketPlan, packets: readonly Uint8Array[], gone: readonly number[]) =>
  plan.unpack(new Map([...packets.entries()].filter(([index]) => !gone.includes(index))));

test("every parameter of every row is tried, with what it may be said", () => {
  for (const kind of protectionKinds) {
    const { fields } = protections[kind] as { fields: Record<string, ProtectionField> };
    const tried = new Set(specs[kind].flatMap((spec) => Object.keys(spec)));
    expect([...tried].sort()).toEqual(["kind", ...Object.keys(fields)].sort());
  }
  expect(all.map(protectionProblem)).toEqual(all.map(() => undefined));
  const names = all.map(protectionName);
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
  // What is said of each makes it again, as a text and as fields.
  for (const [i, spec] of all.entries()) {
    const loss = spec.kind === "auto" ? spec : { rate: 0.1, burst: 1 };
    const { rate: _rate, burst: _burst, ...said } = { rate: 0, burst: 0, ...spec };
    expect([parseProtection(names[i], loss), parseProtection(said, loss)]).toEqual([spec, spec]);
  }
});

describe.each(all.map((spec) => [JSON.stringify(spec), spec] as const))("%s", (_, spec) => {
  const plan = (bytes: number, payload: number): PacketPlan => packetPlan(spec, bytes, payload);

  test("both ends make the same plan; no packet is larger than the payload; as few carry the message as can", () => {
    for (let round = 0; round < 100; round++) {
      const [bytes, payload] = [random.integer(5000), 10 + random.integer(1500)];
      const { sizes } = plan(bytes, payload);
      expect([...sizes]).toEqual([...plan(bytes, payload).sizes]);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(payload);
      const first = sizes.subarray(0, Math.max(1, Math.ceil(bytes / payload)));
      // All but the last are full: units of codecs begin where packets do.
      expect([...first.subarray(0, -1)].every((size) => size === payload)).toBe(true);
      expect(first.reduce((sum, size) => sum + size, 0)).toBe(bytes);
    }
  });

  test("what is packed and arrives, in any order and twice, is unpacked; what is missing is what repair says", () => {
    for (let round = 0; round < 150; round++) {
      const bytes = bytesOf(random.integer(3000));
      const one = plan(bytes.length, 8 + random.integer(700));
      const packets = one.pack({ bytes, pieces: [] });
      expect(packets.map(({ length }) => length)).toEqual([...one.sizes]);
      const missing = chosen(packets.length, random.uniform());
      const order = [...random.permutation(packets.length)].filter((index) => !missing.includes(index));
      const received = one.unpack(new Map([...order, ...order].map((index) => [index, packets[index]!])));
      expect(received.missing).toEqual(one.repair(missing));
      const gone = (i: number): boolean => received.missing.some(([from, to]) => i >= from && i < to);
      expect(received.bytes).toHaveLength(bytes.length);
      const wrong = received.bytes.findIndex((byte, i) => !gone(i) && byte !== bytes[i]);
      expect(wrong).toBe(-1);
    }
  });

  test("ranges of what is missing ascend and do not touch; more missing packets never leave less missing", () => {
    for (let round = 0; round < 100; round++) {
      const one = plan(1 + random.integer(3000), 8 + random.integer(300));
      const [few, more] = [chosen(one.sizes.length, 0.2), chosen(one.sizes.length, 0.2)];
      const some = one.repair(few);
      some.forEach(([from, to], i) => {
        expect(from).toBeLessThan(to);
        if (i > 0) expect(from).toBeGreaterThan(some[i - 1]![1]);
      });
      const union = one.repair([...few, ...more]);
      for (const [from, to] of some) expect(union.some(([a, b]) => a <= from && to <= b)).toBe(true);
    }
    expect(plan(3000, 100).repair([])).toEqual([]);
  });

  test("who watches knows at the very packet that makes the message whole", () => {
    for (let round = 0; round < 60; round++) {
      const one = plan(random.integer(3000), 8 + random.integer(300));
      const count = one.sizes.length;
      const left = new Set(Array.from({ length: count }, (__, i) => i));
      const { add } = one.watch();
      for (const index of random.permutation(count)) {
        left.delete(index);
        expect(add(index)).toBe(one.repair(left).every(([from, to]) => from === to));
      }
    }
  });

  test("what is asked for again makes the message whole with what comes; one less does not", () => {
    for (let round = 0; round < 60; round++) {
      const one = plan(1 + random.integer(3000), 8 + random.integer(300));
      const count = one.sizes.length;
      const { add, needed } = one.watch();
      const upTo = random.integer(count);
      const come = new Set(chosen(upTo + 1, 0.6));
      let whole = false;
      for (const index of come) whole = add(index);
      const asked = needed(upTo);
      expect(asked.every((index) => index <= upTo && !come.has(index))).toBe(true);
      const missing = (again: readonly number[]): number[] =>
        Array.from({ length: upTo + 1 }, (__, i) => i).filter((i) => !come.has(i) && !again.includes(i));
      expect(one.repair(missing(asked))).toEqual([]);
      if (whole) expect(asked).toEqual([]);
      for (const index of asked.slice(0, 3)) {
        expect(one.repair(missing(asked.filter((other) => other !== index))).length).toBeGreaterThan(0);
      }
    }
  });

  test("a packet of another size or index writes nothing, and takes no memory", () => {
    const one = plan(100, 40);
    const hostile = new Map([
      [0, new Uint8Array(41).fill(7)],
      [1, new Uint8Array(39).fill(7)],
      [one.sizes.length, new Uint8Array(40).fill(7)],
      [-1, new Uint8Array(40).fill(7)],
      [2 ** 31, new Uint8Array(40).fill(7)],
      [0.5, new Uint8Array(40).fill(7)],
    ]);
    const { bytes, missing } = one.unpack(hostile);
    expect([...bytes]).toEqual([...new Uint8Array(100)]);
    expect(missing).toEqual([[0, 100]]);
    expect(bytes.buffer.byteLength).toBe(100);
    for (const index of [-1, one.sizes.length, 0.5]) expect(() => one.repair([index])).toThrow(/internal: packet/);
  });

  test("sizes that cannot be are faults", () => {
    expect(() => plan(10, 0)).toThrow(/internal: a payload/);
    expect(() => plan(-1, 10)).toThrow(/internal: a message/);
    expect(() => plan(1.5, 10)).toThrow(/internal: a message/);
  });
});

describe("any k of k + m packets give the message, one fewer does not", () => {
  const cases: [ProtectionSpec, number, number][] = [
    [{ kind: "reed-solomon", parity: 0.2 }, 20, 4],
    [{ kind: "reed-solomon", parity: 0, least: 7 }, 3, 7],
    [{ kind: "reed-solomon", parity: 0, least: 3 }, 252, 3],
    [{ kind: "reed-solomon", parity: 0, least: 254 }, 1, 254],
    [{ kind: "reed-solomon", parity: 1 }, 127, 127],
    [{ kind: "xor", group: 254 }, 254, 1],
    [{ kind: "xor", group: 9 }, 9, 1],
    [{ kind: "repeat", times: 6 }, 1, 5],
  ];
  test.each(cases)("%j: %i + %i", (spec, k, m) => {
    const payload = 24;
    const bytes = bytesOf(k * payload - 3);
    const plan = packetPlan(spec, bytes.length, payload);
    expect(plan.sizes).toHaveLength(k + m);
    const packets = plan.pack({ bytes, pieces: [] });
    for (let round = 0; round < 40; round++) {
      const gone = [...random.permutation(k + m)].slice(0, m + 1);
      expect(plan.repair(gone.slice(0, m))).toEqual([]);
      const { bytes: back, missing } = unpacked(plan, packets, gone.slice(0, m));
      expect(missing).toEqual([]);
      expect(Buffer.compare(back, bytes)).toBe(0);
      // With one more gone: exactly the packets of the message that are gone.
      const lost = gone.filter((index) => index < k);
      const found = unpacked(plan, packets, gone).missing.reduce((sum, [from, to]) => sum + to - from, 0);
      expect(found).toBe(lost.reduce((sum, index) => sum + plan.sizes[index]!, 0));
    }
  });
});

test("a run of losses is shared by interleaved blocks, longer messages take several", () => {
  // 300 packets do not fit one block: two of 150, with 30 parity packets each.
  const plan = packetPlan({ kind: "reed-solomon", parity: 0.2 }, 300 * 16, 16);
  expect(plan.sizes).toHaveLength(360);
  const run = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
  for (const from of [0, 117, 240, 300]) expect(plan.repair(run(from, 60))).toEqual([]);
  // Both blocks have 30 to spare; 62 in a row are 31 of each.
  expect(plan.repair(run(100, 62))).toEqual([[1600, 162 * 16]]);
});

test("parity is no longer than what it protects", () => {
  expect([...packetPlan({ kind: "xor", group: 4 }, 600, 1428).sizes]).toEqual([600, 600]);
  expect([...packetPlan({ kind: "xor", group: 2 }, 2500, 1000).sizes]).toEqual([1000, 1000, 500, 1000, 1000]);
  expect([...packetPlan({ kind: "repeat", times: 2 }, 10, 8).sizes]).toEqual([8, 2, 8, 2]);
});

test("as people write them; what cannot be is told, with what was expected", () => {
  const read = (input: unknown): unknown => parseProtection(input, { rate: 0.1, burst: 3 });
  expect(read("auto")).toEqual({ kind: "auto", rate: 0.1, burst: 3 });
  expect(read(" auto 0.1 % ")).toEqual({ kind: "auto", failure: 0.001, rate: 0.1, burst: 3 });
  expect(read("reed-solomon 20% block 10")).toEqual({ kind: "reed-solomon", parity: 0.2, block: 10 });
  expect(read({ kind: "reed-solomon", parity: "25 %" })).toEqual({ kind: "reed-solomon", parity: 0.25 });
  for (const [input, message] of [
    [
      "raptor",
      /^expected `none`, `xor GROUP`, `reed-solomon PARITY`, `repeat TIMES`, `auto \[FAILURE\]`, .*got "raptor"$/,
    ],
    ["none 3", /^expected `none`/],
    [7, /^expected `none`.* got 7/],
    ["xor", /^expected group of `xor` to be a whole number from 1 to 254 \(.*\), got nothing/],
    ["xor 0.5", /got "0.5"$/],
    ["xor 1000", /got "1000"$/],
    ["auto 0", /a number from above 0 to 1/],
    ["auto rate 0.3", /no other fields than `failure` with `auto`, got "rate"/],
    [{ kind: "none", parity: 1 }, /expected nothing more with `none`/],
    ["reed-solomon 0 least 0", /no parity at all/],
    ["reed-solomon 1 least 255", /least of `reed-solomon`/],
  ] as const) {
    expect(read(input)).toMatch(message);
  }
});

test("a code longer than 255, and one without parity, is told", () => {
  expect(protectionProblem({ kind: "reed-solomon", parity: 254.5 })).toMatch(/longer than 255: 255 parity/);
  expect(protectionProblem({ kind: "reed-solomon", parity: 0, least: 0 })).toMatch(/no parity at all/);
});
