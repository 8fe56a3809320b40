/** @file What every codec must keep to. */
import { describe, expect, test } from "vitest";
import { randomStream } from "../../random/index.ts";
import { float32, sizeOf, type Tensor } from "../../tensor/index.ts";
import { calibrate } from "../calibrate.ts";
import type { ParameterField } from "../codec.ts";
import { concealments } from "../conceal/index.ts";
import { whole } from "../message.ts";
import { orders, type OrderKind } from "../order.ts";
import { packetPlan } from "../protect/index.ts";
import { reassemble } from "../reassemble.ts";
import { calibratedCodec, codecKinds, codecProblem, codecs, openCodec } from "./index.ts";

const random = randomStream(3, "codecs");
const tensor = (dims: number[]): Tensor<"float32"> =>
  float32(
    dims,
    Array.from({ length: sizeOf(dims) }, () => Math.max(-0.5, 3 * random.normal())),
  );

const ordered = codecKinds.flatMap((kind) =>
  (Object.keys(orders) as OrderKind[]).flatMap((order) =>
    (codecs[kind].stepped ? [1, 0.7, 1.7] : [1]).map((step) => ({ kind, order, step })),
  ),
);

describe.each(ordered)("$kind, $order, steps times $step", ({ kind, order, step }) => {
  const seen = tensor([8, 4, 3, 5]);
  const calibration = calibrate([seen], { perChannel: true });
  const codecOf = (dims: readonly number[]): ReturnType<typeof openCodec> =>
    calibratedCodec(kind, calibration, { order, dims, payload: 40, step });
  const codec = codecOf(seen.dims);

  test("of bytes that are handed over the same comes as of bytes that are copied", () => {
    const { bytes } = codec.encode(seen);
    const copied = codec.decode(whole(bytes), seen.dims);
    expect(codec.decode({ ...whole(bytes.slice()), handedOver: true }, seen.dims)).toEqual(copied);
    // Where they lie so that this machine cannot read them, too.
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(codec.decode({ ...whole(shifted.subarray(1)), handedOver: true }, seen.dims)).toEqual(copied);
    expect(copied.tensor.data.buffer).not.toBe(bytes.buffer);
  });

  test("its parameters are plain JSON and make it again", () => {
    const again = openCodec(JSON.parse(JSON.stringify(codec.parameters)) as typeof codec.parameters);
    expect(again.encode(seen)).toEqual(codec.encode(seen));
  });

  test("its parameters are the fields that a manifest is checked by, and fit the shape that they were calibrated for", () => {
    const { kind: named, ...fields } = codec.parameters as Record<string, unknown>;
    expect(named).toBe(kind);
    const rules = Object.entries<ParameterField>(codecs[kind].fields);
    const needed = rules.filter(([field, { optional }]) => !optional || Object.hasOwn(fields, field));
    expect(needed.map(([field]) => field).toSorted()).toEqual(Object.keys(fields).toSorted());
    for (const [field, { list }] of needed) expect(Array.isArray(fields[field])).toBe(list ?? false);
    expect(codecProblem(codec.parameters, seen.dims)).toBeUndefined();
    // Per channel or not, another number of channels is told; without parameters any shape will do.
    const other = codecProblem(codec.parameters, [8, 7, 3, 5]);
    if ("axis" in fields) expect(other).toContain("one per channel of [8, 7, 3, 5]");
    else expect(other).toBeUndefined();
    // Every third element of 60 would be sent three times, and the others never.
    const bad = codecProblem({ ...codec.parameters, stride: 3 }, seen.dims);
    expect(bad).toBe("expected a stride below 60 and without a common factor with it, got 3");
  });

  test("a message has the bytes that its shape says, and pieces that are all of them, in order", () => {
    for (const dims of [
      [1, 4, 3, 5],
      [3, 4, 1, 1],
      [0, 4, 3, 5],
    ]) {
      const own = codecOf(dims);
      const { bytes, pieces } = own.encode(tensor(dims));
      if (own.varies) expect(bytes.length).toBeLessThanOrEqual(own.bytesFor(dims));
      else expect(bytes).toHaveLength(own.bytesFor(dims));
      expect(pieces.flatMap(({ bytes: range }) => range).at(-1) ?? 0).toBe(bytes.length);
      expect(pieces.flatMap(({ elements }) => elements).at(-1) ?? 0).toBe(sizeOf(dims));
      pieces.forEach(({ bytes: [from], elements: [first] }, i) => {
        expect([from, first]).toEqual(i === 0 ? [0, 0] : [pieces[i - 1]!.bytes[1], pieces[i - 1]!.elements[1]]);
      });
    }
  });

  test("what was decoded encodes to the same bytes, and nothing of a whole message is lost", () => {
    const { bytes } = codec.encode(seen);
    const { tensor: back, lost } = codec.decode(whole(bytes), seen.dims);
    expect(lost).toEqual([]);
    expect(back.dims).toEqual(seen.dims);
    expect(codec.encode(back).bytes).toEqual(bytes);
  });

  test("another number of bytes than the shape takes is refused", () => {
    const bytes = new Uint8Array(codec.bytesFor([1, 4, 3, 5]) + 1);
    expect(() => codec.decode(whole(bytes), [1, 4, 3, 5])).toThrow(/internal: \d+ bytes for the shape/);
  });

  test("lost packets affect exactly the elements in them, whatever the holes hold", () => {
    for (let round = 0; round < 40; round++) {
      const dims = [1, 4, 1 + random.integer(6), 1 + random.integer(6)];
      const x = tensor(dims);
      const codec = codecOf(dims);
      const { bytes, pieces } = codec.encode(x);
      const payload = 1 + random.integer(bytes.length + 3);
      const { sizes, repair } = packetPlan({ kind: "none" }, bytes.length, payload);
      const missing = [...sizes.keys()].filter(() => random.uniform() < 0.4);
      const gone = (byte: number): boolean => missing.includes(Math.floor(byte / payload));
      const clean = codec.decode(whole(bytes), dims).tensor;
      const holed = bytes.map((byte, i) => (gone(i) ? 255 - byte : byte));
      const [y] = reassemble({ bytes: holed, missing: repair(missing) }, [
        { codec, dims, seen: calibration, concealment: "mean" },
      ]);
      const inner = dims[2]! * dims[3]!;
      const { stride = 1 } = codec.parameters;
      for (const { bytes: range, elements, divisible, bits = 0 } of pieces) {
        const width = bits / 8;
        const all = [...bytes.keys()].slice(...range);
        for (let k = elements[0]; k < elements[1]; k++) {
          const from = range[0] + (k - elements[0]) * width;
          const own = divisible ? all.filter((byte) => byte >= Math.floor(from) && byte < from + width) : all;
          const i = (k * stride) % sizeOf(dims);
          const mean = Math.fround(calibration.mean[Math.floor(i / inner)]!);
          expect(y!.data[i]).toBe(own.some(gone) ? mean : clean.data[i]);
        }
      }
    }
  });
});

