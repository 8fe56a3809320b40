/** @file Linear bottlenecks: eigenvectors, what they keep of tensors of few degrees of freedom, and shapes that come back. */
import { describe, expect, it } from "vitest";
import { InputError } from "../errors/index.ts";
import { serialiseModel } from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import { engine } from "../testing/engine.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { float32, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import type { LayerContext, Parameters } from "../training/index.ts";
import { addDecoder, addEncoder } from "./autoencoder.ts";
import { symmetricEigen } from "./eigen.ts";
import { fitLinear, planLinear, type BottleneckPlan } from "./index.ts";

async function throughBoth(plan: BottleneckPlan, parameters: Parameters, x: Tensor): Promise<Tensors> {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", ...plan.shape]);
    const c: LayerContext = { g, parameters, seed: 1, mode: "infer", updates: new Map() };
    g.opAs("latent", "Identity", [addEncoder(c, "x", plan)]);
    g.opAs("y", "Identity", [addDecoder(c, "latent", plan)]);
    g.output("latent");
    g.output("y");
  });
  const session = await engine.load(serialiseModel(model));
  const found = await session.run({ x });
  await session.release();
  return found;
}

function squaredGap(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (Number(a.data[i]) - Number(b.data[i])) ** 2;
  return sum / a.data.length;
}

describe("symmetricEigen", () => {
  it("of [[2, 1], [1, 2]] is 3 along the diagonal and 1 across it", () => {
    const { values, vectors } = symmetricEigen([2, 1, 1, 2], 2);
    expect([...values]).toEqual([expect.closeTo(3, 12), expect.closeTo(1, 12)]);
    expect(Math.abs(vectors[0]!)).toBeCloseTo(Math.SQRT1_2, 12);
    expect(vectors[0]! * vectors[1]!).toBeCloseTo(0.5, 12);
  });

  it.each([1, 3, 40])("gives back a matrix of %d rows from orthonormal vectors", (n) => {
    const random = randomStream(1, `eigen ${n}`);
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
    const { values, vectors } = symmetricEigen(a, n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let [back, product] = [0, 0];
        for (let k = 0; k < n; k++) {
          back += values[k]! * vectors[k * n + i]! * vectors[k * n + j]!;
          product += vectors[i * n + k]! * vectors[j * n + k]!;
        }
        expect(back).toBeCloseTo(a[i * n + j]!, 9);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 9);
      }
    expect([...values]).toEqual([...values].sort((x, y) => y - x));
  });
});

describe("planLinear", () => {
  it("keeps positions while there is something to choose from, then takes blocks of them", () => {
    expect(planLinear([128, 4, 4], 8)).toMatchObject({ layers: "blocks", latent: [16, 4, 4], compression: 8 });
    expect(planLinear([128, 4, 4], 32)).toMatchObject({ latent: [16, 2, 2], compression: 32 });
    expect(planLinear([14, 14, 96], 8, 2)).toMatchObject({ latent: [12, 14, 14] });
    expect(planLinear([50, 192], 8, 1)).toMatchObject({ layers: "linear", latent: [50, 24] });
    expect(planLinear([3, 12], 9)).toMatchObject({ latent: [4, 1], compression: 9 });
  });

  it("refuses what cannot be made smaller", () => {
    expect(() => planLinear([1, 1, 1], 4)).toThrow(InputError);
    expect(() => planLinear([4096, 1, 1], 4)).toThrow(/at most 2048 channels/);
  });
});

const shapes = [
  { shape: [6, 4, 4], axis: 0 },
  { shape: [4, 4, 6], axis: 2 },
  { shape: [6, 8], axis: 0 },
  { shape: [4, 2, 4, 4], axis: 0 },
  { shape: [5, 8], axis: 1 },
  { shape: [12], axis: 0 },
];

it.each(shapes)(
  "fitLinear at $shape keeps all of what has as few degrees of freedom as it has channels",
  async (row) => {
    const { shape, axis } = row;
    const plan = planLinear(shape, 2, axis);
    const channels = shape[axis]!;
    // Two patterns over channels about a mean, at every position by themselves.
    const random = randomStream(2, String(shape));
    const patterns = [0, 1, 2].map(() => Float64Array.from({ length: channels }, () => random.normal()));
    const inner = sizeOf(shape.slice(axis + 1));
    const samples = 30;
    const data = new Float32Array(samples * sizeOf(shape));
    for (let o = 0; o < data.length / (channels * inner); o++)
      for (let i = 0; i < inner; i++) {
        const [a, b] = [random.normal(), random.normal()];
        for (let c = 0; c < channels; c++)
          data[(o * channels + c) * inner + i] = patterns[0]![c]! + a * patterns[1]![c]! + b * patterns[2]![c]!;
      }
    const x = float32([samples, ...shape], data);
    const found = await throughBoth(plan, fitLinear(plan, x), x);
    expect(found["latent"]!.dims).toEqual([samples, ...plan.latent]);
    expect(found["y"]!.dims).toEqual(x.dims);
    expect(squaredGap(found["y"]!, x)).toBeLessThan(1e-9);
  },
);

it("fitLinear in blocks keeps smooth maps, and squared errors of coefficients are those of the map", async () => {
  const plan = planLinear([2, 8, 8], 16);
  expect(plan.latent).toEqual([8, 1, 1]);
  const smooth = (n: number, c: number, y: number, x: number): number =>
    Math.sin(n) * Math.cos((Math.PI * (y + 0.5)) / 8) +
    c * Math.cos(3 * n) * Math.cos((Math.PI * (x + 0.5)) / 8) +
    1 +
    c;
  const data = Float32Array.from({ length: 20 * 128 }, (_, i) => smooth(i >> 7, (i >> 6) & 1, (i >> 3) & 7, i & 7));
  const x = float32([20, 2, 8, 8], data);
  const parameters = fitLinear(plan, x);
  const found = await throughBoth(plan, parameters, x);
  expect(squaredGap(found["y"]!, x)).toBeLessThan(1e-9);
  // Parseval: noise loses as much as its coefficients that do not cross.
  const noise = randomTensor([20, 2, 8, 8], "noise");
  const through = await throughBoth(plan, parameters, noise);
  const mean = parameters.get("bottleneck/decoder/0/bias")!.data;
  let centred = 0;
  noise.data.forEach((value, i) => (centred += (value - mean[(i >> 6) & 1]!) ** 2));
  const kept = (through["latent"]!.data as Float32Array).reduce((sum, value) => sum + value * value, 0);
  expect(squaredGap(through["y"]!, noise)).toBeCloseTo((centred - kept) / data.length, 4);
});
