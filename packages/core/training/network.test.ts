/** @file Any model as a network to be trained: what moves, what stays, what is handed over. */
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { inspectModel, parseModel, serialiseModel, type Inspection, type ModelProto } from "../onnx/index.ts";
import { float32, int64, type Tensor, type Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { residualNetwork } from "../testing/networks.ts";
import { aimAt } from "../testing/scores.ts";
import {
  buildStep,
  classObjective,
  drawMasks,
  fed,
  initialState,
  stepScalars,
  train,
  trainableNetwork,
  withWeights,
  type Checkpoint,
  type NetworkOptions,
  type Objective,
  type StepOptions,
  type TrainableNetwork,
  type TrainOptions,
} from "./index.ts";

const classes = (inspection: Inspection): Objective =>
  classObjective(aimAt(inspection, 4).binding, { kind: "cross-entropy" });

const count = 48;
/** Four kinds of picture: noise with one of four corners bright. */
const pictures = randomTensor([count, 3, 8, 8], "pictures");
for (let i = 0; i < count; i++)
  for (let y = 0; y < 4; y++)
    for (let x = 0; x < 4; x++) pictures.data[i * 192 + (y + (i & 1 ? 4 : 0)) * 8 + x + (i & 2 ? 4 : 0)]! += 2;

/** Convolution, normalisation, ReLU, Dropout, dense, softmax; the dense layer's weight is a Constant's value. */
function network(opset = 13, dropout = 0.5): ModelProto {
  return buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    g.initialiser("conv.weight", randomTensor([6, 3, 3, 3], "conv.weight", -0.3, 0.3));
    for (const [name, from, to] of [
      ["scale", 0.5, 1.5],
      ["shift", -0.2, 0.2],
      ["mean", -0.5, 0.5],
      ["variance", 0.5, 2],
    ] as const)
      g.initialiser(`norm.${name}`, randomTensor([6], name, from, to));
    g.opAs("conv", "Conv", ["image", "conv.weight"], { kernel_shape: { ints: [3, 3] } });
    const statistics = ["scale", "shift", "mean", "variance"].map((name) => `norm.${name}`);
    g.opAs("norm", "BatchNormalization", ["conv", ...statistics], {
      epsilon: { float: 1e-3 },
      momentum: { float: 0.8 },
    });
    g.opAs("relu", "Relu", ["norm"]);
    if (opset < 12) g.opAs("drop", "Dropout", ["relu"], { ratio: { float: dropout } });
    else g.opAs("drop", "Dropout", ["relu", g.initialiser("ratio", float32([], [dropout]))]);
    g.opAs("flat", "Flatten", ["drop"]);
    g.opAs("dense.weight", "Constant", [], { value: { tensor: randomTensor([216, 4], "dense", -0.1, 0.1) } });
    g.initialiser("dense.bias", float32([4], new Float32Array(4)));
    g.opAs("logits", "Gemm", ["flat", "dense.weight", "dense.bias"]);
    g.opAs("probabilities", "Softmax", ["logits"], { axis: { int: 1 } });
    g.output("probabilities", "float32", ["batch", 4]);
  }, opset);
}

async function run(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model));
  const found = await session.run(feeds);
  await session.release();
  return found;
}

function take(from: Tensor<"float32">, indices: Uint32Array): Tensor<"float32"> {
  const data = new Float32Array(indices.length * 192);
  indices.forEach((index, row) => data.set(from.data.subarray(index * 192, index * 192 + 192), row * 192));
  return float32([indices.length, 3, 8, 8], data);
}

const all = Uint32Array.from({ length: count }, (_, i) => i);

function feedsFor(net: TrainableNetwork, head?: (images: Tensor) => Tensor | Promise<Tensor>) {
  return async (indices: Uint32Array, _: number, at: number): Promise<Tensors> => {
    const images = take(pictures, indices);
    return {
      [net.input]: head ? await head(images) : images,
      [fed.labels]: int64(
        [indices.length],
        Array.from(indices, (i) => i & 3),
      ),
      ...drawMasks(net.masks, indices.length, 1, at),
    };
  };
}

