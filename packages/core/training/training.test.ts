/** @file Layers, losses and the training loop: against formulas written out, and run against run. */
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { createBuilder, serialiseModel, type GraphBuilder, type ModelProto } from "../onnx/index.ts";
import { float32, type Tensor, type Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel, emptyModel } from "../testing/models.ts";
import {
  buildStep,
  classLoss,
  convolution,
  crossEntropy,
  dense,
  meanSquaredError,
  rowsOfRuns,
  train,
  type Checkpoint,
  type ConvolutionOptions,
  type LayerContext,
  type LossOptions,
  type Parameters,
  type TrainingStep,
  type TrainOptions,
} from "./index.ts";

const context = (g: GraphBuilder, parameters: Parameters, mode: LayerContext["mode"]): LayerContext => ({
  g,
  parameters,
  seed: 1,
  mode,
  updates: new Map(),
});

async function run(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model), { optimisation: "none" });
  const found = await session.run(feeds);
  await session.release();
  return found;
}

function closeTo(found: Tensor, expected: ArrayLike<number>, within: number): void {
  expect(found.data).toHaveLength(expected.length);
  const worst = Array.from(found.data as Float32Array, (value, i) => Math.abs(value - expected[i]!));
  expect(Math.max(...worst)).toBeLessThan(within);
}

const shapes: [string, ConvolutionOptions][] = [
  ["convolution", { inputs: 3, outputs: 4, kernel: 3, stride: 2, pad: 1 }],
  [
    "transposed convolution",
    { inputs: 3, outputs: 4, kernel: 3, stride: 2, pad: 1, transposed: { outputPadding: [1, 0] } },
  ],
];

describe.each(shapes)("batch normalisation after a %s", (_, options) => {
  const x = randomTensor([5, 3, 6, 7], "x");
  const parameters: Parameters = new Map();
  const named: Record<string, [number, number]> = {
    scale: [0.5, 2],
    shift: [-1, 1],
    mean: [-0.5, 0.5],
    variance: [0.2, 3],
  };
  for (const [name, [from, to]] of Object.entries(named))
    parameters.set(`layer/${name}`, randomTensor([4], name, from, to));
  const layer = (mode: LayerContext["mode"]): ModelProto =>
    buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 6, 7]);
      const c = context(g, parameters, mode);
      g.opAs("y", "Identity", [convolution(c, "x", "layer", { ...options, activated: false })]);
      g.output("y");
      for (const [name, update] of c.updates) g.output(g.opAs(`new ${name}`, "Identity", [update]));
    });
  /** The convolution alone, with the same weights. */
  const raw = async (): Promise<Tensor> => {
    layer("train");
    const { stride = 1, pad = 0, transposed } = options;
    const plain = buildModel((g) => {
      g.input("x", "float32", ["batch", 3, 6, 7]);
      g.initialiser("w", parameters.get("layer/weight")!);
      g.opAs("y", transposed ? "ConvTranspose" : "Conv", ["x", "w"], {
        strides: { ints: [stride, stride] },
        pads: { ints: [pad, pad, pad, pad] },
        ...(transposed && { output_padding: { ints: transposed.outputPadding } }),
      });
      g.output("y");
    });
    return (await run(plain, { x }))["y"]!;
  };
  const normalised = (y: Tensor, mean: ArrayLike<number>, variance: ArrayLike<number>): number[] => {
    const area = y.dims[2]! * y.dims[3]!;
    const [scale, shift] = ["scale", "shift"].map((name) => parameters.get(`layer/${name}`)!.data);
    return Array.from(y.data as Float32Array, (value, i) => {
      const k = Math.floor(i / area) % 4;
      return (scale![k]! * (value - mean[k]!)) / Math.sqrt(variance[k]! + 1e-5) + shift![k]!;
    });
  };

  it("for inference, folded into the weights, uses the running statistics", async () => {
    const y = await raw();
    const found = await run(layer("infer"), { x });
    expect(found["y"]!.dims).toEqual(y.dims);
    const [mean, variance] = ["mean", "variance"].map((name) => parameters.get(`layer/${name}`)!.data);
    closeTo(found["y"]!, normalised(y, mean!, variance!), 1e-5);
  });

  it("in training uses the batch's and moves the running ones a tenth of the way", async () => {
    const y = await raw();
    const area = y.dims[2]! * y.dims[3]!;
    const moments = [0, 1, 2, 3].map((k) => {
      const own = Array.from(y.data as Float32Array).filter((_, i) => Math.floor(i / area) % 4 === k);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      return { mean, variance: own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length };
    });
    const found = await run(layer("train"), { x });
    const means = moments.map(({ mean }) => mean);
    const variances = moments.map(({ variance }) => variance);
    closeTo(found["y"]!, normalised(y, means, variances), 1e-5);
    for (const [name, batch] of [
      ["mean", means],
      ["variance", variances],
    ] as const) {
      const old = parameters.get(`layer/${name}`)!.data;
      closeTo(
        found[`new layer/${name}`]!,
        batch.map((value, k) => 0.9 * old[k]! + 0.1 * value),
        1e-5,
      );
    }
  });
});

