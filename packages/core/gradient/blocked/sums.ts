/** @file Sums over the batch in blocks: the gradients of weights and biases. */
import { attributeInt, attributeInts, type NodeProto, type Observations } from "../../onnx/index.ts";
import { float32, int64, sizeOf } from "../../tensor/index.ts";
import type { BlockedWriter } from "./writer.ts";

/** A convolution with images as channels, [1, N, H, W C], and gradients as kernel, [M, N, h, w]. */
export interface BatchSum {
  node: NodeProto;
  /** What makes the kernel of a gradient [N, M, h, w], and that gradient. */
  transpose: NodeProto;
  gradient: string;
  /** The kernel's rows are cut into so many parts. */
  parts: number;
}

/**
 * By convolution and by the transposition of its kernel: weights' gradients that can be computed in blocks. `rows`
 * images in every run, times the parts, must fill them.
 */
export function findBatchSums(
  nodes: readonly NodeProto[],
  seen: Observations,
  rows: number,
  block: number,
): Map<NodeProto, BatchSum> {
  const found = new Map<NodeProto, BatchSum>();
  const transposes = new Map<string, NodeProto>();
  for (const node of nodes)
    if (node.opType === "Transpose" && attributeInts(node, "perm")?.join() === "1,0,2,3")
      transposes.set(node.output[0]!, node);
  for (const node of nodes) {
    const transpose = transposes.get(node.input[1] ?? "");
    if (node.opType !== "Conv" || node.domain !== "" || !transpose || attributeInt(node, "group", 1) !== 1) continue;
    const [kernel] = transpose.output as [string];
    const [gradient] = transpose.input as [string];
    const { dims } = seen.get(gradient)!;
    const parts = dims[1]! % block === 0 ? partsOf(dims, block) : undefined;
    // A window of one row needs no rows brought together: a product of matrices as it is.
    if (seen.get(node.output[0]!)!.dims[2] === 1) continue;
    const shared = nodes.some((other) => other !== node && other.input.includes(kernel));
    if (parts === undefined || shared || (rows * parts) % block !== 0 || seen.get(node.input[0]!)!.dims[0] !== 1)
      continue;
    const sum = { node, transpose, gradient, parts };
    found.set(node, sum).set(transpose, sum);
  }
  return found;
}

/** Most bytes of a kernel of one block of images: more would leave a core's cache before they are read again. */
const kernelBytes = 2 ** 20;

/** Into how many parts of equal height the kernel of a gradient [N, M, h, w] is cut; undefined where none fits. */
function partsOf([, outputs, height, width]: readonly number[], block: number): number | undefined {
  // The engine goes through a kernel for four blocks of outputs at a time.
  const bytes = 4 * block * Math.min(outputs!, 4 * block) * width! * height!;
  for (let parts = 1; parts <= block; parts *= 2)
    if (height! % parts === 0 && bytes <= kernelBytes * parts) return parts;
  return undefined;
}

/**
 * The kernel is written from the gradient's blocks at once. Where a window leaves the image sideways, the engine computes
 * place by place, so zeros are put there.
 */
export function writeBatchSum(w: BlockedWriter, sum: BatchSum, seen: Observations, rows: number, block: number): void {
  const { node, gradient, parts } = sum;
  const [x] = node.input as [string];
  const [y] = node.output as [string];
  const part = (name: string): string => `blocked/${y}/${name}`;
  const [, outputs, height, width] = seen.get(gradient)!.dims as [number, number, number, number];
  const [, , imageHeight, imageWidth] = seen.get(x)!.dims as [number, number, number, number];
  const strides = attributeInts(node, "strides") ?? [1, 1];
  const dilations = attributeInts(node, "dilations") ?? [1, 1];
  const [top, left, bottom, right] = (attributeInts(node, "pads") ?? [0, 0, 0, 0]) as [number, number, number, number];
  w.plain(x);
  const zeros = (columns: number): string[] => {
    const value = float32([1, rows, imageHeight, columns], new Float32Array(rows * imageHeight * columns));
    return columns === 0 ? [] : [w.constant(value, `blocked/zeros/${imageHeight}x${columns}`)];
  };
  const images =
    parts === 1
      ? w.add("Concat", [...zeros(left), x, ...zeros(right)], part("wide"), { axis: { int: 3 } })
      : cutRows(w, x, part, {
          around: [top, left, bottom, right],
          starts: Array.from({ length: parts }, (_, i) => (i * height * dilations[0]!) / parts),
          reach: (height / parts - 1) * dilations[0]! + (seen.get(y)!.dims[2]! - 1) * strides[0]! + 1,
          wide: left + imageWidth + right,
        });
  const split = w.shape([-1, block / parts, outputs / block, parts, (height / parts) * width, block]);
  const moved = w.add("Transpose", [w.add("Reshape", [w.blocks(gradient), split], part("split"))], part("moved"), {
    perm: { ints: [2, 0, 4, 1, 3, 5] },
  });
  const weight = w.add("Reshape", [moved, w.shape([outputs, -1, height / parts, width])], part("weight"));
  w.addOwn("Conv", [w.addOwn("ReorderInput", [images], part("images")), weight], w.setBlocked(y), {
    kernel_shape: { ints: [height / parts, width] },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: parts === 1 ? [top, 0, bottom, 0] : [0, 0, 0, 0] },
  });
}

/** The rows that each part's windows see, as channels beside the images: [1, N parts, reach, wide]. */
function cutRows(
  w: BlockedWriter,
  x: string,
  part: (name: string) => string,
  { around, starts, reach, wide }: { around: number[]; starts: number[]; reach: number; wide: number },
): string {
  const [top, left, bottom, right] = around as [number, number, number, number];
  const padded = w.add("Pad", [x, w.shape([0, 0, top, left, 0, 0, bottom, right])], part("padded"));
  const rows = starts.flatMap((start) => Array.from({ length: reach }, (_, i) => start + i));
  const chosen = w.constant(int64([rows.length], rows), part("places"));
  const cut = w.add("Gather", [padded, chosen], part("rows"), { axis: { int: 2 } });
  return w.add("Reshape", [cut, w.shape([1, -1, reach, wide])], part("parts"));
}

/** Whether a node adds up all of each channel: a bias' gradient. */
export function isChannelSum(node: NodeProto, seen: Observations): boolean {
  const flat = attributeInt(node, "keepdims", 1) === 0;
  return node.opType === "ReduceSum" && flat && seen.get(node.input[1] ?? "")?.values?.join() === "0,2,3";
}

/** Means of the planes, which the engine computes in blocks, added up and multiplied by their size. */
export function writeChannelSum(w: BlockedWriter, { input, output }: NodeProto, seen: Observations): void {
  const [x] = input as [string];
  const [y] = output as [string];
  const part = (name: string): string => `blocked/${y}/${name}`;
  const [, channels, ...plane] = seen.get(x)!.dims as [number, number, number, number];
  const means = w.addOwn("GlobalAveragePool", [w.blocks(x)], part("means"));
  // A plane of one place has the same layout in blocks.
  const flat = w.add("Reshape", [means, w.shape([-1, channels])], part("flat"));
  const batch = w.constant(int64([1], [0]), "blocked/axis/0");
  const sum = w.add("ReduceSum", [flat, batch], part("sum"), { keepdims: { int: 0 } });
  const area = sizeOf(plane);
  w.add("Mul", [sum, w.constant(float32([], [area]), `blocked/area/${area}`)], y);
}
