import { describe, expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { float32, sizeOf, type Tensor } from "../tensor/index.ts";
import {
  calibrate,
  calibratedCodec,
  createCalibrator,
  fromFloat16,
  lostElements,
  openCodec,
  orders,
  packetPlan,
  toFloat16,
  whole,
  type Codec,
  type CodecParameters,
} from "./index.ts";

const random = randomStream(11, "wire");
const normals = (dims: number[], scale = 1, shift = 0): Tensor<"float32"> =>
  float32(
    dims,
    Array.from({ length: sizeOf(dims) }, () => scale * random.normal() + shift),
  );
const decoded = (codec: Codec, bytes: Uint8Array, dims: readonly number[]): Tensor<"float32"> =>
  codec.decode(whole(bytes), dims).tensor;
const bits = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;

describe("float16", () => {
  const all = fromFloat16(Uint16Array.from({ length: 65536 }, (_, i) => i));

  test("every float16 value comes back, and the table is right where it is known", () => {
    const back = toFloat16(all);
    all.forEach((value, i) => expect(Number.isNaN(value) ? 0x7e00 : back[i]).toBe(Number.isNaN(value) ? 0x7e00 : i));
    expect([all[0x3c00], all[0x0001], all[0x03ff], all[0x7bff], all[0xfc00]]).toEqual([
      1,
      2 ** -24,
      1023 * 2 ** -24,
      65504,
      -Infinity,
    ]);
  });

  test("rounds to the nearest, ties to even: against a search through all values", () => {
    const positive = all.subarray(0, 0x7c00);
    const nearest = (value: number): number => {
      const magnitude = Math.abs(value);
      let low = 0;
      let high = 0x7c00;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (positive[middle]! <= magnitude) low = middle;
        else high = middle;
      }
      // Beyond the greatest value the next step would be 65536; half way there rounds to infinity.
      const above = high === 0x7c00 ? 65536 : positive[high]!;
      const [down, up] = [magnitude - positive[low]!, above - magnitude];
      const half = down < up || (down === up && low % 2 === 0) ? low : high;
      return half | (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
    };
    const values: number[] = [0, -0, 65504, 65519.996, 65520, -65520, 1e30, 2 ** -25, 2 ** -25 * 1.0001, 2 ** -14];
    for (let i = 0; i < 0x7bff; i += 7) values.push((all[i]! + all[i + 1]!) / 2);
    for (let i = 0; i < 20_000; i++) values.push(random.normal() * 2 ** (random.integer(44) - 28));
    const inputs = Float32Array.from(values);
    const found = toFloat16(inputs);
    inputs.forEach((value, i) => expect([value, found[i]]).toEqual([value, nearest(value)]));
    expect([...toFloat16(Float32Array.of(NaN, Infinity, -Infinity))]).toEqual([0x7e00, 0x7c00, 0xfc00]);
  });
});

describe("bfloat16", () => {
  test("every value comes back; between two the nearer, ties to even", () => {
    const codec = openCodec({ kind: "bfloat16" });
    const all = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer);
    const values = decoded(codec, all, [65536]);
    const back = new Uint16Array(codec.encode(values).bytes.buffer);
    values.data.forEach((value, i) => expect(back[i]).toBe(Number.isNaN(value) ? 0x7fc0 : i));
    const x = float32([5], [1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20, 3.39e38, -Infinity]);
    const y = decoded(codec, codec.encode(x).bytes, [5]);
    expect([...y.data]).toEqual([1, 1 + 2 ** -6, 1 + 2 ** -7, Math.fround(2 ** 127 * (1 + 127 / 128)), -Infinity]);
  });
});

