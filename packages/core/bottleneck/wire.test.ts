/** @file What training makes of a latent that loses datagrams, beside what a receiver makes of it. */
import { expect, it } from "vitest";
import { serialiseModel } from "../onnx/index.ts";
import type { LossyLink } from "../study/index.ts";
import { float32, rows, sizeOf, type Tensor } from "../tensor/index.ts";
import { engine } from "../testing/engine.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { calibrate, calibratedCodec, reassemble, usualOrder, type ByteRange } from "../wire/index.ts";
import { addLosses, arrivedName, drawArrived } from "./wire.ts";

const count = 6;
const link: LossyLink = { codec: "uint8", losses: [0.4], bursts: [1], payload: 16 };

/** The bytes of a sample's message in datagrams of which no value arrived. */
function missingOf(arrived: Tensor, stride: number, payload: number): ByteRange[] {
  const size = arrived.data.length;
  const lost: ByteRange[] = [];
  for (let from = 0; from < size; from += payload) {
    const to = Math.min(size, from + payload);
    const places = Array.from({ length: to - from }, (_, k) => ((from + k) * stride) % size);
    const came = places.filter((place) => arrived.data[place] === 1);
    expect([0, places.length]).toContain(came.length);
    if (came.length === 0) lost.push([from, to]);
  }
  return lost;
}

it.each([{ latent: [8, 4, 4] }, { latent: [4, 10] }, { latent: [48] }, { latent: [3, 2, 3, 4] }])(
  "of $latent whole datagrams are lost, and what stands in for them is what a receiver makes of it",
  async ({ latent }) => {
    const z = randomTensor([count, ...latent], "latent", 0, 2);
    const arrived = drawArrived(latent, link, count, { seed: 3, run: 5 });
    expect(arrived).toEqual(drawArrived(latent, link, count, { seed: 3, run: 5 }));
    expect(arrived).not.toEqual(drawArrived(latent, link, count, { seed: 3, run: 6 }));
    const model = buildModel((g) => {
      g.input("z", "float32", ["batch", ...latent]);
      g.output(g.opAs("y", "Identity", [addLosses(g, "z", latent)]));
    });
    const session = await engine.load(serialiseModel(model));
    const { y } = await session.run({ z, [arrivedName]: arrived });
    await session.release();
    const seen = calibrate([z], { perChannel: true });
    const dims = [1, ...latent];
    const codec = calibratedCodec("uint8", seen, { payload: link.payload, dims, order: usualOrder });
    const stride = ("stride" in codec.parameters && codec.parameters.stride) || 1;
    let lost = 0;
    for (let sample = 0; sample < count; sample++) {
      const missing = missingOf(rows(arrived, sample, sample + 1), stride, link.payload);
      lost += missing.length;
      const { bytes } = codec.encode(rows(z, sample, sample + 1));
      const [made] = reassemble({ bytes, missing }, [{ codec, dims, seen }]);
      const own = rows(y!, sample, sample + 1).data as Float32Array;
      // Half a step of eight bits from zero to two, and of what stands beside it.
      made!.data.forEach((value, i) => expect(Math.abs(value - own[i]!)).toBeLessThan(0.01));
    }
    expect(lost).toBeGreaterThan(0);
  },
);

it("each sample meets one of the shares, and as many values are lost as that says", () => {
  const latent = [16, 8, 8];
  const shares = (losses: number[], codec: LossyLink["codec"] = "uint8"): number[] => {
    const { data } = drawArrived(latent, { codec, losses, bursts: [1, 3], payload: 32 }, 400, { seed: 1, run: 0 });
    const size = sizeOf(latent);
    return Array.from(
      { length: 400 },
      (_, i) => 1 - data.subarray(i * size, (i + 1) * size).reduce((a, b) => a + b, 0) / size,
    );
  };
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(new Set(shares([0]))).toEqual(new Set([0]));
  expect(mean(shares([0.3]))).toBeCloseTo(0.3, 1);
  expect(mean(shares([0.3], "uint3"))).toBeCloseTo(0.3, 1);
  const mixed = shares([0, 0.6]);
  expect(mixed.filter((share) => share === 0).length / 400).toBeCloseTo(0.5, 1);
});

it("keeps all values where all arrive, and has the channel's mean where none does", async () => {
  const latent = [2, 3, 3];
  const z = randomTensor([2, ...latent], "latent");
  const model = buildModel((g) => {
    g.input("z", "float32", ["batch", ...latent]);
    g.output(g.opAs("y", "Identity", [addLosses(g, "z", latent)]));
  });
  const session = await engine.load(serialiseModel(model));
  const all = float32([2, ...latent], new Float32Array(36).fill(1));
  expect((await session.run({ z, [arrivedName]: all }))["y"]).toEqual(z);
  const none = float32([2, ...latent], new Float32Array(36));
  const { y } = await session.run({ z, [arrivedName]: none });
  await session.release();
  for (const channel of [0, 1]) {
    const own = (data: Tensor["data"]): number[] =>
      Array.from(data as Float32Array).filter((_, i) => Math.floor(i / 9) % 2 === channel);
    const mean = own(z.data).reduce((sum, value) => sum + value, 0) / 18;
    for (const value of own(y!.data)) expect(value).toBeCloseTo(mean, 5);
  }
});
