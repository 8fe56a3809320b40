/** @file Bottlenecks at lines, maps with channels first and last, tokens and vectors, of models for any and for one sample. */
import { describe, expect, it } from "vitest";
import { inspectModel, serialiseModel, valueInfo, type GraphBuilder, type ModelProto } from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import type { AutoencoderOptions } from "../study/index.ts";
import { float32, rows, rowsAt, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import { engine } from "../testing/engine.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear } from "../testing/networks.ts";
import { factsOf, segmentation, type Segments } from "../task/index.ts";
import { fed, meanSquareOf, outputsObjective, truthsObjective, type Objective } from "../training/index.ts";
import { joinBottleneck, trainBottleneck, type Lesson, type TrainingImages } from "./index.ts";

const count = 64;
const batch = 8;

interface Case {
  name: string;
  shape: number[];
  cut: string;
  output: string;
  compression: number;
  latent: number[];
  /** What must be reached of the outputs, after training. */
  agreement: number;
  /** From the input `x` to `cut` and on to `output`. */
  build(g: GraphBuilder): void;
}

const weight = (g: GraphBuilder, name: string, dims: readonly number[], size = 0.5): string =>
  g.initialiser(name, randomTensor(dims, name, -size, size));

const ones = (g: GraphBuilder): string => g.initialiser("ones", float32([16], new Float32Array(16).fill(1)));

const cases: Case[] = [
  {
    name: "a line [channels, length]",
    shape: [2, 32],
    cut: "line",
    output: "wave",
    compression: 4,
    latent: [16, 8],
    agreement: 0.5,
    build(g) {
      const line = (x: string, name: string, inputs: number, outputs: number): string =>
        g.opAs(name, "Conv", [x, weight(g, `${name}.weight`, [outputs, inputs, 3])], { pads: { ints: [1, 1] } });
      line(g.opAs("line", "Relu", [line("x", "first", 2, 16)]), "wave", 16, 2);
    },
  },
  {
    name: "a map of which every place is answered",
    shape: [3, 16, 16],
    cut: "half",
    output: "mask",
    compression: 4,
    latent: [64, 2, 2],
    agreement: 0.45,
    build(g) {
      const pool = { kernel_shape: { ints: [1, 1] }, strides: { ints: [2, 2] } };
      const half = g.opAs("half", "MaxPool", [g.op("Relu", [conv(g, "x", "c1", 3, 16)])], pool);
      conv(g, half, "mask", 16, 2);
    },
  },
  {
    name: "a map with its channels last",
    shape: [3, 8, 8],
    cut: "norm",
    output: "answer",
    compression: 8,
    latent: [32, 2, 2],
    agreement: 0.5,
    build(g) {
      const last = g.opAs("last", "Transpose", [conv(g, "x", "c1", 3, 16)], { perm: { ints: [0, 2, 3, 1] } });
      const norm = g.opAs("norm", "LayerNormalization", [last, ones(g)]);
      g.opAs("answer", "MatMul", [norm, weight(g, "w", [16, 4])]);
    },
  },
  {
    name: "tokens with attention behind them",
    shape: [6, 4],
    cut: "tokens",
    output: "answer",
    compression: 4,
    latent: [6, 4],
    agreement: 0.6,
    build(g) {
      const product = (x: string, name: string, inputs: number, outputs: number): string =>
        g.op("MatMul", [x, weight(g, name, [inputs, outputs])]);
      const tokens = g.opAs("tokens", "Add", [product("x", "embed", 4, 16), weight(g, "place", [6, 16], 0.1)]);
      const x = g.op("LayerNormalization", [tokens, ones(g)]);
      const [q, k, v] = ["q", "k", "v"].map((name) => product(x, name, 16, 16));
      const scores = g.op("MatMul", [q!, g.op("Transpose", [k!], { perm: { ints: [0, 2, 1] } })]);
      const seen = g.op("MatMul", [g.op("Softmax", [scores], { axis: { int: -1 } }), v!]);
      g.opAs("answer", "MatMul", [g.op("Add", [tokens, seen]), weight(g, "head", [16, 3])]);
    },
  },
  {
    name: "a vector",
    shape: [8],
    cut: "hidden",
    output: "numbers",
    compression: 4,
    latent: [8],
    agreement: 0.6,
    build(g) {
      const hidden = g.opAs("hidden", "LeakyRelu", [linear(g, "x", "l1", 8, 32)], { alpha: { float: 0.5 } });
      linear(g, hidden, "numbers", 32, 2);
    },
  },
];

const modelOf = ({ shape, output, build }: Case, rows: number | "batch"): ModelProto =>
  buildModel((g) => {
    g.input("x", "float32", [rows, ...shape]);
    build(g);
    g.output(output);
  });

const options: Omit<AutoencoderOptions, "compression"> = {
  epochs: { frozen: 24, joint: 4 },
  augment: [],
  learningRate: 0.02,
  batch,
};

/** Smooth numbers of few degrees of freedom, as pictures and sounds are. */
function samplesOf(shape: readonly number[]): Tensor<"float32"> {
  const random = randomStream(3, "samples");
  const size = sizeOf(shape);
  const data = new Float32Array(count * size);
  const patterns = Array.from({ length: 4 }, () => Float32Array.from({ length: size }, () => random.normal()));
  for (let row = 0; row < count; row++)
    for (const pattern of patterns) {
      const by = random.normal();
      for (let i = 0; i < size; i++) data[row * size + i]! += by * pattern[i]!;
    }
  return float32([count, ...shape], data);
}

async function runRows(model: ModelProto, feeds: Tensors, names: string[], one: boolean): Promise<Tensors> {
  const probe = { ...model, graph: { ...model.graph!, output: names.map((name) => valueInfo(name, "float32")) } };
  const session = await engine.load(serialiseModel(probe));
  const [input, all] = Object.entries(feeds)[0]!;
  const step = one ? 1 : count;
  const found: Tensors[] = [];
  for (let i = 0; i < count; i += step) found.push(await session.run({ [input]: rows(all, i, i + step) }));
  await session.release();
  const join = (name: string): Tensor =>
    float32(
      [count, ...found[0]![name]!.dims.slice(1)],
      found.flatMap((part) => Array.from(part[name]!.data as Float32Array)),
    );
  return Object.fromEntries(names.map((name) => [name, join(name)]));
}

/** Lessons from samples of which the tensor at the cut, and what is true, are known. */
function imagesOf(
  objective: Objective,
  truths: (indices: Uint32Array) => Tensors,
  at: Tensor,
  samples: Tensor,
): TrainingImages {
  const lesson = (indices: Uint32Array, from: Tensor): Lesson => ({
    input: rowsAt(from as Tensor<"float32">, indices),
    truths: truths(indices),
  });
  return {
    count,
    objective,
    lessons: { frozen: (indices) => lesson(indices, at), joint: (indices) => lesson(indices, samples) },
  };
}

describe.each(cases)("$name", (row) => {
  const { shape, cut, output, compression, latent, agreement } = row;
  it.each(["batch", 1] as const)("learns the whole model's outputs, with rows: %s", async (free) => {
    const model = modelOf(row, free);
    const inspection = await inspectModel(model, engine);
    const samples = samplesOf(shape);
    const one = free === 1;
    const whole = await runRows(model, { x: samples }, [cut, output], one);
    const answers = whole[output] as Tensor<"float32">;
    const meanSquare = meanSquareOf(answers.data);
    const images = imagesOf(
      outputsObjective([{ name: output, dims: answers.dims, meanSquare }]),
      (indices) => ({ [fed.wanted(output)]: rowsAt(answers, indices) }),
      whole[cut]!,
      samples,
    );
    const bottleneck = await trainBottleneck(engine, inspection, cut, { ...options, compression }, images, 7);
    expect(bottleneck.plan.latent).toEqual(latent);
    const { frozen, joint } = bottleneck.history;
    expect(frozen.at(-1)!.loss).toBeLessThan(0.7 * frozen[0]!.loss);
    expect(joint.at(-1)!.agreement!).toBeGreaterThan(agreement);

    const { head, tail, tensor } = joinBottleneck(inspection, bottleneck);
    const sent = await runRows(head, { x: samples }, [tensor], one);
    expect(sent[tensor]!.dims.slice(1)).toEqual(latent);
    const back = (await runRows(tail, { [tensor]: sent[tensor]! }, [output], one))[output]!;
    const gap = (back.data as Float32Array).map((value, i) => value - answers.data[i]!);
    expect(1 - Math.sqrt(meanSquareOf(gap) / meanSquare)).toBeGreaterThan(agreement);
  });
});

it("learns what a task says is true, by its own loss: the classes of pixels", async () => {
  const row = cases.find(({ output }) => output === "mask")!;
  const { shape, cut } = row;
  const inspection = await inspectModel(modelOf(row, "batch"), engine);
  const task = segmentation({ kind: "segmentation", classes: ["below", "above"] });
  const binding = task.bind(factsOf(inspection));
  const samples = samplesOf(shape);
  const whole = await runRows(inspection.model, { x: samples }, [cut, "mask"], false);
  // True is what the whole model says.
  const truths: Segments[] = task.answers(binding, { mask: whole["mask"]! });
  const fedTruths = (indices: ArrayLike<number>): Tensor => task.learn!.truths(Array.from(indices, (i) => truths[i]!));
  const images = imagesOf(
    truthsObjective(binding.decides, fedTruths([0]), (g, name) => task.learn!.loss!(g, binding, name)),
    (indices) => ({ [fed.truths]: fedTruths(indices) }),
    whole[cut]!,
    samples,
  );
  const { history } = await trainBottleneck(engine, inspection, cut, { ...options, compression: 4 }, images, 7);
  const [first, last] = [history.frozen[0]!, history.joint.at(-1)!];
  expect(last.loss).toBeLessThan(first.loss);
  expect(last.accuracy!).toBeGreaterThan(0.75);
  expect(last.agreement).toBeUndefined();
});
