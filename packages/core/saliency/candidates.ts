/** @file Which layers are candidates: strict local maxima of the Cumulative Saliency curve over the legal cuts. */
import type { GraphIndex, NodeProto } from "../onnx/index.ts";
import type { Point } from "./points.ts";

/** Operators that belong to the layer before them: an activation or a normalisation is one layer with its operator. */
const belongsToLayer = new Set([
  "BatchNormalization",
  "Clip",
  "Dropout",
  "Elu",
  "Gelu",
  "GroupNormalization",
  "HardSigmoid",
  "HardSwish",
  "Identity",
  "InstanceNormalization",
  "LRN",
  "LayerNormalization",
  "LeakyRelu",
  "Mish",
  "PRelu",
  "Relu",
  "Selu",
  "Sigmoid",
  "Softplus",
  "Tanh",
]);

/**
 * The legal cuts that are outputs of layers, among points in order. A layer is a convolution, a pooling, a block's sum
 * or concatenation, ... with the activations and normalisations that follow it; its output is the last of these. A change
 * of layout makes no layer: the tensor with channels first stands for the one with channels last.
 */
export function layerOutputs(index: GraphIndex, points: readonly Point[], legal: ReadonlySet<string>): string[] {
  const first = new Set(points.filter(({ channels }) => channels === 1).map(({ tensor }) => tensor));
  const finishes = ({ opType, output }: NodeProto): boolean =>
    belongsToLayer.has(opType) || (opType === "Transpose" && first.has(output[0]!));
  return points.flatMap(({ tensor }) => {
    const maker = index.nodes[index.producer.get(tensor)!];
    const turned = maker?.opType === "Transpose" && first.has(maker.input[0]!) && !first.has(tensor);
    if (!legal.has(tensor) || turned) return [];
    const readers = index.consumers.get(tensor) ?? [];
    // Not a layer's output yet when everything that reads it only finishes the layer.
    return readers.length === 0 || !readers.every((i) => finishes(index.nodes[i]!)) ? [tensor] : [];
  });
}

/** Relative difference below which two values are the same: single-precision noise, not a slope. */
const sameWithin = 1e-5;

/**
 * Positions of the strict local maxima of a curve.
 *
 * - Ends: the first and the last position count when they exceed their one neighbour. Nothing stands before the first
 *   layer that could be compared (the input has no Grad-CAM map of its own), and the last layer is a place to split as
 *   good as any other.
 * - Plateaus: a run of equal values is one place. It is a maximum when both its neighbours are lower, and the position
 *   with the smallest `cost` (the first of several) stands for it.
 * - Zero is no maximum: no saliency reached that layer.
 */
export function strictMaxima(values: readonly number[], cost: readonly number[]): number[] {
  const same = (a: number, b: number): boolean => Math.abs(a - b) <= sameWithin * Math.max(Math.abs(a), Math.abs(b));
  const found: number[] = [];
  for (let start = 0; start < values.length;) {
    let end = start + 1;
    while (end < values.length && same(values[end]!, values[start]!)) end++;
    const height = values[start]!;
    const lower = (i: number): boolean => i < 0 || i >= values.length || values[i]! < height;
    const alone = start === 0 && end === values.length && values.length > 1;
    if (height > 0 && lower(start - 1) && lower(end) && !alone) {
      let best = start;
      for (let i = start; i < end; i++) if (cost[i]! < cost[best]!) best = i;
      found.push(best);
    }
    start = end;
  }
  return found;
}

/** Operators that write the numbers of a layer in another type. */
const retypes = new Set("Cast DequantizeLinear Identity QuantizeLinear".split(" "));

/**
 * The tensor with the fewest bytes among those that hold what a layer gives in another type, such as one byte a number of a
 * quantised model: a legal cut at the same place; undefined where that is the layer's own tensor.
 * @param bytes of the legal cuts, by tensor
 */
export function cheaperForm(index: GraphIndex, tensor: string, bytes: ReadonlyMap<string, number>): string | undefined {
  const forms = [tensor];
  for (let name = tensor; ;) {
    const [reader, ...others] = index.consumers.get(name) ?? [];
    const node = index.nodes[reader ?? -1];
    if (!node || others.length > 0 || !retypes.has(node.opType) || node.input[0] !== name) break;
    forms.push((name = node.output[0]!));
  }
  for (let name = tensor; ;) {
    const node = index.nodes[index.producer.get(name) ?? -1];
    const from = node?.input[0];
    if (!node || !retypes.has(node.opType) || !from || index.consumers.get(from)?.length !== 1) break;
    forms.push((name = from));
  }
  const price = (name: string): number => bytes.get(name) ?? Infinity;
  const best = forms.reduce((least, name) => (price(name) < price(least) ? name : least));
  return best === tensor ? undefined : best;
}
