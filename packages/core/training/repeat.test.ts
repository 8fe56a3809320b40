import { expect, test } from "vitest";
import { engine } from "../testing/engine.ts";
import { serialiseModel } from "../onnx/index.ts";
import { int64, type Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { buildStep, crossEntropy, initialState, repeatStep, stepScalars } from "./index.ts";

test("steps that run together are those that run alone, bit for bit", async () => {
  let loss = "";
  let correct = "";
  const forward = buildModel((g) => {
    g.input("x", "float32", ["batch", 5]);
    g.input("label", "int64", ["batch"]);
    g.initialiser("w", randomTensor([5, 3], "w"));
    ({ loss, correct } = crossEntropy(g, g.op("MatMul", ["x", "w"]), "label", 3));
  });
  const batch = (seed: number): Tensors => ({
    x: randomTensor([4, 5], `x${seed}`),
    label: int64([4], [0, 1, 2, seed % 3]),
  });
  const step = await buildStep(engine, {
    forward,
    loss,
    // The same number twice: each of a Loop's results needs a name of its own.
    figures: { accuracy: correct, agreement: loss },
    trained: ["w"],
    updates: new Map(),
    example: batch(0),
  });
  const start = initialState(step, new Map([["w", randomTensor([5, 3], "w")]]));
  const feeds = [1, 2, 3].map((seed, i) => Object.assign(batch(seed), stepScalars(step, 0.1 / seed, i)));

  const single = await engine.load(serialiseModel(step.model));
  let state = start;
  const losses: number[] = [];
  for (const one of feeds) {
    const found = await single.run({ ...one, ...state });
    state = Object.fromEntries([...step.state].map(([name, output]) => [name, found[output]!]));
    losses.push(Number(found[step.loss]!.data[0]));
  }
  await single.release();

  const repeated = repeatStep(step);
  const session = await engine.load(serialiseModel(repeated.model));
  const first = repeated.read(await session.run(repeated.feeds(feeds.slice(0, 2), start)));
  const last = repeated.read(await session.run(repeated.feeds(feeds.slice(2), first.state)));
  await session.release();
  expect([...Array.from(first.losses), ...Array.from(last.losses)]).toEqual(losses);
  expect(Array.from(first.figures.agreement!)).toEqual(losses.slice(0, 2));
  expect(last.state).toEqual(state);
});
