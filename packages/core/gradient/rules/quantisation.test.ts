import { expect, test } from "vitest";
import { engine } from "../../testing/engine.ts";
import { serialiseModel } from "../../onnx/index.ts";
import { float32, type Tensors } from "../../tensor/index.ts";
import { buildModel } from "../../testing/models.ts";
import { differentiate } from "../index.ts";

/** Gradients of y = d * seed, summed, where d is x quantised and back with a scale for each place along an axis. */
async function throughQuantisation(axis: number, scale: number[], x: number[], seed: number[]): Promise<number[]> {
  const dims = [2, 3];
  const model = buildModel((g) => {
    g.input("x", "float32", dims);
    const scales = g.constant(float32([scale.length], scale));
    const zeros = g.constant({ type: "int8", dims: [scale.length], data: new Int8Array(scale.length) });
    const q = g.op("QuantizeLinear", ["x", scales, zeros], { axis: { int: axis } });
    g.opAs("y", "DequantizeLinear", [q, scales, zeros], { axis: { int: axis } });
    g.output("y");
  });
  const found = await differentiate(engine, model, { of: "y", wrt: ["x"] });
  const session = await engine.load(serialiseModel(found.model));
  const feeds: Tensors = { x: float32(dims, x), "seed/y": float32(dims, seed) };
  const { "grad/x": gradient } = await session.run(feeds);
  await session.release();
  return [...(gradient!.data as Float32Array)];
}

test.each([
  { axis: 1, scale: [1, 0.5, 0.25], expected: [1, 2, 0, 4, 0, 0] },
  { axis: -1, scale: [1, 0.5, 0.25], expected: [1, 2, 0, 4, 0, 0] },
  { axis: 0, scale: [1, 0.25], expected: [1, 2, 3, 0, 0, 0] },
])("scales along axis $axis: the gradient passes where its own scale does not saturate", async (one) => {
  // 127.4 rounds to the largest number of a scale of 1; 64 is beyond that of 0.5, 32 beyond that of 0.25.
  const x = [127.4, -63, 33, -100, 64, -33];
  expect(await throughQuantisation(one.axis, one.scale, x, [1, 2, 3, 4, 5, 6])).toEqual(one.expected);
});
