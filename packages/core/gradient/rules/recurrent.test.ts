import { expect, test } from "vitest";
import { engine } from "../../testing/engine.ts";
import type { AttributeValue } from "../../onnx/index.ts";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";
import { buildModel } from "../../testing/models.ts";
import { differentiate } from "../index.ts";

const gates: Record<string, number> = { RNN: 1, GRU: 3, LSTM: 4 };
const [steps, batch, inputs, hidden] = [4, 2, 3, 5];

function layer(operator: string, direction: string, more: Record<string, AttributeValue> = {}): OperatorCase[] {
  const d = direction === "bidirectional" ? 2 : 1;
  const n = gates[operator]! * hidden;
  const weights = [
    [steps, batch, inputs],
    [d, n, inputs],
    [d, n, hidden],
  ];
  const attributes = { hidden_size: { int: hidden }, direction: { string: direction }, ...more };
  const states = operator === "LSTM" ? 2 : 1;
  const first = Array.from({ length: states }, () => [d, batch, hidden]);
  const one = { operator, attributes, note: direction };
  return [
    Object.assign({ inputs: weights }, one),
    {
      ...one,
      inputs: [...weights, [d, 2 * n], ...first],
      order: (names) => [...names.slice(0, 4), "", ...names.slice(4)],
    },
    // Only the last hidden state is read.
    { ...one, inputs: [...weights, [d, 2 * n]], outputs: 1 + states, read: 1 },
    ...(operator === "LSTM" ? [{ ...one, inputs: [...weights, [d, 2 * n]], outputs: 3, read: 2 }] : []),
  ];
}

const cases: OperatorCase[] = ["forward", "reverse", "bidirectional"].flatMap((direction) =>
  [
    layer("RNN", direction),
    layer("RNN", direction, {
      activations: { strings: direction === "bidirectional" ? ["Sigmoid", "Tanh"] : ["Sigmoid"] },
    }),
    layer("GRU", direction),
    layer("GRU", direction, { linear_before_reset: { int: 1 } }),
    layer("LSTM", direction),
  ].flat(),
);

test.each(cases)("$operator $note $inputs $read $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
});

test("a sequence whose length is free is refused by name", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["length", 2, 3]);
    const w = g.constant({ type: "float32", dims: [1, 5, 3], data: new Float32Array(15).fill(0.1) });
    const r = g.constant({ type: "float32", dims: [1, 5, 5], data: new Float32Array(25).fill(0.1) });
    g.opAs("y", "RNN", ["x", w, r], { hidden_size: { int: 5 } });
    g.output("y");
  });
  await expect(differentiate(engine, model, { of: "y", wrt: ["x"] })).rejects.toThrow(/RNN "y": a sequence length/);
});
