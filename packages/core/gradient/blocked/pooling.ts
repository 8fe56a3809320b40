/** @file Max pooling and its gradient in blocks. */
import { attributeInts, attributeString, type NodeProto, type Observations } from "../../onnx/index.ts";
import { float32 } from "../../tensor/index.ts";
import { huge } from "../rules/activation.ts";
import type { BlockedWriter } from "./writer.ts";

export interface Pooling {
  node: NodeProto;
  x: string;
  y: string;
  /** Rows and columns of a window, which is its stride too. */
  kernel: readonly [number, number];
}

/** By pooling and by MaxUnpool: poolings over windows side by side whose indices only serve to undo them. */
export function findPoolings(
  nodes: readonly NodeProto[],
  seen: Observations,
  outputs: ReadonlySet<string>,
): Map<NodeProto, Pooling> {
  const found = new Map<NodeProto, Pooling>();
  for (const node of nodes) {
    const [y, indices] = node.output;
    if (node.opType !== "MaxPool" || node.domain !== "" || !indices || outputs.has(indices)) continue;
    const readers = nodes.filter(({ input }) => input.includes(indices));
    if (readers.some((reader) => reader.opType !== "MaxUnpool" || reader.input[1] !== indices)) continue;
    const image = seen.get(node.input[0]!)!.dims.slice(2);
    const kernel = attributeInts(node, "kernel_shape")!;
    const apart = attributeInts(node, "strides")?.join() === kernel.join();
    const padded =
      attributeInts(node, "pads")?.some((pad) => pad !== 0) || attributeString(node, "auto_pad", "NOTSET") !== "NOTSET";
    const spread = attributeInts(node, "dilations")?.some((step) => step !== 1);
    if (kernel.length !== 2 || !apart || padded || spread || image.some((size, i) => size % kernel[i]! !== 0)) continue;
    const pooling = { node, x: node.input[0]!, y: y!, kernel: kernel as [number, number] };
    for (const each of [node, ...readers]) found.set(each, pooling);
  }
  return found;
}

/** Without indices, which the engine finds one by one. */
export function writePooling(w: BlockedWriter, { x, y, kernel }: Pooling): void {
  w.addOwn("MaxPool", [w.blocks(x)], w.setBlocked(y), { kernel_shape: { ints: kernel }, strides: { ints: kernel } });
}

/**
 * dx = dy / n where x is its window's maximum, else 0; n of them are equal. (With indices it is dy at the first of them:
 * another subgradient, the same where no two are equal.)
 */
export function writeUnpooling(w: BlockedWriter, { x, y, kernel }: Pooling, { input, output }: NodeProto): void {
  const [dx] = output as [string];
  const part = (name: string): string => `blocked/${dx}/${name}`;
  const window = { kernel_shape: { ints: kernel }, strides: { ints: kernel } };
  const up = (name: string, as: string): string =>
    w.addOwn("Upsample", [name], part(as), { scales: { ints: [1, 1, ...kernel] } });
  const below = w.add("Sub", [w.blocks(x), up(w.blocks(y), "most")], part("below"));
  // The difference is 0 or less; huge times it, plus 1, is 1 at a maximum and far below 0 elsewhere.
  const isMost = w.add("HardSigmoid", [below], part("is-most"), { alpha: { float: huge }, beta: { float: 1 } });
  const share = w.addOwn("AveragePool", [isMost], part("share"), window);
  const area = w.constant(float32([], [kernel[0] * kernel[1]]), part("area"));
  const each = w.add("Div", [w.blocks(input[0]!), w.add("Mul", [share, area], part("count"))], part("each"));
  w.add("Mul", [isMost, up(each, "spread")], w.setBlocked(dx));
}