describe("losses", () => {
  it.each([0, 0.1])("cross-entropy with smoothing %f, and the rows that are right", async (smoothing) => {
    const logits = randomTensor([6, 5], "logits", -3, 3);
    const labels = [0, 1, 2, 3, 4, 0];
    const model = buildModel((g) => {
      g.input("logits", "float32", ["batch", 5]);
      g.input("labels", "int64", ["batch"]);
      const { loss, correct } = crossEntropy(g, "logits", "labels", 5, smoothing);
      g.output(g.opAs("loss", "Identity", [loss]));
      g.output(g.opAs("correct", "Identity", [correct]));
    });
    const int64 = { type: "int64", dims: [6], data: BigInt64Array.from(labels, BigInt) } as const;
    const found = await run(model, { logits, labels: int64 });
    let loss = 0;
    let correct = 0;
    labels.forEach((label, row) => {
      const scores = [...logits.data.subarray(5 * row, 5 * row + 5)];
      const total = Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0));
      scores.forEach(
        (score, k) => (loss -= ((score - total) * ((k === label ? 1 - smoothing : 0) + smoothing / 5)) / 6),
      );
      if (scores.indexOf(Math.max(...scores)) === label) correct++;
    });
    closeTo(found["loss"]!, [loss], 1e-5);
    closeTo(found["correct"]!, [correct], 1e-9);
  });

  /** The loss of `kind` and the softened or plain log-probabilities that it should be made of. */
  const lossOf = async (options: LossOptions, logits: Tensor, teacher: Tensor, labels: number[]): Promise<Tensors> => {
    const model = buildModel((g) => {
      g.input("logits", "float32", ["batch", 5]);
      g.input("teacher", "float32", ["batch", 5]);
      g.input("labels", "int64", ["batch"]);
      const { loss, correct } = classLoss(g, "logits", { labels: "labels", teacher: "teacher" }, 5, options);
      g.output(g.opAs("loss", "Identity", [loss]));
      g.output(g.opAs("correct", "Identity", [correct]));
    });
    const int64 = { type: "int64", dims: [labels.length], data: BigInt64Array.from(labels, BigInt) } as const;
    return run(model, { logits, teacher, labels: int64 });
  };
  const logProbabilities = (row: Float32Array, temperature: number): number[] => {
    const total = Math.log(row.reduce((sum, score) => sum + Math.exp(score / temperature), 0));
    return Array.from(row, (score) => score / temperature - total);
  };

  it("distillation: T^2 times the divergence from the teacher, and the labels' cross-entropy", async () => {
    const [logits, teacher] = [randomTensor([3, 5], "logits", -3, 3), randomTensor([3, 5], "teacher", -3, 3)];
    const labels = [4, 0, 2];
    const found = await lossOf({ kind: "distillation", temperature: 4, weight: 0.7 }, logits, teacher, labels);
    let loss = 0;
    labels.forEach((label, row) => {
      const [own, known] = [logits, teacher].map(({ data }) => data.subarray(5 * row, 5 * row + 5));
      const [soft, target] = [logProbabilities(own!, 4), logProbabilities(known!, 4)];
      const divergence = target.reduce((sum, log, k) => sum + Math.exp(log) * (log - soft[k]!), 0);
      loss += (0.7 * 16 * divergence - 0.3 * logProbabilities(own!, 1)[label]!) / 3;
    });
    closeTo(found["loss"]!, [loss], 1e-5);
    const same = await lossOf({ kind: "distillation", temperature: 2, weight: 1 }, teacher, teacher, labels);
    closeTo(same["loss"]!, [0], 1e-6);
  });

  it("mean squared error from the labels, or from a teacher", async () => {
    const [logits, teacher] = [randomTensor([2, 5], "logits", -3, 3), randomTensor([2, 5], "teacher", -3, 3)];
    const mean = (target: (row: number, k: number) => number): number =>
      logits.data.reduce((sum, value, i) => sum + (value - target(Math.floor(i / 5), i % 5)) ** 2 / 10, 0);
    const fromLabels = await lossOf({ kind: "mse" }, logits, teacher, [3, 1]);
    closeTo(fromLabels["loss"]!, [mean((row, k) => (k === [3, 1][row] ? 1 : 0))], 1e-5);
    const fromTeacher = await lossOf({ kind: "mse", teacher: true }, logits, teacher, [3, 1]);
    closeTo(fromTeacher["loss"]!, [mean((row, k) => teacher.data[5 * row + k]!)], 1e-5);
  });

  it("mean squared error", async () => {
    const model = buildModel((g) => {
      g.input("a", "float32", [2, 3]);
      g.input("b", "float32", [2, 3]);
      g.output(g.opAs("y", "Identity", [meanSquaredError(g, "a", "b", 2)]));
    });
    const found = await run(model, { a: float32([2, 3], [1, 2, 3, 4, 5, 6]), b: float32([2, 3], [1, 2, 3, 4, 5, 0]) });
    closeTo(found["y"]!, [6], 1e-6);
  });
});

