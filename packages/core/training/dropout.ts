/** @file Dropout in training. Its masks are drawn outside the graph, so that a training that goes on meets the same ones. */
import { InputError } from "../errors/index.ts";
import {
  attributeFloat,
  fromProto,
  valueInfo,
  type Inspection,
  type ModelProto,
  type NodeProto,
} from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import { float32, sizeOf, type Tensors } from "../tensor/index.ts";

/** Names of masks begin like this. */
const maskPrefix = "training/mask/";

export interface Mask {
  /** The graph's input that the layer is multiplied by. */
  input: string;
  /** Share of the values that are dropped. */
  ratio: number;
  /** Rows of the tensor per image (1 unless axes are merged), and its dimensions after the first. */
  rowsPerImage: number;
  dims: readonly number[];
}

/**
 * Masks of 0 and 1 / (1 - ratio) for one run. They depend on seed and run alone; a runtime's own random operators go on
 * from where their session is, which no checkpoint holds.
 */
export function drawMasks(masks: readonly Mask[], images: number, seed: number, run: number): Tensors {
  return Object.fromEntries(
    masks.map(({ input, ratio, rowsPerImage, dims }) => {
      const random = randomStream(seed, `dropout/${run}/${input}`);
      const shape = [images * rowsPerImage, ...dims];
      const [dropped, scale] = [ratio * 2 ** 32, 1 / (1 - ratio)];
      const data = Float32Array.from({ length: sizeOf(shape) }, () => (random.uint32() < dropped ? 0 : scale));
      return [input, float32(shape, data)];
    }),
  );
}

/** Puts a product with a mask in place of the Dropouts that make one of these tensors. */
export function activateDropout(
  model: ModelProto,
  { index, seen, batch }: Inspection,
  made: ReadonlySet<string>,
): Mask[] {
  const masks: Mask[] = [];
  for (const node of model.graph!.node) {
    const [y, mask] = node.output;
    if (node.opType !== "Dropout" || !made.has(y!)) continue;
    if (mask && (index.consumers.get(mask)?.length ?? 0) > 0)
      throw new InputError(
        "ERR_TRAINING",
        `Dropout "${node.name || y!}": its mask is read, which training does not support`,
      );
    const ratio = ratioOf(model, node);
    if (ratio === 0) continue;
    const { dims } = seen.get(y!)!;
    const input = `${maskPrefix}${y!}`;
    const rowsPerImage = Math.max(1, Math.floor(dims[0]! / (batch?.size ?? 1)));
    masks.push({ input, ratio, rowsPerImage, dims: dims.slice(1) });
    model.graph!.input.push(valueInfo(input, "float32", ["", ...dims.slice(1)]));
    Object.assign(node, { opType: "Mul", input: [node.input[0]!, input], output: [y!], attribute: [] });
  }
  return masks;
}

/** The share that a Dropout drops: an attribute before operator set 12, then an input; one half unless said. */
function ratioOf(model: ModelProto, node: NodeProto): number {
  const name = node.input[1];
  if (!name) return attributeFloat(node, "ratio", 0.5);
  const stored =
    model.graph!.initializer.find((proto) => proto.name === name) ??
    model.graph!.node.find(({ opType, output }) => opType === "Constant" && output[0] === name)?.attribute[0]?.t;
  return stored ? Number(fromProto(stored).data[0]) : 0.5;
}
