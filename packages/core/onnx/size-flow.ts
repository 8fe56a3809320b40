/** @file What of a graph depends on the values fed, and what on their sizes alone. */
import { isRandom, subgraphs, type GraphIndex } from "./graph.ts";
import type { GraphProto, ModelProto, NodeProto } from "./proto.ts";

export interface SizeFlow {
  /** Tensors whose elements depend on values that are fed, not only on their sizes. */
  values: ReadonlySet<string>;
  /** Tensors whose sizes do: what was found in one run may be another in the next. */
  shapes: ReadonlySet<string>;
}

/** Operators whose results have a size that the values decide. */
const counting = new Set("NonZero Unique Compress NonMaxSuppression StringSplit SequenceMap".split(" "));

/** Inputs that say what size the result has, by operator. */
const sizing: Record<string, readonly number[]> = {
  AffineGrid: [1],
  BlackmanWindow: [0],
  CenterCropPad: [1],
  Col2Im: [1, 2],
  ConstantOfShape: [0],
  DFT: [1],
  Expand: [1],
  // Another branch, or another number of steps, may give another size.
  If: [0],
  Loop: [0, 1],
  HammingWindow: [0],
  HannWindow: [0],
  MaxUnpool: [2],
  OneHot: [1],
  Pad: [1, 3],
  Range: [0, 1, 2],
  ReduceL1: [1],
  ReduceL2: [1],
  ReduceMax: [1],
  ReduceMean: [1],
  ReduceMin: [1],
  ReduceProd: [1],
  ReduceSum: [1],
  Reshape: [1],
  Resize: [1, 2, 3],
  STFT: [1, 3],
  SequenceAt: [1],
  Slice: [1, 2, 3, 4],
  Split: [1],
  SplitToSequence: [1],
  Squeeze: [1],
  Tile: [1],
  TopK: [1],
  Unsqueeze: [1],
  Upsample: [1],
};

/** Follows the graph once from the inputs; constants depend on nothing. */
export function sizeFlow(model: ModelProto, index: GraphIndex): SizeFlow {
  const values = new Set(index.inputs);
  const shapes = new Set<string>();
  const functions = new Set(
    model.functions.filter(({ node }) => node.some(countsValues)).map(({ domain, name }) => `${domain}.${name}`),
  );
  index.nodes.forEach((node, i) => {
    if (!index.live[i]) return;
    const { opType, domain, input, output } = node;
    const reads = index.reads[i]!;
    const valued = reads.some((name) => values.has(name));
    const shaped = reads.some((name) => shapes.has(name));
    const own = domain === "" || domain === "ai.onnx";
    let [value, shape] = [valued || shaped || isRandom(node), shaped];
    if (own && (opType === "Shape" || opType === "Size")) [value, shape] = [shapes.has(input[0] ?? ""), false];
    else if (own && opType === "ConstantOfShape") value = shape = valued;
    else if (functions.has(`${domain}.${opType}`) || (own && countsValues(node))) shape ||= valued;
    else if (own) shape ||= (sizing[opType] ?? []).some((at) => values.has(input[at] ?? ""));
    for (const name of output) {
      if (name === "") continue;
      if (value) values.add(name);
      if (shape) shapes.add(name);
    }
  });
  return { values, shapes };
}

/** Whether the size of a result is in the values, of the node or of one in its bodies; a Loop may end by what it computes. */
function countsValues(node: NodeProto): boolean {
  if (counting.has(node.opType)) return true;
  return subgraphs(node).some((body) => body.node.some(countsValues) || (node.opType === "Loop" && endsItself(body)));
}

function endsItself({ input, output, node }: GraphProto): boolean {
  const going = new Set([input[1]?.name]);
  for (const { opType, input: reads, output: made } of node)
    if (opType === "Constant" || (opType === "Identity" && going.has(reads[0])))
      for (const name of made) going.add(name);
  return !going.has(output[0]?.name);
}