/** Two convolutions and a dense layer that learn which quarter of an 8 x 8 picture is bright. */
async function task(count = 96): Promise<{ step: TrainingStep; parameters: Parameters; options: TrainOptions }> {
  const pictures = randomTensor([count, 1, 8, 8], "pictures", 0, 1);
  for (let i = 0; i < count; i++)
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 4; x++) pictures.data[i * 64 + (y + (i & 1 ? 4 : 0)) * 8 + x + (i & 2 ? 4 : 0)]! += 0.7;
  const parameters: Parameters = new Map();
  const model = emptyModel();
  const g = createBuilder(model);
  g.input("image", "float32", ["batch", 1, 8, 8]);
  g.input("labels", "int64", ["batch"]);
  const c = context(g, parameters, "train");
  const a = convolution(c, "image", "a", { inputs: 1, outputs: 4, kernel: 3, stride: 2, pad: 1 });
  const b = convolution(c, a, "b", { inputs: 4, outputs: 4, kernel: 3, pad: 1 });
  const { loss, correct } = crossEntropy(g, dense(c, g.op("Flatten", [b]), "c", 64, 4), "labels", 4);
  g.output(loss);
  const feeds = (indices: Uint32Array): Tensors => {
    const data = new Float32Array(indices.length * 64);
    indices.forEach((index, row) => data.set(pictures.data.subarray(index * 64, index * 64 + 64), row * 64));
    const labels = BigInt64Array.from(indices, (index) => BigInt(index & 3));
    return {
      image: float32([indices.length, 1, 8, 8], data),
      labels: { type: "int64", dims: [indices.length], data: labels },
    };
  };
  const trained = [...parameters.keys()].filter((name) => !c.updates.has(name));
  const example = feeds(Uint32Array.of(0, 1));
  const step = await buildStep(engine, {
    forward: model,
    loss,
    figures: { accuracy: correct },
    trained,
    updates: c.updates,
    example,
  });
  return { step, parameters, options: { epochs: 4, batch: 16, learningRate: 0.01, seed: 1, count, feeds } };
}