test.each(codecKinds.filter((kind) => codecs[kind].stepped))("%s takes wider and narrower steps", (kind) => {
  const seen = tensor([8, 4, 3, 5]);
  const calibration = calibrate([seen], { perChannel: true });
  const scaleOf = (step?: number): number[] => {
    const { parameters } = calibratedCodec(kind, calibration, step === undefined ? {} : { step });
    if (!("scale" in parameters) || typeof parameters.scale === "number") throw new Error("no steps");
    return parameters.scale;
  };
  expect(scaleOf(1)).toEqual(scaleOf());
  for (const step of [0.7, 1.7]) expect(scaleOf(step)).toEqual(scaleOf().map((one) => Math.fround(one * step)));
  expect(() => scaleOf(0)).toThrow("internal: steps");
  expect(() => calibratedCodec("float16", calibration, { step: 2 })).toThrow("internal: steps of float16 times 2");
});

describe.each(codecKinds.filter((kind) => kind.startsWith("rans")))("%s", (kind) => {
  const steps = Number(kind.slice(4));
  /** Of its codes, for which there is room beyond the range of the uniform codec. */
  const bits = Math.min(8, steps + 3);
  const seen = tensor([16, 20, 6, 6]);
  // Most of what a ReLU leaves is zero; channels differ in how much.
  seen.data.forEach((value, i) => (seen.data[i] = Math.max(0, value - (Math.floor(i / 36) % 20) / 4)));
  const calibration = calibrate([seen], { perChannel: true });
  const uniform = calibratedCodec(`uint${steps}`, calibration);
  const frame = float32([1, 20, 6, 6], seen.data.slice(0, 720));

  test("gives the values of its uniform steps, those beyond their range too, in fewer bytes and units that are datagrams", () => {
    const packed = uniform.decode(whole(uniform.encode(frame).bytes), frame.dims).tensor;
    const { parameters } = calibratedCodec(kind, calibration);
    if (!("scale" in parameters) || typeof parameters.scale === "number") throw new Error("no steps");
    const { scale } = parameters;
    const expected = float32(
      frame.dims,
      frame.data.map((value, i) => {
        const step = scale[Math.floor(i / 36)]!;
        return Math.round(Math.fround(value / step)) * step;
      }),
    );
    // Where a value lay within the range, both say the same.
    let same = 0;
    expected.data.forEach((value, i) => (same += value === packed.data[i] ? 1 : 0));
    expect(same).toBeGreaterThan(0.8 * 720);
    for (const payload of [32, 100, 1200]) {
      const codec = calibratedCodec(kind, calibration, { payload });
      const { bytes, pieces } = codec.encode(frame);
      const { tensor: found, lost } = codec.decode(whole(bytes), frame.dims);
      expect(lost).toEqual([]);
      expect(found).toEqual(expected);
      pieces.slice(0, -1).forEach(({ bytes: range }, i) => expect(range).toEqual([i * payload, (i + 1) * payload]));
      expect(bytes.length - pieces.at(-1)!.bytes[0]).toBeLessThanOrEqual(payload);
      if (payload === 1200) expect(bytes.length).toBeLessThan(uniform.bytesFor(frame.dims) + 12);
    }
  });

  test("values as they are never seen take no more than packed ones and the units' heads", () => {
    const codec = calibratedCodec(kind, calibration, { payload: 60 });
    const odd = float32(
      frame.dims,
      Float32Array.from(frame.data, () => 9 * random.uniform()),
    );
    const { bytes } = codec.encode(odd);
    expect(codec.decode(whole(bytes), odd.dims).lost).toEqual([]);
    expect(bytes.length).toBeLessThanOrEqual(codec.bytesFor(odd.dims));
    const least = Math.ceil((720 * bits) / 8);
    expect(codec.bytesFor(odd.dims)).toBeLessThan(least * (1 + 6 / 54) + 60);
  });

  test("of whatever bytes it makes a tensor, and says what is lost", () => {
    const codec = calibratedCodec(kind, calibration, { payload: 60 });
    const { bytes } = codec.encode(frame);
    for (let round = 0; round < 300; round++) {
      const changed = bytes.slice(0, 1 + random.integer(bytes.length));
      for (let i = random.integer(6); i >= 0; i--) changed[random.integer(changed.length)] = random.integer(256);
      const { tensor: found, lost } = codec.decode(whole(changed), frame.dims);
      expect(found.data).toHaveLength(720);
      let at = -1;
      for (const [from, to] of lost) {
        expect(from).toBeGreaterThan(at);
        expect(to).toBeGreaterThan(from);
        at = to;
      }
      expect(at).toBeLessThanOrEqual(720);
    }
  });

  test("tables that are none, or not of these channels, are told", () => {
    const { parameters } = calibratedCodec(kind, calibration);
    if (!("group" in parameters)) throw new Error("no tables");
    const { frequency, group } = parameters;
    const problem = (change: object): string | undefined => codecProblem({ ...parameters, ...change }, frame.dims);
    expect(problem({ frequency: frequency.slice(1) })).toMatch(/^expected tables of \d+ frequencies/);
    expect(problem({ frequency: [frequency[0]! + 1, ...frequency.slice(1)] })).toContain("table 0 to add up to 4096");
    expect(problem({ group: group.slice(1) })).toContain("expected one group, or one per channel");
    expect(problem({ group: group.map(() => 99) })).toMatch(
      /^expected groups below \d+, as many tables as there are, got 99/,
    );
  });
});

test("every concealment writes what is lost and nothing else", () => {
  for (const row of Object.values(concealments)) {
    const data = Float32Array.from({ length: 24 }, (_, i) => 100 + i);
    row.fill(
      data,
      [1, 2, 3, 4],
      [
        [2, 5],
        [11, 13],
      ],
      { mean: [7, 8], axis: 1 },
    );
    const written = [...data.keys()].filter((i) => data[i] !== 100 + i);
    expect(written).toEqual([2, 3, 4, 11, 12]);
    expect(data.slice(2, 13).every(Number.isFinite)).toBe(true);
  }
});
