/** @file Models that are no classifiers: their bottlenecks, from the study to the bundle, and their training without labels. */
import { serialiseModel } from "@split-et-impera/core/onnx";
import { randomStream } from "@split-et-impera/core/random";
import { mkdir, writeFile } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { buildModel } from "../../core/testing/models.ts";
import { conv } from "../../core/testing/networks.ts";
import { npyOf } from "../data/testing/npy.ts";
import { at, design, json, mistake, said, sei, useFolder } from "./testing/harness.ts";

useFolder();

/** A picture to a map of two numbers at each place. */
const segmenter = buildModel((g) => {
  g.input("x", "float32", ["batch", 3, 16, 16]);
  const low = g.opAs("low", "Relu", [conv(g, "x", "conv1", 3, 8)]);
  const half = g.opAs("half", "MaxPool", [low], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
  conv(g, g.opAs("deep", "Relu", [conv(g, half, "conv2", 8, 8)]), "mask", 8, 2);
  g.output("mask", "float32", ["batch", 2, 8, 8]);
});

const study = `
name: Map
model: map.onnx
data: { format: npy, path: readings, limit: { test: 20, train: 40 } }
hosts: { sensor: { speed: 1/60 }, server: {} }
links: [{ between: [sensor, server], rate: 1 Mbit/s, delay: 5 ms }]
frames: { rate: 5 fps, count: 20 }
requirements: [latency median <= 2 s]
explore:
  candidates: [half]
  codecs: [float32]
  bottlenecks: [{ compression: 4, epochs: { frozen: 6, joint: 2 }, batch: 8, learning-rate: 0.01 }]
  scenarios: [SC]
`;

beforeAll(async () => {
  await writeFile(at("map.onnx"), serialiseModel(segmenter));
  await writeFile(at("map.yaml"), study);
  await mkdir(at("readings"));
  const random = randomStream(5, "readings");
  for (const split of ["train", "test"]) {
    // One number for each quarter of a picture, so that there is something to learn.
    const x = new Float32Array(40 * 3 * 256);
    for (let picture = 0; picture < 40 * 3; picture++) {
      const levels = Array.from({ length: 4 }, () => random.normal());
      for (let y = 0; y < 16; y++)
        for (let column = 0; column < 16; column++)
          x[picture * 256 + y * 16 + column] = levels[2 * (y >> 3) + (column >> 3)]!;
    }
    await writeFile(at(`readings/x_${split}.npy`), npyOf("<f4", [40, 3, 16, 16], new Uint8Array(x.buffer)));
  }
});

it("bottlenecks of outputs that nobody explained learn the whole model's, in both phases", async () => {
  const { training, designs } = await design("map.yaml", "map");
  expect(said.stderr).not.toContain("left out");
  const [one] = training!;
  expect(one!.epochs.map(({ phase }) => phase)).toEqual([...Array<"frozen">(6).fill("frozen"), "joint", "joint"]);
  const [first, last] = [one!.epochs[0]!, one!.epochs.at(-1)!];
  expect(first.accuracy).toBeUndefined();
  expect(last.agreement!).toBeGreaterThan(first.agreement!);
  expect(last.loss).toBeLessThan(first.loss);
  const behind = designs.find(({ id }) => id.includes("4x"))!;
  expect(behind.quality["agreement"]!.value).toBeGreaterThan(0.2);
  expect(behind.quality["agreement"]!.value).toBeLessThan(1);
});

interface Trained {
  weights: { trained: number };
  history: { loss: number; accuracy?: number; agreement: number; held: { agreement: number } }[];
  quality: { agreement: { before: number; after: number } };
}

const how = ["--epochs", "12", "--batch", "8", "--learning-rate", "0.01"];

const train = (out: string, ...flags: string[]): string[] => [
  "train",
  at("map.onnx"),
  "--data",
  at("readings"),
  "--out",
  at(out),
  ...how,
  ...flags,
];

it("a part is learned anew from what the whole gave", async () => {
  const found = await json<Trained>(...train("anew.onnx", "--loss", "outputs", "--initialise", "--from", "half"));
  const { before, after } = found.quality.agreement;
  expect(found.weights.trained).toBe(4);
  expect(after).toBeGreaterThan(before + 0.2);
  expect(found.history[0]!.accuracy).toBeUndefined();
  expect(found.history.at(-1)!.held.agreement).toBeCloseTo(after, 1);
  const plain = train("again.onnx", "--loss", "outputs", "--teacher", at("map.onnx")).with(1, at("anew.onnx"));
  const again = await json<Trained>(...plain);
  expect(again.quality.agreement.before).toBeCloseTo(after, 5);
  expect(again.quality.agreement.after).toBeGreaterThan(after);
  expect(await sei(...train("said.onnx", "--task", "agreement", "--initialise"))).toBe(0);
  expect(said.stdout).toMatch(/agreement on 40 test images: [\d.]+\s% before, [\d.]+\s% after\n$/);
});

it("what cannot be learned is said before any work", async () => {
  expect(await sei(...train("no.onnx", "--loss", "outputs"))).toBe(2);
  expect(said.stderr).toContain("--loss outputs: expected --teacher with the model to learn from, or --initialise");
  const narrow = buildModel((g) => {
    g.input("x", "float32", ["batch", 3, 16, 16]);
    conv(g, "x", "mask", 3, 2);
    g.output("mask", "float32", ["batch", 2, 16, 16]);
  });
  await writeFile(at("narrow.onnx"), serialiseModel(narrow));
  expect(await mistake(...train("no.onnx", "--loss", "outputs", "--teacher", at("narrow.onnx")))).toContain(
    "narrow.onnx: expected a teacher with outputs [2, 8, 8] per image, got [2, 16, 16]",
  );
  expect(await sei(...train("no.onnx", "--task", "agreement", "--loss", "cross-entropy"))).toBe(2);
  expect(said.stderr).toContain("--loss cross-entropy: expected task or outputs where the task is agreement");
});
