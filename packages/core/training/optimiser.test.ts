/** @file Optimisers: the graphs against the papers' formulas in plain numbers, three steps long. */
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { serialiseModel } from "../onnx/index.ts";
import { float32, type Tensors } from "../tensor/index.ts";
import { buildModel } from "../testing/models.ts";
import { buildStep, initialState, stepScalars, type OptimiserOptions, type StepOptions } from "./index.ts";

const matrix = [0.5, -1.2, 2, 0.1];
const vector = [0.3, -0.7];
const x = [0.4, 1.5, -2, 0.25];
const rate = 0.1;

/** loss = mean of (x + matrix)^2 + (x + vector)^2, so that gradients are 2 (p + x) / n. */
async function moved(optimiser: OptimiserOptions, more: Partial<StepOptions> = {}): Promise<number[][]> {
  const forward = buildModel((g) => {
    g.input("x", "float32", [2, 2]);
    g.initialiser("matrix", float32([2, 2], matrix));
    g.initialiser("vector", float32([2], vector));
    const squares = ["matrix", "vector"].map((name) => {
      const sum = g.op("Add", ["x", name]);
      return g.reduceMean(g.op("Mul", [sum, sum]), [0, 1], false);
    });
    g.output(g.opAs("loss", "Add", squares));
  });
  const example = { x: float32([2, 2], x) };
  const trained = ["matrix", "vector"];
  const step = await buildStep(engine, {
    forward,
    loss: "loss",
    figures: {},
    trained,
    updates: new Map(),
    example,
    optimiser,
    ...more,
  });
  const session = await engine.load(serialiseModel(step.model));
  const parameters = new Map([
    ["matrix", float32([2, 2], matrix)],
    ["vector", float32([2], vector)],
  ]);
  let state: Tensors = initialState(step, parameters);
  const found: number[][] = [];
  for (let t = 0; t < 3; t++) {
    const outputs = await session.run({ ...example, ...state, ...stepScalars(step, rate, t) });
    state = Object.fromEntries([...step.state].map(([name, output]) => [name, outputs[output]!]));
    found.push(trained.flatMap((name) => Array.from(state[name]!.data as Float32Array)));
  }
  await session.release();
  return found;
}

/** The gradient at parameters [matrix, vector], all six together. */
function gradientAt(p: readonly number[]): number[] {
  const own = x.map((value, i) => (2 * (value + p[i]!)) / 4);
  const columns = [0, 1].map((j) => [0, 2].reduce((sum, i) => sum + (2 * (x[i + j]! + p[4 + j]!)) / 4, 0));
  return [...own, ...columns];
}

/** Three steps of `next`, which gets a parameter, its gradient, its own memory and the step from 1. */
function expected(
  decay: number,
  next: (p: number, g: number, memory: number[], t: number, decay: number) => number,
  change: (g: number[]) => number[] = (g) => g,
): number[][] {
  let p = [...matrix, ...vector];
  const memories = p.map((): number[] => [0, 0]);
  return [1, 2, 3].map((t) => {
    const g = change(gradientAt(p));
    // Vectors are biases and scales; they do not decay.
    p = p.map((value, i) => next(value, g[i]!, memories[i]!, t, i < 4 ? decay : 0));
    return p;
  });
}

function near(found: number[][], wanted: number[][]): void {
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((row, t) =>
    row.forEach((value, i) => expect(found[t]![i], `step ${t + 1}, ${i}`).toBeCloseTo(value, 5)),
  );
}

const sgd =
  (momentum: number, nesterov: boolean) =>
  (p: number, gradient: number, memory: number[], _: number, decay: number): number => {
    const g = gradient + decay * p;
    memory[0] = momentum * memory[0]! + g;
    return p - rate * (nesterov ? g + momentum * memory[0] : memory[0]);
  };

const adam =
  (decoupled: boolean, beta1 = 0.9, beta2 = 0.999) =>
  (p: number, gradient: number, memory: number[], t: number, decay: number): number => {
    const g = gradient + (decoupled ? 0 : decay * p);
    memory[0] = beta1 * memory[0]! + (1 - beta1) * g;
    memory[1] = beta2 * memory[1]! + (1 - beta2) * g * g;
    const m = memory[0] / (1 - beta1 ** t);
    const v = memory[1] / (1 - beta2 ** t);
    return (decoupled ? p * (1 - rate * decay) : p) - (rate * m) / (Math.sqrt(v) + 1e-8);
  };

describe("optimisers, three steps", () => {
  it.each([
    [0, false],
    [0.9, false],
    [0.8, true],
  ])("sgd with momentum %f, nesterov %s", async (momentum, nesterov) => {
    near(await moved({ kind: "sgd", momentum, nesterov }), expected(0, sgd(momentum, nesterov)));
  });

  it("sgd adds its decay to the gradient", async () => {
    near(await moved({ kind: "sgd", weightDecay: 0.3 }), expected(0.3, sgd(0.9, false)));
  });

  it("adam, with other betas too, and its decay in the gradient", async () => {
    near(await moved({ kind: "adam" }), expected(0, adam(false)));
    near(await moved({ kind: "adam", betas: [0.7, 0.9] }), expected(0, adam(false, 0.7, 0.9)));
    near(await moved({ kind: "adam", weightDecay: 0.5 }), expected(0.5, adam(false)));
  });

  it("adamw shrinks matrices beside the step", async () => {
    const found = await moved({ kind: "adamw", weightDecay: 0.5 });
    near(found, expected(0.5, adam(true)));
    expect(found[2]![0]).not.toBeCloseTo(expected(0.5, adam(false))[2]![0]!, 3);
  });

  it("clips the norm of all gradients together, and only where it is larger", async () => {
    const norm = Math.hypot(...gradientAt([...matrix, ...vector]));
    const clip = norm / 3;
    const clipped = (g: number[]): number[] => {
      const factor = Math.min(1, clip / (Math.hypot(...g) + 1e-6));
      return g.map((value) => value * factor);
    };
    near(await moved({ kind: "sgd" }, { clip }), expected(0, sgd(0.9, false), clipped));
    near(await moved({ kind: "sgd" }, { clip: 100 }), expected(0, sgd(0.9, false)));
  });
});
