/** @file Convolutions whose weights change from run to run, in the channel-blocked layout of ONNX Runtime. */
import { create } from "@bufbuild/protobuf";
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from "onnx-buf";
import type { Engine } from "../engine/index.ts";
import {
  attribute,
  attributeInt,
  attributeInts,
  createBuilder,
  copyModel,
  makeNode,
  observe,
  serialiseModel,
  toProto,
  type AttributeValue,
  type ModelProto,
  type NodeProto,
  type Observations,
} from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import { float32, int64, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import { foldSmallConvolutions, isSmall } from "./layout.ts";

/**
 * Lays out the convolutions whose weights are among `changing` or made of them, for speed: constant weights the engine
 * lays out itself. `seen` is of the model before gradients were added, `example` a small batch. Changes the model.
 */
export async function layOutConvolutions(
  engine: Engine,
  model: ModelProto,
  seen: Observations,
  changing: ReadonlySet<string>,
  example: Tensors,
): Promise<void> {
  foldSmallConvolutions(model, seen, changing);
  const block = (await engine.channelBlock?.()) ?? 1;
  if (block > 1) blockConvolutions(model, await observe(model, engine, example), changing, block);
}

/** ONNX Runtime's own operators on tensors [N, C / block, H, W, block], MLAS's NCHWc. */
const domain = "com.microsoft.nchwc";

/** Adds a node whose output has this name, and gives the name. */
type AddNode = (
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes?: Record<string, AttributeValue>,
) => string;

/** Gives the name of a constant with these sizes. */
type NameShape = (dims: readonly number[]) => string;

/**
 * ONNX Runtime blocks convolutions by itself, but only those with constant weights; they take half the time. This
 * does it for weights that are among `changing` or made of them alone. `seen` is of the whole model, on any batch.
 * Changes the model, which then runs only on an engine with this `block` of channels.
 */
export function blockConvolutions(
  model: ModelProto,
  seen: Observations,
  changing: ReadonlySet<string>,
  block: number,
): void {
  const graph = model.graph!;
  const nodes = graph.node;
  const made = madeOf(nodes, changing, new Set(graph.initializer.map(({ name }) => name)));
  const isBlockable = (node: NodeProto): boolean => {
    if (node.opType !== "Conv" || node.domain !== "" || !made.has(node.input[1]!)) return false;
    const [x, w, y] = [node.input[0]!, node.input[1]!, node.output[0]!].map((name) => seen.get(name)?.dims);
    if (!x || !w || !y || w.length !== 4 || attributeInt(node, "group", 1) !== 1) return false;
    return w[0]! % block === 0 && w[1]! % block === 0 && !isSmall(x, y, 1);
  };
  const chosen = new Set(nodes.filter(isBlockable));
  if (chosen.size === 0) return;
  const relus = onlyRelus(nodes, new Set(graph.output.map(({ name }) => name)));
  const fused = new Set([...chosen].flatMap((node) => relus.get(node) ?? []));
  graph.node = [];
  model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: 1n }));
  /** The blocked form of a tensor, by its name. */
  const blocked = new Map<string, string>();
  const add: AddNode = (opType, inputs, output, attributes) => {
    const node = makeNode(opType, inputs, [output], attributes);
    if (opType !== "Reshape" && opType !== "Transpose") node.domain = domain;
    graph.node.push(node);
    return output;
  };
  const shape: NameShape = (dims) => {
    const name = `blocked/shape/${dims.join("x")}`;
    if (!graph.initializer.some((proto) => proto.name === name))
      graph.initializer.push(toProto(int64([dims.length], dims), name));
    return name;
  };
  for (const node of nodes) {
    if (fused.has(node)) continue;
    const [x, w] = node.input as [string, string];
    if (chosen.has(node)) {
      if (!blocked.has(x)) blocked.set(x, add("ReorderInput", [x], `blocked/${x}`));
      const relu = relus.get(node);
      const y = (relu ?? node).output[0]!;
      const dims = seen.get(w)!.dims;
      const sums = add(
        "Conv",
        [blocked.get(x)!, blockWeight(add, shape, w, dims, block, `blocked/${y}/weight`), ...node.input.slice(2)],
        `blocked/${y}`,
      );
      const own = graph.node.at(-1)!;
      own.attribute = node.attribute.filter(({ name }) => name !== "kernel_shape");
      own.attribute.push(attribute("kernel_shape", { ints: dims.slice(2) }));
      if (relu) own.attribute.push(attribute("activation", { string: "Relu" }));
      blocked.set(y, sums);
      add("ReorderOutput", [sums], y, { channels: { int: dims[0]! } });
    } else if (isChannelsLast(node) && blocked.has(x)) {
      const channels = { int: seen.get(x)!.dims[1]! };
      add("ReorderOutput", [blocked.get(x)!], node.output[0]!, { channels, channels_last: { int: 1 } });
    } else graph.node.push(node);
  }
}

/**
 * [M, C, h, w] as [M / block, C / block, h w, C in block, M in block]; the dims stay as they were. One axis moves at a
 * time: the engine copies that three times faster than both at once.
 */
function blockWeight(
  add: AddNode,
  shape: NameShape,
  weight: string,
  dims: readonly number[],
  block: number,
  output: string,
): string {
  const [outputs, inputs] = dims as [number, number];
  const area = sizeOf(dims.slice(2));
  const tiles = (outputs * inputs) / block ** 2;
  const split = add("Reshape", [weight, shape([outputs / block, block, inputs * area])], `${output}/split`);
  const rows = add("Transpose", [split], `${output}/rows`, { perm: { ints: [0, 2, 1] } });
  const tiled = add("Reshape", [rows, shape([tiles, block, area, block])], `${output}/tiles`);
  const moved = add("Transpose", [tiled], `${output}/moved`, { perm: { ints: [0, 2, 1, 3] } });
  return add("Reshape", [moved, shape(dims)], output);
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

/** Blocks that ONNX Runtime uses: 16 channels with AVX-512, 8 without. */
const blocks = [16, 8];

/**
 * The block of channels of this engine on this processor, found by trying; 1 where it has no such layout. To be asked
 * only of ONNX Runtime on x64: elsewhere it may lack the layout's kernels.
 */
export async function findChannelBlock(engine: Engine): Promise<number> {
  const random = randomStream(0, "channel block");
  const tensor = (dims: readonly number[]): Tensor =>
    float32(
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => random.normal()),
    );
  const feeds = { x: tensor([1, 32, 4, 4]), w: tensor([32, 32, 3, 3]) };
  const plain = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [create(OperatorSetIdProtoSchema, { version: 17n })],
    graph: create(GraphProtoSchema, { name: "probe" }),
  });
  const g = createBuilder(plain);
  for (const [name, { dims }] of Object.entries(feeds)) g.input(name, "float32", dims);
  g.opAs("y", "Conv", ["x", "w"], { pads: { ints: [1, 1, 1, 1] } });
  g.output("y", "float32");
  const expected = await runOnce(engine, plain, feeds);
  const seen = await observe(plain, engine, feeds);
  for (const block of blocks) {
    const model = copyModel(plain);
    blockConvolutions(model, seen, new Set(["w"]), block);
    const found = await runOnce(engine, model, feeds).catch(() => undefined);
    if (found?.every((value, i) => Math.abs(value - expected[i]!) < 1e-3)) return block;
  }
  return 1;
}

async function runOnce(engine: Engine, model: ModelProto, feeds: Tensors): Promise<Float32Array> {
  const session = await engine.load(serialiseModel(model));
  try {
    return (await session.run(feeds))["y"]!.data as Float32Array;
  } finally {
    await session.release();
  }
}
