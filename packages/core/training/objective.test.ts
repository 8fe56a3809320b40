/** @file Objectives: the loss and the agreement of outputs by hand, and a network that learns another's. */
import { expect, it } from "vitest";
import { inspectModel, serialiseModel, type ModelProto } from "../onnx/index.ts";
import { rowsAt, type Tensor, type Tensors } from "../tensor/index.ts";
import { engine } from "../testing/engine.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear } from "../testing/networks.ts";
import {
  buildStep,
  fed,
  freshWeights,
  meanSquareOf,
  outputsObjective,
  train,
  trainableNetwork,
  type Wanted,
} from "./index.ts";

const count = 48;
const pictures = randomTensor([count, 3, 8, 8], "pictures");

/** A map of two classes and three numbers, from one picture. */
const network = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    const trunk = g.opAs("trunk", "Relu", [conv(g, "image", "stem", 3, 6)]);
    conv(g, trunk, "mask", 6, 2);
    linear(g, g.op("Flatten", [trunk]), "numbers", 384, 3);
    g.output("mask", "float32", ["batch", 2, 8, 8]);
    g.output("numbers", "float32", ["batch", 3]);
  });

async function outputsOf(model: ModelProto): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model));
  const found = await session.run({ image: pictures });
  await session.release();
  return found;
}

const wantedOf = (outputs: Tensors): Wanted[] =>
  Object.entries(outputs).map(([name, { dims, data }]) => ({
    name,
    dims,
    meanSquare: meanSquareOf(data as Float32Array),
  }));

it("outputs: the mean squared difference over their mean square, and one less the relative error of an image", async () => {
  const inspection = await inspectModel(network(), engine);
  const own = await outputsOf(network());
  const wanted: Tensors = Object.fromEntries(
    Object.entries(own).map(([name, { dims }]) => [name, randomTensor(dims, name)]),
  );
  const { evaluation, parameters, input } = trainableNetwork(inspection, {
    objective: outputsObjective(wantedOf(wanted)),
  });
  const session = await engine.load(serialiseModel(evaluation.model));
  const found = await session.run({
    [input]: pictures,
    ...Object.fromEntries(Object.entries(wanted).map(([name, value]) => [fed.wanted(name), value])),
    ...Object.fromEntries(parameters),
  });
  await session.release();
  let [loss, agreement] = [0, 0];
  for (const [name, { data, dims }] of Object.entries(wanted)) {
    const a = own[name]!.data as Float32Array;
    const b = data as Float32Array;
    loss += meanSquareOf(a.map((value, i) => value - b[i]!)) / meanSquareOf(b) / 2;
    const size = b.length / dims[0]!;
    for (let row = 0; row < count; row++) {
      const part = b.subarray(row * size, (row + 1) * size);
      const gap = meanSquareOf(part.map((value, i) => a[row * size + i]! - value));
      agreement += Math.max(0, 1 - Math.sqrt(gap / meanSquareOf(part))) / 2;
    }
  }
  expect(Number(found[evaluation.loss]!.data[0])).toBeCloseTo(loss, 3);
  expect(Number(found[evaluation.figures.agreement!]!.data[0])).toBeCloseTo(agreement, 3);
});

it("a network of fresh weights learns all outputs of another, and tells how near it is", async () => {
  const inspection = await inspectModel(network(), engine);
  const outputs = await outputsOf(network());
  const net = trainableNetwork(inspection, { objective: outputsObjective(wantedOf(outputs)) });
  const feeds = (indices: ArrayLike<number>): Tensors => ({
    [net.input]: rowsAt(pictures, indices),
    ...Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [fed.wanted(name), rowsAt(value as Tensor<"float32">, indices)]),
    ),
  });
  const step = await buildStep(engine, { ...net, example: feeds([0, 1]) });
  const { history } = await train(engine, step, freshWeights(inspection, 3), {
    epochs: 12,
    batch: 16,
    learningRate: 0.02,
    seed: 1,
    count,
    feeds,
  });
  const [first, last] = [history[0]!, history.at(-1)!];
  expect(first.accuracy).toBeUndefined();
  expect(last.loss).toBeLessThan(0.5 * first.loss);
  expect(last.agreement!).toBeGreaterThan(first.agreement! + 0.1);
  expect(last.agreement!).toBeLessThan(1);
});