describe("float8", () => {
  const codec = openCodec({ kind: "float8", scale: 1 });
  const all = decoded(
    codec,
    Uint8Array.from({ length: 256 }, (_, i) => i),
    [256],
  ).data;

  test("has the values of E4M3: 448 at most, no infinity, and every one comes back", () => {
    expect([all[0x01], all[0x07], all[0x08], all[0x38], all[0x7e], all[0xfe], all[0x7f]]).toEqual([
      2 ** -9,
      7 * 2 ** -9,
      2 ** -6,
      1,
      448,
      -448,
      NaN,
    ]);
    const back = codec.encode(float32([256], all)).bytes;
    all.forEach((value, i) => expect(back[i]).toBe(Number.isNaN(value) ? 0x7f : i));
  });

  test("rounds to the nearest, ties to even, and saturates: against a search through all values", () => {
    const positive = all.subarray(0, 0x7f);
    const values = [
      0,
      449,
      1e9,
      Infinity,
      2 ** -10,
      2 ** -10 * 1.001,
      ...positive.subarray(1).map((v, i) => (v + positive[i]!) / 2),
    ];
    for (let i = 0; i < 5000; i++) values.push(Math.abs(random.normal()) * 2 ** (random.integer(20) - 11));
    const inputs = Float32Array.from(values);
    const found = codec.encode(float32([inputs.length], inputs)).bytes;
    inputs.forEach((value, i) => {
      let best = 0;
      const capped = Math.min(448, value);
      positive.forEach((candidate, code) => {
        const [is, was] = [Math.abs(candidate - capped), Math.abs(positive[best]! - capped)];
        if (is < was || (is === was && code % 2 === 0)) best = code;
      });
      expect([value, found[i]]).toEqual([value, best]);
    });
  });
});

describe("steps of few bits", () => {
  const rectified = normals([40, 3, 8, 8]);
  rectified.data.forEach((value, i) => (rectified.data[i] = Math.max(0, value) * (1 + (Math.floor(i / 64) % 3) * 20)));
  const signed = normals([40, 3, 8, 8]);

  const errorOf = (x: Tensor<"float32">, kind: string, perChannel = true): number => {
    const codec = calibratedCodec(kind, calibrate([x], { perChannel }));
    const y = decoded(codec, codec.encode(x).bytes, x.dims);
    return y.data.reduce((sum, value, i) => sum + (value - x.data[i]!) ** 2, 0) / x.data.length;
  };

  test("zero is exact, whatever the width and the sign", () => {
    for (const x of [rectified, signed]) {
      for (const kind of ["uint6", "uint5", "uint4", "uint3", "uint2", "uint1"]) {
        const codec = calibratedCodec(kind, calibrate([x], { perChannel: true }));
        const zeros = float32([1, 3, 8, 8], new Float32Array(192));
        expect([...decoded(codec, codec.encode(zeros).bytes, zeros.dims).data]).toEqual([...zeros.data]);
      }
    }
  });

  test("of half-normal and of normal values the error is near that of the best uniform steps (Max, 1960)", () => {
    // Normal values through 2^b uniform levels at best: 0.1188 (2 bits), 0.03744 (3), 0.01154 (4); with zero among the levels
    // one of them is hardly used, so that as many as 2^b - 1 are what can be reached.
    const best: Record<string, [number, number]> = {
      uint2: [0.1188, 0.19],
      uint3: [0.03744, 0.048],
      uint4: [0.01154, 0.0135],
    };
    for (const [kind, [least, most]] of Object.entries(best)) {
      expect(errorOf(signed, kind)).toBeGreaterThan(0.9 * least);
      expect(errorOf(signed, kind)).toBeLessThan(1.1 * most);
    }
  });

  test("a range of each channel's own has a smaller error where channels differ", () => {
    for (const kind of ["uint4", "uint2"])
      expect(errorOf(rectified, kind)).toBeLessThan(0.9 * errorOf(rectified, kind, false));
  });
});

