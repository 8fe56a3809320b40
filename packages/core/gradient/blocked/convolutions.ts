/** @file Convolutions whose weights change from run to run, in the channel-blocked layout of ONNX Runtime. */
import {
  attribute,
  attributeInt,
  attributeInts,
  indexGraph,
  type ModelProto,
  type NodeProto,
  type Observations,
} from "../../onnx/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import { isSmall } from "../layout.ts";
import { findPoolings, writePooling, writeUnpooling } from "./pooling.ts";
import { findBatchSums, isChannelSum, writeBatchSum, writeChannelSum, type BatchSum } from "./sums.ts";
import { createBlockedWriter, domain, type BlockedWriter } from "./writer.ts";

/**
 * ONNX Runtime blocks convolutions by itself, but only those with constant weights; they take half to two thirds of the
 * time. This does it for weights that are among `changing` or made of them alone, and keeps what lies between such
 * convolutions in blocks too. `seen` is of the whole model, on any batch. Changes the model, which then runs only on an
 * engine with this `block` of channels, and only on batches of `rows` where those are given.
 */
export function blockConvolutions(
  model: ModelProto,
  seen: Observations,
  changing: ReadonlySet<string>,
  block: number,
  rows?: number,
): void {
  const graph = model.graph!;
  // Sorted: what a node reads is written before it.
  const { nodes } = indexGraph(graph);
  const made = madeOf(nodes, changing, new Set(graph.initializer.map(({ name }) => name)));
  const isBlockable = (node: NodeProto): boolean => {
    if (node.opType !== "Conv" || node.domain !== "" || !made.has(node.input[1]!)) return false;
    const [x, w, y] = [node.input[0]!, node.input[1]!, node.output[0]!].map((name) => seen.get(name)?.dims);
    if (!x || !w || !y || w.length !== 4 || attributeInt(node, "group", 1) !== 1) return false;
    return w[0]! % block === 0 && w[1]! % block === 0 && !isSmall(x, y, 1);
  };
  const chosen = new Set(nodes.filter(isBlockable));
  if (chosen.size === 0) return;
  const outputs = graph.output.map(({ name }) => name);
  const relus = onlyRelus(nodes, new Set(outputs));
  const fused = new Set([...chosen].flatMap((node) => relus.get(node) ?? []));
  const wanted = new Set([...chosen].map(({ input }) => input[0]!));
  const poolings = findPoolings(nodes, seen, new Set(outputs));
  const sums = rows === undefined ? new Map<NodeProto, BatchSum>() : findBatchSums(nodes, seen, rows, block);
  /** Transpositions whose result nothing reads any more. */
  const skipped = new Set<NodeProto>();
  const w = createBlockedWriter(model, seen);
  for (const node of nodes) {
    if (fused.has(node)) continue;
    const [x] = node.input as [string];
    const [y] = node.output as [string];
    const pooling = poolings.get(node);
    const sum = sums.get(node);
    if (chosen.has(node)) writeConvolution(w, node, relus.get(node), seen, block);
    else if (isChannelsLast(node) && w.isBlocked(x)) {
      const channels = { int: seen.get(x)!.dims[1]! };
      w.addOwn("ReorderOutput", [w.blocks(x)], y, { channels, channels_last: { int: 1 } });
    } else if (pooling?.node === node && w.isBlocked(x)) writePooling(w, pooling);
    else if (pooling && pooling.node !== node && w.isBlocked(pooling.y)) writeUnpooling(w, pooling, node);
    else if (sum?.transpose === node && w.isBlocked(x)) skipped.add(node);
    else if (sum?.node === node && skipped.has(sum.transpose)) writeBatchSum(w, sum, seen, rows!, block);
    else if (isChannelSum(node, seen) && w.isBlocked(x)) writeChannelSum(w, node, seen);
    else if (pointwise.has(node.opType) && node.domain === "" && staysBlocked(node, w, seen, wanted)) {
      const inputs = node.input.map((name) => (isSingle(name, seen) ? name : w.blocks(name)));
      w.again(node, inputs, w.setBlocked(y));
    } else if (node.opType === "Shape" && w.isBlocked(x)) w.again(node, [w.blocks(x)], y);
    else w.keep(node);
  }
  for (const name of outputs) w.plain(name);
}

