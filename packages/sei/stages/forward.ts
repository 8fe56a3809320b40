/** @file A model that is run and not trained, up to some of its tensors. */
import type { Engine } from "@split-et-impera/core/engine";
import { copyModel, serialiseModel, valueInfo, type Inspection, type ModelProto } from "@split-et-impera/core/onnx";
import { float32, rows, sizeOf, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import { batchSize } from "./answers/index.ts";

export interface Forward extends AsyncDisposable {
  /**
   * The tensors of any number of images, also where the model takes one image at a time; default all of them.
   * @param images what the model's first input is fed, or all of them, each with the images first
   */
  run(images: Tensor | Tensors, names?: readonly string[]): Promise<Tensors>;
}

/** Most bytes of one tensor in a run. */
const runBytes = 2 ** 24;

/**
 * @param model has the input and the batch of the inspected one, whose tensors it holds
 * @param outputs float32, the batch first
 */
export async function openForward(
  engine: Engine,
  model: ModelProto,
  inspection: Pick<Inspection, "input" | "batch" | "seen">,
  outputs: readonly string[],
): Promise<Forward> {
  const probe = copyModel(model);
  probe.graph!.output = outputs.map((name) => valueInfo(name, "float32"));
  const session = await engine.load(serialiseModel(probe));
  const size = inspection.batch ? imagesAtOnce(inspection, batchSize) : 1;
  return {
    async run(images, names = outputs) {
      const fed = isTensor(images) ? { [inspection.input.name]: images } : images;
      const count = Object.values(fed)[0]!.dims[0]!;
      const found: Tensors[] = [];
      for (let from = 0; from < count; from += size) {
        const part = Object.entries(fed).map(([name, all]) => [name, rows(all, from, Math.min(count, from + size))]);
        found.push(await session.run(Object.fromEntries(part) as Tensors, names));
      }
      return found.length === 1 ? found[0]! : joined(found, names);
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

const isTensor = (fed: Tensor | Tensors): fed is Tensor => Array.isArray(fed["dims"]);

/** As many images at once, `most` of them, that no tensor on the way is too large. */
export function imagesAtOnce({ seen, batch }: Pick<Inspection, "batch" | "seen">, most: number): number {
  let largest = 1;
  for (const { dims } of seen.values()) largest = Math.max(largest, (4 * sizeOf(dims)) / (batch?.size ?? 1));
  return Math.max(1, Math.min(most, Math.floor(runBytes / largest)));
}

/** Tensors of several runs, one after the other. */
function joined(parts: readonly Tensors[], names: readonly string[]): Tensors {
  const join = (name: string): Tensor => {
    const tensors = parts.map((part) => part[name]!);
    const all = new Float32Array(tensors.reduce((sum, { data }) => sum + data.length, 0));
    let at = 0;
    for (const { data } of tensors) {
      all.set(data as Float32Array, at);
      at += data.length;
    }
    const shape = tensors[0]!.dims.slice(1);
    return float32([tensors.reduce((sum, { dims }) => sum + dims[0]!, 0), ...shape], all);
  };
  return Object.fromEntries(names.map((name) => [name, join(name)]));
}