async function prepare(
  model: ModelProto,
  options: Partial<NetworkOptions> = {},
  more: Partial<StepOptions> = {},
  head?: (images: Tensor) => Promise<Tensor>,
) {
  const inspection = await inspectModel(model, engine);
  const net = trainableNetwork(inspection, { objective: classes(inspection), ...options });
  const feeds = feedsFor(net, head);
  const step = await buildStep(engine, { ...net, example: await feeds(all.slice(0, 2), 0, 0), ...more });
  return { inspection, net, feeds, step };
}

const settings = { epochs: 3, batch: 16, learningRate: 0.01, seed: 1, count };

async function trained(model: ModelProto, options: Partial<NetworkOptions> = {}, more: Partial<TrainOptions> = {}) {
  const { net, feeds, step, inspection } = await prepare(model, options);
  const found = await train(engine, step, net.parameters, { ...settings, feeds, ...more });
  return { ...found, net, inspection, model: withWeights(model, found.parameters) };
}

/** Names of what differs between two models' weights. */
async function changed(before: ModelProto, after: ModelProto): Promise<string[]> {
  const values = (model: ModelProto): Map<string, string> =>
    new Map([
      ...model.graph!.initializer.map(({ name, rawData }) => [name, String(rawData)] as const),
      ...model
        .graph!.node.filter(({ opType }) => opType === "Constant")
        .map(({ output, attribute }) => [output[0]!, String(attribute[0]!.t!.rawData)] as const),
    ]);
  const [old, now] = [values(before), values(after)];
  return [...old].filter(([name, value]) => now.get(name) !== value).map(([name]) => name);
}

const accuracy = async (model: ModelProto): Promise<number> => {
  const scores = Object.values(await run(model, { [model.graph!.input[0]!.name]: pictures }))[0]!.data as Float32Array;
  let right = 0;
  for (let i = 0; i < count; i++) {
    const row = [...scores.subarray(4 * i, 4 * i + 4)];
    if (row.indexOf(Math.max(...row)) === (i & 3)) right++;
  }
  return right / count;
};

describe("any model", () => {
  it.each([7, 9, 13, 17, 21])("of operator set %i learns and keeps everything but its weights", async (opset) => {
    const before = network(opset, 0.1);
    const { model, history } = await trained(before, {}, { epochs: 6 });
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss);
    expect(await accuracy(model)).toBeGreaterThan(Math.max(0.7, await accuracy(before)));
    expect(await changed(before, model)).toEqual([
      "conv.weight",
      "norm.scale",
      "norm.shift",
      "norm.mean",
      "norm.variance",
      "dense.bias",
      "dense.weight",
    ]);
    // The same bytes but for the numbers.
    const zeros = (of: ModelProto): Uint8Array => {
      const copy = parseModel(serialiseModel(of));
      for (const { rawData } of copy.graph!.initializer) rawData.fill(0);
      for (const { opType, attribute } of copy.graph!.node) if (opType === "Constant") attribute[0]!.t!.rawData.fill(0);
      return serialiseModel(copy);
    };
    expect(zeros(model)).toEqual(zeros(before));
  });

  it("moves the running statistics as ONNX says", async () => {
    const { step, net, feeds } = await prepare(network());
    const indices = all.slice(0, 16);
    const session = await engine.load(serialiseModel(step.model));
    const fedNow = {
      ...(await feeds(indices, 0, 0)),
      ...initialState(step, net.parameters),
      ...stepScalars(step, 0.1, 0),
    };
    const found = await session.run(fedNow);
    await session.release();
    const convolved = buildModel((g) => {
      g.input("image", "float32", ["batch", 3, 8, 8]);
      g.initialiser("w", net.parameters.get("conv.weight")!);
      g.output(g.opAs("y", "Conv", ["image", "w"]));
    });
    const y = (await run(convolved, { image: take(pictures, indices) }))["y"]!.data as Float32Array;
    for (const channel of [0, 5]) {
      const own = [...y].filter((_, i) => Math.floor(i / 36) % 6 === channel);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length;
      const next = (name: string): number => Number(found[step.state.get(name)!]!.data[channel]);
      const old = (name: string): number => net.parameters.get(name)!.data[channel]!;
      expect(next("norm.mean")).toBeCloseTo(0.8 * old("norm.mean") + 0.2 * mean, 5);
      expect(next("norm.variance")).toBeCloseTo(0.8 * old("norm.variance") + 0.2 * variance, 4);
    }
  });

  it("is trained with larger batches where its batch is fixed to one image", async () => {
    const fixed = await trained(residualNetwork({ batch: 1 }));
    const free = await trained(residualNetwork());
    expect(fixed.parameters).toEqual(free.parameters);
    expect(fixed.model.graph!.input).toEqual(residualNetwork({ batch: 1 }).graph!.input);
  });

  it("drops values in training alone, others in each run, the same in the same run", async () => {
    const { net } = await prepare(network(13, 0.25));
    expect(net.masks).toMatchObject([{ ratio: 0.25, dims: [6, 6, 6] }]);
    const [first, second] = [0, 1].map((at) => Object.values(drawMasks(net.masks, 50, 1, at))[0]!);
    expect(new Set(first!.data as Float32Array)).toEqual(new Set([0, Math.fround(4 / 3)]));
    const dropped = (first!.data as Float32Array).filter((value) => value === 0).length / first!.data.length;
    expect(dropped).toBeCloseTo(0.25, 1);
    expect(drawMasks(net.masks, 50, 1, 0)).toEqual(drawMasks(net.masks, 50, 1, 0));
    expect(second).not.toEqual(first);
    expect(net.evaluation.model.graph!.input.some(({ name }) => name.startsWith("training/mask/"))).toBe(false);
  });

  it("evaluates with parameters from outside as the written model does", async () => {
    const { model, parameters, net } = await trained(network(), {}, { epochs: 2 });
    const { [net.input]: image, [fed.labels]: labels } = await feedsFor(net)(all, 0, 0);
    const found = await run(net.evaluation.model, {
      [net.input]: image!,
      [fed.labels]: labels!,
      ...Object.fromEntries(parameters),
    });
    expect(Number(found[net.evaluation.figures.accuracy!]!.data[0]) / count).toBe(await accuracy(model));
  });
});