function writeConvolution(
  w: BlockedWriter,
  node: NodeProto,
  relu: NodeProto | undefined,
  seen: Observations,
  block: number,
): void {
  const [x, weight, ...bias] = node.input as [string, string];
  const y = (relu ?? node).output[0]!;
  const { dims } = seen.get(weight)!;
  const kernel = blockWeight(w, weight, dims, block, `blocked/${y}/weight`);
  const own = w.again(node, [w.blocks(x), kernel, ...bias], w.setBlocked(y));
  own.domain = domain;
  own.attribute = node.attribute.filter(({ name }) => name !== "kernel_shape");
  own.attribute.push(attribute("kernel_shape", { ints: dims.slice(2) }));
  if (relu) own.attribute.push(attribute("activation", { string: "Relu" }));
}

/**
 * [M, C, h, w] as [M / block, C / block, h w, C in block, M in block]; the dims stay as they were. One axis moves at a
 * time: the engine copies that three times faster than both at once.
 */
function blockWeight(w: BlockedWriter, weight: string, dims: readonly number[], block: number, output: string): string {
  const [outputs, inputs] = dims as [number, number];
  const area = sizeOf(dims.slice(2));
  const tiles = (outputs * inputs) / block ** 2;
  const split = w.add("Reshape", [weight, w.shape([outputs / block, block, inputs * area])], `${output}/split`);
  const rows = w.add("Transpose", [split], `${output}/rows`, { perm: { ints: [0, 2, 1] } });
  const tiled = w.add("Reshape", [rows, w.shape([tiles, block, area, block])], `${output}/tiles`);
  const moved = w.add("Transpose", [tiled], `${output}/moved`, { perm: { ints: [0, 2, 1, 3] } });
  return w.add("Reshape", [moved, w.shape(dims)], output);
}

const isSingle = (name: string, seen: Observations): boolean => sizeOf(seen.get(name)?.dims ?? [0]) === 1;

/** Operators that look at one place of their inputs for each of their output: they compute the same in any layout. */
const pointwise = new Set(["Add", "Sub", "Mul", "Div", "Relu", "LeakyRelu", "HardSigmoid", "Sigmoid", "Tanh", "Neg"]);

/** Whether a pointwise operator computes in blocks: those of all inputs are there, or a convolution wants its result. */
function staysBlocked(
  { input, output }: NodeProto,
  w: BlockedWriter,
  seen: Observations,
  wanted: ReadonlySet<string>,
): boolean {
  const dims = seen.get(output[0]!)!.dims.join();
  const whole = input.filter((name) => !isSingle(name, seen));
  if (whole.some((name) => seen.get(name)?.dims.join() !== dims)) return false;
  const there = whole.filter((name) => w.isBlocked(name)).length;
  return there > 0 && (there === whole.length || wanted.has(output[0]!));
}

function isChannelsLast(node: NodeProto): boolean {
  return node.opType === "Transpose" && node.domain === "" && attributeInts(node, "perm")?.join() === "0,2,3,1";
}

/** Tensors that depend on some of `changing` and otherwise on constants alone. */
function madeOf(
  nodes: readonly NodeProto[],
  changing: ReadonlySet<string>,
  constant: ReadonlySet<string>,
): Set<string> {
  const made = new Set(changing);
  const fixed = new Set(constant);
  for (const { input, output } of nodes) {
    const given = input.filter((name) => name !== "");
    if (!given.every((name) => made.has(name) || fixed.has(name))) continue;
    const set = given.some((name) => made.has(name)) ? made : fixed;
    for (const name of output) set.add(name);
  }
  return made;
}

/** By node: the ReLU that is the only reader of its output. */
function onlyRelus(nodes: readonly NodeProto[], outputs: ReadonlySet<string>): Map<NodeProto, NodeProto> {
  const readers = new Map<string, NodeProto[]>();
  for (const node of nodes)
    for (const name of node.input) {
      const list = readers.get(name);
      if (list) list.push(node);
      else readers.set(name, [node]);
    }
  return new Map(
    nodes.flatMap((node) => {
      const [first, ...others] = readers.get(node.output[0]!) ?? [];
      const alone = first?.opType === "Relu" && others.length === 0 && !outputs.has(node.output[0]!);
      return alone ? [[node, first] as const] : [];
    }),
  );
}
