/** @file What is timed: saliency and the training step, whole and up to a stage, so that differences give shares. */
import { engine } from "split-et-impera";
import { addGradients, layOutConvolutions, raiseModel } from "../../packages/core/gradient/index.ts";
import {
  copyModel,
  createBuilder,
  fromProto,
  inspectModel,
  observe,
  serialiseModel,
  type ModelProto,
} from "../../packages/core/onnx/index.ts";
import { randomStream } from "../../packages/core/random/index.ts";
import { buildSaliencyGraph, classAim } from "../../packages/core/saliency/index.ts";
import { float32, int64, type Tensor, type Tensors } from "../../packages/core/tensor/index.ts";
import { buildStep, crossEntropy, initialState, repeatStep, stepScalars } from "../../packages/core/training/index.ts";

export interface Task {
  name: string;
  /** Images of one run. */
  images: number;
  run(): Promise<void>;
  release(): Promise<void>;
}

function images(rows: number): Tensor {
  const random = randomStream(1, "images");
  return float32(
    [rows, 3, 32, 32],
    Float32Array.from({ length: rows * 3072 }, () => random.normal()),
  );
}

const labels = (rows: number): Tensor =>
  int64(
    [rows],
    Array.from({ length: rows }, (_, i) => i % 10),
  );

async function task(name: string, model: ModelProto, feeds: Tensors, rows: number): Promise<Task> {
  const session = await engine.load(serialiseModel(model));
  const known = Object.fromEntries(session.inputs.map((input) => [input, feeds[input]!]));
  return {
    name,
    images: rows,
    run: async () => void (await session.run(known)),
    release: () => session.release(),
  };
}

/** The forward pass alone; with the backward pass to the first layer; and with the reduction to one number per layer. */
export async function saliencyTasks(model: ModelProto, rows: number): Promise<Task[]> {
  const inspection = await inspectModel(model, engine);
  const aim = classAim(
    inspection,
    Array.from({ length: 10 }, (_, i) => `${i}`),
    "label",
  );
  const { model: whole, points } = await buildSaliencyGraph(engine, inspection, aim);
  const labelInput = whole.graph!.input.at(-1)!.name;
  const feeds = { image: images(rows), [labelInput]: labels(rows), seed: float32([rows, 10], seeds(rows)) };
  const { model: backward, seen } = raiseModel(model, inspection.seen);
  const g = createBuilder(backward);
  g.input("seed", "float32", ["batch", 10]);
  const { of } = addGradients(g, { of: [{ tensor: "logits", seed: "seed" }], wrt: [points[0]!.tensor], seen });
  // A few numbers leave the engine, not the gradient.
  backward.graph!.output = [];
  g.output(g.reduceMean(of[points[0]!.tensor]!, [0, 2, 3], false), "float32");
  return [
    await task("forward", model, feeds, rows),
    await task("backward", backward, feeds, rows),
    await task("reduction", whole, feeds, rows),
  ];
}

function seeds(rows: number): Float32Array {
  const values = new Float32Array(rows * 10);
  for (let i = 0; i < rows; i++) values[i * 10 + (i % 10)] = 1;
  return values;
}

/** As `train` does, which takes as many as fit into a second. */
const stepsPerRun = 5;

/** The loss alone; with gradients, each reduced to a number; and the whole step with Adam, its state fed back. */
export async function trainingTasks(model: ModelProto, rows: number): Promise<Task[]> {
  const forward = copyModel(model);
  const b = createBuilder(forward);
  b.input("label", "int64", ["batch"]);
  const { loss, correct } = crossEntropy(b, "logits", "label", 10);
  forward.graph!.output = [];
  b.output(loss, "float32", []);
  const trained = model.graph!.initializer.filter(({ dataType }) => dataType === 1).map(({ name }) => name);
  const example = { image: images(2), label: labels(2) };
  const step = await buildStep(engine, {
    forward,
    loss,
    figures: { accuracy: correct },
    trained,
    updates: new Map(),
    example,
    rows,
  });
  const parameters = new Map(
    trained.map((name) => [name, fromProto(model.graph!.initializer.find((proto) => proto.name === name)!)] as const),
  );
  let state = initialState(step, parameters as Map<string, Tensor<"float32">>);
  const batch = { image: images(rows), label: labels(rows) };

  const { model: backward, seen } = raiseModel(forward, await observe(forward, engine, example));
  const g = createBuilder(backward);
  const { of } = addGradients(g, { of: [{ tensor: loss, seed: g.scalar(1) }], wrt: trained, seen });
  const alone = copyModel(forward);
  for (const part of [alone, backward]) await layOutConvolutions(engine, part, seen, new Set(trained), example, rows);
  for (const name of trained) {
    const dims = seen.get(name)!.dims;
    const sum = g.reduceSum(
      of[name]!,
      dims.map((_, i) => i),
      false,
    );
    g.output(sum, "float32", []);
    // Weights are inputs in a step, so that the engine may lay out nothing ahead.
    const info = step.model.graph!.input.find((input) => input.name === name)!;
    backward.graph!.input.push(info);
    alone.graph!.input.push(info);
  }

  const repeated = repeatStep(step);
  const session = await engine.load(serialiseModel(repeated.model));
  const steps = Array.from({ length: stepsPerRun }, () => ({ ...batch, ...stepScalars(step, 1e-6, 0) }));
  return [
    await task("forward", alone, { ...batch, ...state }, rows),
    await task("backward", backward, { ...batch, ...state }, rows),
    {
      name: "optimiser",
      images: rows * stepsPerRun,
      async run() {
        ({ state } = repeated.read(await session.run(repeated.feeds(steps, state))));
      },
      release: () => session.release(),
    },
  ];
}
