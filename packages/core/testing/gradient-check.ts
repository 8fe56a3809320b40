/** @file Checks a gradient against central differences along random directions. */
import { engine } from "../../sei/engine/index.ts";
import { addGradients, raiseModel } from "../gradient/index.ts";
import { createBuilder, observe, serialiseModel, type ModelProto } from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import { float32, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";

/** A float32 tensor of uniform numbers in [from, to), the same for the same name. */
export function randomTensor(dims: readonly number[], name: string, from = -1, to = 1): Tensor<"float32"> {
  const random = randomStream(1, name);
  return float32(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, () => from + (to - from) * random.uniform()),
  );
}

function dot(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Number(a.data[i]) * Number(b.data[i]);
  return sum;
}

/**
 * With random s and v, compares s . (dy/dx) v as the gradient gives it with (y(x + e v) - y(x - e v)) . s / 2e, which is
 * extrapolated from e and e/2 (Richardson), for each of `wrt`. Gives the largest relative error.
 */
export async function gradientError(
  model: ModelProto,
  feeds: Tensors,
  wrt: readonly string[],
  step = 0.02,
): Promise<number> {
  const output = model.graph!.output[0]!.name;
  const { model: extended, seen } = raiseModel(model, await observe(model, engine, feeds));
  const seed = randomTensor(seen.get(output)!.dims, "seed");
  const g = createBuilder(extended);
  g.input("seed", "float32");
  const gradients = addGradients(g, { of: [{ tensor: output, seed: "seed" }], wrt, seen });
  for (const name of Object.values(gradients.of)) g.output(name);
  const forward = await engine.load(serialiseModel(model), { optimisation: "none" });
  const both = await engine.load(serialiseModel(extended));
  const found = await both.run({ ...feeds, seed });
  let worst = 0;
  for (const name of wrt) {
    const x = feeds[name]!;
    const direction = randomTensor(x.dims, `direction/${name}`);
    const at = async (e: number): Promise<number> => {
      const moved = float32(
        x.dims,
        Float32Array.from(x.data as Float32Array, (value, i) => value + e * direction.data[i]!),
      );
      return dot((await forward.run({ ...feeds, [name]: moved }))[output]!, seed);
    };
    const difference = async (e: number): Promise<number> => ((await at(e)) - (await at(-e))) / (2 * e);
    const numeric = (4 * (await difference(step / 2)) - (await difference(step))) / 3;
    const analytic = dot(found[gradients.of[name]!]!, direction);
    const scale = Math.max(Math.abs(numeric), Math.abs(analytic), 1e-2);
    worst = Math.max(worst, Math.abs(numeric - analytic) / scale);
  }
  await Promise.all([forward.release(), both.release()]);
  return worst;
}
