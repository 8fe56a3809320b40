/** @file Which dimension of a tensor holds its channels: second where convolutions work, last where products of matrices do. */
import { attributeInt, attributeInts, type GraphIndex, type NodeProto, type Observations } from "../onnx/index.ts";

/** Operators that work along the second dimension, in whatever domain. */
const second = new Set(
  (
    "Conv ConvTranspose DeformConv FusedConv QLinearConv ConvInteger MaxPool AveragePool LpPool MaxUnpool GlobalAveragePool " +
    "GlobalMaxPool GlobalLpPool BatchNormalization InstanceNormalization GroupNormalization LRN SpaceToDepth DepthToSpace " +
    "RoiAlign MaxRoiPool GridSample"
  ).split(" "),
);

/** Operators that give numbers another order or other axes, so that a dimension's place says nothing of what it is. */
const rearranging = new Set("Einsum MatMul Gemm Loop Scan If Attention".split(" "));

const reshaping = new Set("Reshape Flatten Squeeze Unsqueeze".split(" "));

/** By tensor the number of the dimension of its channels, where the operators around it tell. */
export function channelAxes(index: GraphIndex, seen: Observations): Map<string, number> {
  const axes = new Map<string, number>();
  const dims = (name: string): readonly number[] => seen.get(name)?.dims ?? [];
  const constant = (name: string): boolean => {
    const maker = index.producer.get(name);
    return maker === undefined ? index.initialisers.has(name) : !index.live[maker];
  };
  const set = (name: string, axis: number): boolean => {
    if (name === "" || axes.has(name) || constant(name) || axis < 1 || axis >= dims(name).length) return false;
    axes.set(name, axis);
    return true;
  };
  const live = index.nodes.filter((_, i) => index.live[i]);
  for (const node of live) {
    const at = told(node, (name) => dims(name).length, constant);
    for (const name of [node.input[0] ?? "", ...node.output])
      if (at !== undefined) set(name, at === "second" ? 1 : dims(name).length - 1);
  }
  // Forwards and backwards in turn, until nothing new is told.
  for (let told = true; told;) {
    told = false;
    for (const nodes of [live, live.toReversed()])
      for (const node of nodes) told = passAlong(node, axes, dims, set) || told;
  }
  return axes;
}

/** What an operator says of its first input and its outputs by itself. */
function told(
  node: NodeProto,
  rank: (name: string) => number,
  constant: (name: string) => boolean,
): "second" | "last" | undefined {
  const { opType, input } = node;
  if (second.has(opType)) return "second";
  const [x = "", weight = ""] = input;
  if (/MatMul/.test(opType)) return !constant(x) && constant(weight) && rank(x) > 2 ? "last" : undefined;
  if (!opType.endsWith("LayerNormalization")) return undefined;
  const axis = attributeInt(node, "axis", -1);
  return axis === -1 || axis === rank(x) - 1 ? "last" : undefined;
}

/** From inputs to outputs and back; whether something new was told. */
function passAlong(
  node: NodeProto,
  axes: ReadonlyMap<string, number>,
  dims: (name: string) => readonly number[],
  set: (name: string, axis: number) => boolean,
): boolean {
  const { opType, input, output } = node;
  const [x = "", y = ""] = [input[0], output[0]];
  if (opType === "Transpose") {
    const perm = attributeInts(node, "perm") ?? dims(x).map((_, i) => dims(x).length - 1 - i);
    const [from, to] = [axes.get(x), axes.get(y)];
    return from !== undefined ? set(y, perm.indexOf(from)) : to !== undefined && set(x, perm[to]!);
  }
  if (reshaping.has(opType)) {
    const [from, to] = [axes.get(x), axes.get(y)];
    return from !== undefined
      ? set(y, kept(dims(x), from, dims(y)))
      : to !== undefined && set(x, kept(dims(y), to, dims(x)));
  }
  if (rearranging.has(opType) || /MatMul/.test(opType)) return false;
  // Everything else leaves dimensions where they are.
  let news = false;
  for (const rank of new Set(output.map((name) => dims(name).length))) {
    const like = [...input, ...output].filter((name) => name !== "" && dims(name).length === rank);
    const known = like.find((name) => axes.has(name));
    if (known === undefined) continue;
    for (const name of like) news = set(name, axes.get(known)!) || news;
  }
  return news;
}

/** Where a dimension is after a change of shape: the last stays last, the second second, if they keep their sizes. */
function kept(from: readonly number[], axis: number, to: readonly number[]): number {
  if (axis === from.length - 1 && from.at(-1) === to.at(-1)) return to.length - 1;
  return axis === 1 && from[0] === to[0] && from[1] === to[1] ? 1 : -1;
}