describe("order", () => {
  test("interleaved: every run of a thousand values is spread over all channels, and no two neighbours are in one", () => {
    for (const dims of [
      [1, 64, 16, 16],
      [1, 16, 32, 32],
      [1, 14, 14, 24],
    ]) {
      const channelsLast = dims[3] === 24;
      const size = sizeOf(dims);
      const stride = orders.interleaved.stride(dims, channelsLast ? 3 : 1);
      const place = new Map(Array.from({ length: size }, (_, k) => [(k * stride) % size, k]));
      expect(place.size).toBe(size);
      const steps = channelsLast ? [dims[3]!, dims[2]! * dims[3]!] : [1, dims[3]!];
      const ways = steps
        .map((step) => Math.abs(place.get(step)! - place.get(0)!))
        .map((way) => Math.min(way, size - way));
      expect(Math.min(...ways)).toBeGreaterThan(size / 8);
      // A run of an eighth of the values has an eighth of each sixteenth of the tensor, give or take a fifth.
      const counts = Array.from({ length: 16 }, () => 0);
      for (let k = 0; k < size / 8; k++) counts[Math.floor((((k * stride) % size) * 16) / size)]!++;
      for (const count of counts) expect(Math.abs(count / (size / 128) - 1)).toBeLessThan(0.2);
    }
  });

  test("interleaved: vectors and maps of one row go as they are, tokens do not", () => {
    for (const [dims, axis] of [
      [[1, 60, 1, 40], 1],
      [[1, 1, 40, 60], 3],
      [[1, 256], 1],
      [[1, 256, 1, 1], 1],
    ] as const)
      expect(orders.interleaved.stride(dims, axis)).toBe(1);
    for (const dims of [
      [1, 8, 2, 2],
      [1, 40, 120],
    ])
      expect(orders.interleaved.stride(dims, 1)).toBeGreaterThan(1);
  });
});

describe("codecs", () => {
  test("float32 gives every bit back, little-endian", () => {
    const codec = openCodec({ kind: "float32" });
    const x = float32([4], [1, -0, NaN, 2 ** -149]);
    const { bytes } = codec.encode(x);
    expect([...bytes.subarray(0, 4)]).toEqual([0, 0, 0x80, 0x3f]);
    expect(Array.from(decoded(codec, bytes, [4]).data, bits)).toEqual(Array.from(x.data, bits));
  });

  test("float16: relative error at most 2^-11 in its normal range", () => {
    const codec = openCodec({ kind: "float16" });
    const x = normals([2, 3, 50], 10);
    const { bytes } = codec.encode(x);
    expect(bytes).toHaveLength(600);
    decoded(codec, bytes, x.dims).data.forEach((value, i) => {
      expect(Math.abs(value - x.data[i]!)).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(x.data[i]!) * 2 ** -11));
    });
  });

  for (const perChannel of [false, true]) {
    test(`uint8 ${perChannel ? "per channel" : "per tensor"}: error at most half a step, zero exact`, () => {
      for (const [scale, shift] of [
        [1, 0],
        [0.01, 3],
        [100, -500],
        [1e-3, 0],
      ] as const) {
        const x = normals([2, 5, 4, 3], scale, shift);
        // Channels of very different size; and what a ReLU leaves.
        x.data.forEach((value, i) => (x.data[i] = Math.floor(i / 12) % 5 === 2 ? Math.max(0, value * 30) : value));
        x.data[7] = 0;
        const calibration = calibrate([x], { perChannel });
        const { parameters } = calibratedCodec("uint8", calibration);
        const codec = openCodec(JSON.parse(JSON.stringify(parameters)) as CodecParameters);
        const { bytes } = codec.encode(x);
        expect(bytes).toHaveLength(120);
        const y = decoded(codec, bytes, x.dims);
        y.data.forEach((value, i) => {
          const channel = perChannel ? Math.floor(i / 12) % 5 : 0;
          const step = parameters.kind === "uint8" ? parameters.scale[channel]! : 0;
          expect(Math.abs(value - x.data[i]!)).toBeLessThanOrEqual(0.5001 * step);
        });
        expect(y.data[7]).toBe(0);
        // What was decoded encodes to the same bytes.
        expect(codec.encode(y).bytes).toEqual(bytes);
      }
    });
  }

  test("uint8 has QuantizeLinear's arithmetic: ties to even, saturation; NaN becomes zero", () => {
    const codec = openCodec({ kind: "uint8", scale: [2], zero: [10], axis: 1 });
    const x = float32([9], [0, 1, 3, 5, -1, -1000, Infinity, 1000, NaN]);
    expect([...codec.encode(x).bytes]).toEqual([10, 10, 12, 12, 10, 0, 255, 255, 10]);
  });

  test("a range of nothing but zero is kept as zero", () => {
    const x = float32([1, 2, 2], [0, 0, 0, 0]);
    const codec = calibratedCodec("uint8", calibrate([x]));
    expect([...decoded(codec, codec.encode(x).bytes, x.dims).data]).toEqual([0, 0, 0, 0]);
  });

  test("the wrong number of bytes is refused", () => {
    for (const kind of ["float32", "float16"] as const) {
      expect(() => decoded(openCodec({ kind }), new Uint8Array(7), [2])).toThrow(/7 bytes for the shape \[2\]/);
    }
  });
});