describe("parts of a model", () => {
  const names = (inspection: Inspection, options: Partial<NetworkOptions>): string[] =>
    trainableNetwork(inspection, { objective: classes(inspection), ...options }).trained;

  it("are what comes after, what leads to, or what is named", async () => {
    const inspection = await inspectModel(residualNetwork(), engine);
    expect(names(inspection, { from: "relu3" })).toEqual(["logits.weight", "logits.bias"]);
    expect(names(inspection, { until: "relu1" })).toEqual(["stem.weight", "stem.bias"]);
    expect(names(inspection, { from: "relu1", until: "relu2" })).toEqual(["conv2.weight", "conv2.bias"]);
    expect(names(inspection, { only: ["*.bias"] })).toEqual(["stem.bias", "conv2.bias", "conv3.bias", "logits.bias"]);
  });

  it("say what there is where nothing is left", async () => {
    const inspection = await inspectModel(residualNetwork(), engine);
    expect(() => names(inspection, { only: ["head.*"] })).toThrow(
      'nothing to train: expected weights named head.*, the model has 8 from "stem.weight" to "logits.bias"',
    );
    expect(() => names(inspection, { from: "conv2" })).toThrow(/does not separate/);
    expect(() => names(inspection, { until: "nowhere" })).toThrow(/"nowhere" is made by no operator/);
  });

  it("the tail learns on features, and the head stays bit for bit", async () => {
    const before = network();
    const inspection = await inspectModel(before, engine);
    const { head } = trainableNetwork(inspection, {
      from: "relu",
      objective: classes(inspection),
    });
    const through = async (images: Tensor): Promise<Tensor> => (await run(head!, { image: images }))["relu"]!;
    const { net, step, feeds } = await prepare(before, { from: "relu" }, {}, through);
    const { parameters } = await train(engine, step, net.parameters, { ...settings, feeds });
    const after = withWeights(before, parameters);
    expect(await changed(before, after)).toEqual(["dense.bias", "dense.weight"]);
    expect(await accuracy(after)).toBeGreaterThan(await accuracy(before));
  });

  it("a frozen normalisation keeps its statistics, and a frozen tail drops nothing", async () => {
    const before = network();
    const dense = await trained(before, { only: ["dense.*"] });
    expect(await changed(before, dense.model)).toEqual(["dense.bias", "dense.weight"]);
    const conv = await trained(before, { until: "relu" });
    expect(conv.net.masks).toEqual([]);
    expect(await changed(before, conv.model)).toEqual([
      "conv.weight",
      "norm.scale",
      "norm.shift",
      "norm.mean",
      "norm.variance",
    ]);
  });
});

