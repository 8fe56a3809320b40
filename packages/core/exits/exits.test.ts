/** @file Exits at a map, tokens and a vector: trained, and exported as what was trained. */
import { describe, expect, it } from "vitest";
import { inspectModel, serialiseModel, type GraphBuilder } from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import { float32, rows, type Tensor } from "../tensor/index.ts";
import { engine } from "../testing/engine.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { exitConfidence, exitFeatures, exitModel, planExit, trainExit, withFeatures } from "./index.ts";

const count = 96;

interface Case {
  name: string;
  shape: number[];
  columns: number;
  /** What is left of the tensor. */
  features: number;
  hidden: number;
  build(g: GraphBuilder): void;
}

const weight = (g: GraphBuilder, name: string, dims: number[]): string =>
  g.initialiser(name, randomTensor(dims, name, -1, 1));

/** The mean of a plane of the input is what is asked: the map keeps it. */
const cases: Case[] = [
  {
    name: "a map of odd sides",
    shape: [2, 5, 7],
    columns: 2,
    features: 12,
    hidden: 8,
    build(g) {
      const inside = g.opAs("inside", "Conv", ["x", weight(g, "w", [3, 2, 1, 1])]);
      const flat = g.reshape(g.op("Relu", [inside]), [-1, 105]);
      g.opAs("scores", "Softmax", [g.opAs("logits", "MatMul", [flat, weight(g, "v", [105, 2])])], { axis: { int: 1 } });
    },
  },
  {
    name: "tokens",
    shape: [4, 6],
    columns: 3,
    features: 5,
    hidden: 0,
    build(g) {
      const inside = g.opAs("inside", "MatMul", ["x", weight(g, "w", [6, 5])]);
      g.opAs("scores", "MatMul", [g.reduceMean(g.op("Tanh", [inside]), [1], false), weight(g, "v", [5, 3])]);
    },
  },
  {
    name: "a vector, and one logit for two classes",
    shape: [9],
    columns: 1,
    features: 6,
    hidden: 4,
    build(g) {
      const inside = g.opAs("inside", "MatMul", ["x", weight(g, "w", [9, 6])]);
      g.opAs("scores", "MatMul", [g.op("Tanh", [inside]), weight(g, "v", [6, 1])]);
    },
  },
];

describe.each(cases)("an exit at $name", ({ shape, columns, features, hidden, build }) => {
  it("learns what the model says, and its file says so too", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["N", ...shape]);
      build(g);
      g.output("scores", "float32", ["N", columns]);
    });
    const inspection = await inspectModel(model, engine);
    const squashed = inspection.seen.has("logits");
    const logits = squashed ? "logits" : "scores";
    const plan = planExit(inspection, "inside", hidden, { output: "scores", logits, columns });
    expect(plan.features).toBe(features);

    const random = randomStream(3, "images");
    const size = shape.reduce((all, one) => all * one, 1);
    const images = float32(
      [count, ...shape],
      Array.from({ length: count * size }, () => random.normal()),
    );
    const front = await engine.load(serialiseModel(withFeatures(model, plan, ["inside", logits])));
    const seen = await front.run({ x: images });
    await front.release();
    const teacher = float32([count, columns], seen[logits]!.data as Float32Array);
    const labels = classesOf(teacher, columns);
    const exit = await trainExit(
      engine,
      plan,
      { features: seen[exitFeatures] as Tensor<"float32">, labels, teacher },
      { epochs: 60, batch: 16, learningRate: 0.03, seed: 1 },
    );
    expect(exit.history.at(-1)!.accuracy).toBeGreaterThan(0.75);
    expect(exit.history.at(-1)!.loss).toBeLessThan(exit.history[0]!.loss);

    const file = await engine.load(serialiseModel(exitModel(plan, exit, squashed, "N")));
    const all = await file.run({ inside: seen["inside"]! });
    const one = await file.run({ inside: rows(seen["inside"]!, 5, 6) });
    await file.release();
    expect(all["scores"]!.dims).toEqual([count, columns]);
    expect(all[exitConfidence]!.dims).toEqual([count]);
    expect((one["scores"]!.data as Float32Array)[0]).toBeCloseTo(
      (all["scores"]!.data as Float32Array)[5 * columns]!,
      5,
    );
    // As it was trained: folded weights give the same classes, and the confidence is the largest probability.
    const said = classesOf(all["scores"] as Tensor<"float32">, columns);
    const right = said.filter((label, i) => label === labels[i]).length / count;
    expect(Math.abs(right - exit.history.at(-1)!.accuracy!)).toBeLessThan(0.1);
    const row = Array.from((all["scores"]!.data as Float32Array).subarray(0, columns));
    const logit = squashed ? row.map(Math.log) : columns === 1 ? [0, row[0]!] : row;
    const sum = logit.reduce((total, z) => total + Math.exp(z), 0);
    const largest = Math.max(...logit.map((z) => Math.exp(z) / sum));
    expect((all[exitConfidence]!.data as Float32Array)[0]).toBeCloseTo(largest, 5);
  });
});

const classesOf = ({ data, dims }: Tensor<"float32">, columns: number): number[] =>
  Array.from({ length: dims[0]! }, (_, i) => {
    const row = data.subarray(i * columns, (i + 1) * columns);
    return columns === 1 ? Number(row[0]! > 0) : row.indexOf(Math.max(...row));
  });

it("refuses what holds no numbers of a sample", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["N", 4]);
    g.opAs("whole", "Cast", ["x"], { to: { int: 7 } });
    g.opAs("scores", "Cast", ["whole"], { to: { int: 1 } });
    g.output("scores", "float32", ["N", 4]);
  });
  const inspection = await inspectModel(model, engine);
  const scores = { output: "scores", logits: "scores", columns: 4 };
  expect(() => planExit(inspection, "whole", 0, scores)).toThrow(/no exit can stand at "whole", which holds int64/);
});