describe("calibration", () => {
  test("least, greatest and mean per channel over several tensors; what is not finite is passed over", () => {
    const calibrator = createCalibrator({ perChannel: true });
    calibrator.add(float32([1, 2, 2], [1, 2, -5, NaN]));
    calibrator.add(float32([2, 2, 2], [3, 4, Infinity, 0, 5, 6, 1, 2]));
    const result = calibrator.result();
    expect(result).toMatchObject({ min: [1, -5], max: [6, 2], mean: [3.5, -0.5], count: 10 });
    expect(result.axis).toBe(1);
    expect(() => createCalibrator().result()).toThrow(/without values/);
  });

  test("clipping finds the quantiles to 3 %, and never leaves the seen range", () => {
    const n = 40_000;
    const data = Float32Array.from({ length: n }, () => random.exponential() - 0.25);
    const { min, max } = calibrate([float32([1, 1, n], data)], { clip: 0.01 });
    const sorted = data.slice().sort();
    expect(Math.abs(max[0]! / sorted[n * 0.99]! - 1)).toBeLessThan(0.035);
    expect(Math.abs(min[0]! / sorted[n * 0.01]! - 1)).toBeLessThan(0.035);
    const one = calibrate([float32([1, 1, 3], [2, 2, 2])], { clip: 0.1 });
    expect([one.min, one.max]).toEqual([[2], [2]]);
  });
});

describe("datagrams", () => {
  const sizes = (bytes: number, payload: number): number[] => [...packetPlan({ kind: "none" }, bytes, payload).sizes];

  test("sizes are exact", () => {
    expect(sizes(3072, 1010)).toEqual([1010, 1010, 1010, 42]);
    expect(sizes(2020, 1010)).toEqual([1010, 1010]);
    expect(sizes(5, 1010)).toEqual([5]);
    expect(() => sizes(10, 0)).toThrow(/payload/);
  });

  test("neighbouring losses join; an element split between two datagrams goes with either", () => {
    const lost = (missing: number[]): unknown =>
      lostElements(
        [{ bytes: [0, 40], elements: [0, 10], divisible: true }],
        packetPlan({ kind: "none" }, 40, 6).repair(missing),
      );
    expect(lost([1])).toEqual([[1, 3]]);
    expect(lost([2, 1, 2])).toEqual([[1, 5]]);
    expect(lost([0, 6])).toEqual([
      [0, 2],
      [9, 10],
    ]);
    expect(() => lost([7])).toThrow(/packet 7 of 7/);
  });

  test("of a piece that cannot be divided a lost byte loses all", () => {
    const pieces = [
      { bytes: [0, 3], elements: [0, 100], divisible: false },
      { bytes: [3, 9], elements: [100, 103], divisible: true },
    ] as const;
    expect(lostElements(pieces, [[2, 3]])).toEqual([[0, 100]]);
    expect(lostElements(pieces, [[5, 6]])).toEqual([[101, 102]]);
    expect(lostElements(pieces, [[2, 4]])).toEqual([[0, 101]]);
  });
});
