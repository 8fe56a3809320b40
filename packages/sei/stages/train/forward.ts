/** @file A model that is run and not trained, up to one of its tensors. */
import { serialiseModel, type Inspection, type ModelProto } from "@split-et-impera/core/onnx";
import { float32, rows, type Tensor } from "@split-et-impera/core/tensor";
import { engine } from "@split-et-impera/ort";

export interface Forward {
  /** The tensor of any number of images, also where the model takes one image at a time. */
  run(images: Tensor): Promise<Tensor>;
  release(): Promise<void>;
}

/** @param model has `output`, and the input and the batch of the inspected model */
export async function openForward(
  model: ModelProto,
  { input, batch }: Pick<Inspection, "input" | "batch">,
  output: string,
): Promise<Forward> {
  const session = await engine.load(serialiseModel(model));
  const run = async (images: Tensor): Promise<Tensor> =>
    (await session.run({ [input.name]: images }, [output]))[output]!;
  const oneByOne = async (images: Tensor): Promise<Tensor> => {
    const found: Tensor[] = [];
    for (let i = 0; i < images.dims[0]!; i++) found.push(await run(rows(images, i, i + 1)));
    const [first] = found;
    const all = new Float32Array(found.length * first!.data.length);
    found.forEach(({ data }, i) => all.set(data as Float32Array, i * first!.data.length));
    return float32([found.length, ...first!.dims.slice(1)], all);
  };
  return { run: batch ? run : oneByOne, release: () => session.release() };
}
