/** @file Convolutions over few positions, written so that the whole batch is one product of matrices. */
import {
  attributeInt,
  attributeInts,
  attributeString,
  makeNode,
  toProto,
  type AttributeValue,
  type ModelProto,
  type NodeProto,
  type Observations,
} from "../onnx/index.ts";
import { int64, sizeOf } from "../tensor/index.ts";

/**
 * Engines multiply a kernel with each image's columns by themselves. With this many columns or fewer, reading the
 * kernel from memory for every image takes longer than the arithmetic.
 */
const fewPositions = 8;

/** Whether a convolution between tensors of these shapes gains from folding: two-dimensional, no groups, few positions. */
export function isSmall(x: readonly number[], y: readonly number[], group: number): boolean {
  return group === 1 && x.length === 4 && sizeOf(x.slice(2)) <= fewPositions && sizeOf(y.slice(2)) <= fewPositions;
}

/** Adds a node and gives its output's name. */
type AddNode = (opType: string, inputs: readonly string[], attributes?: Record<string, AttributeValue>) => string;

export interface SmallConvolution {
  x: string;
  weight: string;
  bias?: string | undefined;
  strides: readonly number[];
  dilations: readonly number[];
  /** Begin, then end. */
  pads: readonly number[];
}

/**
 * The same convolution with the batch as an axis of space, over which the kernel is not wide: [N, C, H, W] as
 * [1, C, N, H, W]. `axis` gives the name of a constant int64 [1].
 */
export function foldedConvolution(add: AddNode, axis: (value: number) => string, one: SmallConvolution): string {
  const { x, weight, bias, strides, dilations, pads } = one;
  const channelsFirst = { perm: { ints: [1, 0, 2, 3] } };
  const input = add("Unsqueeze", [add("Transpose", [x], channelsFirst), axis(0)]);
  const sums = add("Conv", [input, add("Unsqueeze", [weight, axis(2)]), ...(bias ? [bias] : [])], {
    strides: { ints: [1, ...strides] },
    dilations: { ints: [1, ...dilations] },
    pads: { ints: [0, pads[0]!, pads[1]!, 0, pads[2]!, pads[3]!] },
  });
  return add("Transpose", [add("Squeeze", [sums, axis(0)])], channelsFirst);
}

/**
 * Folds the model's own small convolutions whose weights are among these. Only for weights that change between runs:
 * constant ones the engine lays out itself, better than this does. Changes the model.
 */
export function foldSmallConvolutions(model: ModelProto, seen: Observations, weights: ReadonlySet<string>): void {
  const graph = model.graph!;
  const constants = new Map<number, string>();
  const axis = (value: number): string => {
    let name = constants.get(value);
    if (name === undefined) {
      constants.set(value, (name = `folded/axis_${value}`));
      graph.initializer.push(toProto(int64([1], [value]), name));
    }
    return name;
  };
  graph.node = graph.node.flatMap((node) => {
    const [x, y] = [seen.get(node.input[0] ?? ""), seen.get(node.output[0] ?? "")];
    if (node.opType !== "Conv" || node.domain !== "" || !weights.has(node.input[1]!) || !x || !y) return [node];
    const padded = attributeString(node, "auto_pad", "NOTSET");
    if (!isSmall(x.dims, y.dims, attributeInt(node, "group", 1)) || padded !== "NOTSET") return [node];
    return foldNode(node, axis);
  });
}

function foldNode(node: NodeProto, axis: (value: number) => string): NodeProto[] {
  const [y] = node.output as [string];
  const nodes: NodeProto[] = [];
  foldedConvolution(
    (opType, inputs, attributes) => {
      const name = `folded/${y}/${nodes.length}`;
      nodes.push(makeNode(opType, inputs, [name], attributes));
      return name;
    },
    axis,
    {
      x: node.input[0]!,
      weight: node.input[1]!,
      bias: node.input[2],
      strides: attributeInts(node, "strides") ?? [1, 1],
      dilations: attributeInts(node, "dilations") ?? [1, 1],
      pads: attributeInts(node, "pads") ?? [0, 0, 0, 0],
    },
  );
  nodes.at(-1)!.output = [y];
  return nodes;
}