describe("train", () => {
  it("learns, and tells how far it is", async () => {
    const { step, parameters, options } = await task();
    const done: number[] = [];
    const { history } = await train(engine, step, parameters, {
      ...options,
      onProgress: (progress) => void done.push(progress.done),
    });
    expect(history).toHaveLength(4);
    expect(history[3]!.loss).toBeLessThan(0.5 * history[0]!.loss);
    expect(history[3]!.accuracy).toBeGreaterThan(0.8);
    // Steps that run together are told of together, but epochs never are.
    expect(done.length).toBeGreaterThanOrEqual(4);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    for (const epoch of [1, 2, 3, 4]) expect(done).toContain(epoch / 4);
  });

  it.each<[{ count: number; batch: number; accumulate?: number }, number | undefined]>([
    [{ count: 100, batch: 16 }, 16],
    [{ count: 10, batch: 16 }, 10],
    [{ count: 100, batch: 16, accumulate: 3 }, 16],
    // A step of 40 images: runs of 16, 16 and 8.
    [{ count: 40, batch: 16, accumulate: 3 }, undefined],
  ])("knows the images of each run: %o, %s", async (sizes, rows) => {
    expect(rowsOfRuns(sizes)).toBe(rows);
    const { step, parameters, options } = await task();
    const seen: number[] = [];
    const feeds: typeof options.feeds = (indices, epoch, run) => {
      seen.push(indices.length);
      return options.feeds(
        indices.map((i) => i % options.count),
        epoch,
        run,
      );
    };
    if (sizes.accumulate === undefined) {
      await train(engine, step, parameters, { ...options, ...sizes, epochs: 1, feeds });
      expect(new Set(seen)).toEqual(new Set([rows]));
    }
  });

  it("gives the same bits for the same seed, others for another", async () => {
    const { step, parameters, options } = await task();
    const first = await train(engine, step, parameters, options);
    expect(await train(engine, step, parameters, options)).toEqual(first);
    const other = await train(engine, step, parameters, { ...options, seed: 2 });
    expect(other.parameters.get("a/weight")).not.toEqual(first.parameters.get("a/weight"));
  });

  it.each([1, 2, 3])("resumed after epoch %i ends bit for bit as an unbroken run", async (epoch) => {
    const { step, parameters, options } = await task();
    const checkpoints: Checkpoint[] = [];
    const whole = await train(engine, step, parameters, {
      ...options,
      onCheckpoint: async (at) => void checkpoints.push(structuredClone(at)),
    });
    const { step: again, parameters: fresh } = await task();
    const resumed = await train(engine, again, fresh, { ...options, checkpoint: checkpoints[epoch - 1]! });
    expect(resumed).toEqual(whole);
  });

  it("goes through fewer images than a batch, and leaves a last part of a batch out", async () => {
    const { step, parameters, options } = await task(5);
    const seen: number[] = [];
    const feeds = (indices: Uint32Array): Tensors => {
      seen.push(indices.length);
      return options.feeds(indices, 0, 0) as Tensors;
    };
    await train(engine, step, parameters, { ...options, epochs: 2, feeds });
    await train(engine, step, parameters, { ...options, epochs: 1, batch: 2, feeds });
    expect(seen).toEqual([5, 5, 2, 2]);
  });

  it("stops when asked", async () => {
    const { step, parameters, options } = await task();
    const stop = new AbortController();
    const reason = new Error("enough");
    const running = train(engine, step, parameters, {
      ...options,
      signal: stop.signal,
      onProgress: ({ done }) => void (done > 0.3 && stop.abort(reason)),
    });
    await expect(running).rejects.toBe(reason);
  });

  it("says so when it diverges", async () => {
    const { step, parameters, options } = await task();
    await expect(train(engine, step, parameters, { ...options, learningRate: 1e38 })).rejects.toMatchObject({
      code: "ERR_TRAINING_DIVERGED",
      message: expect.stringContaining("smaller learning rate"),
    });
  });
});