describe("gradients of several batches", () => {
  it("make the step of one large batch, also where the last one is smaller", async () => {
    const plain = await prepare(residualNetwork(), {}, { optimiser: { kind: "sgd" } });
    const summed = await prepare(residualNetwork(), {}, { optimiser: { kind: "sgd" }, accumulate: true });
    for (const [batch, accumulate, rows] of [
      [8, 3, 24],
      [20, 3, 48],
    ] as const) {
      const options = { ...settings, epochs: 2 };
      const large = await train(engine, plain.step, plain.net.parameters, {
        ...options,
        batch: rows,
        feeds: plain.feeds,
      });
      const small = await train(engine, summed.step, summed.net.parameters, {
        ...options,
        batch,
        accumulate,
        feeds: summed.feeds,
      });
      for (const [name, { data }] of large.parameters) {
        const worst = Math.max(...data.map((value, i) => Math.abs(value - small.parameters.get(name)!.data[i]!)));
        expect(worst, name).toBeLessThan(1e-5);
      }
      expect(small.history[1]!.loss).toBeCloseTo(large.history[1]!.loss, 4);
    }
  });
});

describe("early stopping", () => {
  const scores = [0.5, 0.7, 0.6, 0.7, 0.65, 0.9];
  const stopping = async (patience: number) => {
    const seen: Tensors[] = [];
    const { net, feeds, step } = await prepare(residualNetwork());
    const found = await train(engine, step, net.parameters, {
      ...settings,
      epochs: 6,
      feeds,
      patience,
      evaluate: async (parameters) => {
        seen.push(structuredClone(parameters));
        return { loss: 1, accuracy: scores[seen.length - 1]! };
      },
    });
    return { seen, ...found };
  };

  it("keeps the first best epoch's parameters once no better one came for so long", async () => {
    const { seen, parameters, history } = await stopping(2);
    expect(history.map(({ held }) => held!.accuracy)).toEqual([0.5, 0.7, 0.6, 0.7]);
    expect(parameters.get("stem.weight")).toEqual(seen[1]!["stem.weight"]);
    expect(parameters.get("stem.weight")).not.toEqual(seen[3]!["stem.weight"]);
  });

  it("goes on with more patience", async () => {
    const { seen, parameters, history } = await stopping(4);
    expect(history).toHaveLength(6);
    expect(parameters.get("stem.weight")).toEqual(seen[5]!["stem.weight"]);
  });
});

it("resumed at any epoch, ends bit for bit: dropout, statistics, summed gradients, clipping, the best so far", async () => {
  const { net, feeds, step } = await prepare(
    network(),
    {},
    { optimiser: { kind: "adamw", weightDecay: 0.1 }, accumulate: true, clip: 1 },
  );
  const evaluator = await engine.load(serialiseModel(net.evaluation.model));
  const evaluate = async (parameters: Tensors) => {
    const names = [...net.parameters.keys()];
    const held = await feeds(all.slice(0, 8), 0, 0);
    const found = await evaluator.run({
      [net.input]: held[net.input]!,
      [fed.labels]: held[fed.labels]!,
      ...Object.fromEntries(names.map((name) => [name, parameters[name]!])),
    });
    return {
      loss: Number(found[net.evaluation.loss]!.data[0]),
      accuracy: Number(found[net.evaluation.figures.accuracy!]!.data[0]) / 8,
    };
  };
  const options = { ...settings, epochs: 4, batch: 8, accumulate: 2, patience: 2, evaluate, feeds };
  const checkpoints: Checkpoint[] = [];
  const whole = await train(engine, step, net.parameters, {
    ...options,
    onCheckpoint: async (at) => void checkpoints.push(structuredClone(at)),
  });
  expect(checkpoints.length).toBeGreaterThan(2);
  for (const checkpoint of checkpoints) {
    const resumed = await train(engine, step, net.parameters, { ...options, checkpoint });
    expect(resumed, `after epoch ${checkpoint.epoch}`).toEqual(whole);
  }
  await evaluator.release();
});
