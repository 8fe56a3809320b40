/** @file The tensors that have a Grad-CAM map: feature maps of pictures and of signals, and the tokens of transformers. */
import { batchAxis, nodesTowards, sizeFlow, type GraphIndex, type Inspection } from "../onnx/index.ts";
import { channelAxes } from "./layout.ts";

export interface Point {
  tensor: string;
  /** The dimension of its channels; all others but the batch are positions. */
  channels: number;
}

export interface Points {
  /**
   * [batch, channels, height, width], or with channels last, [batch, channels, length] of convolutions over time, and [batch, channels, frames, height, width], in
   * the order in which they are made.
   */
  maps: Point[];
  /** [batch, tokens, channels], where a layer ends. */
  tokens: Point[];
}

/**
 * The float32 tensors between input and what decides, one map per image: the first dimension is the batch in runs of
 * different sizes, and the numbers depend on the image's own. Where nothing tells which dimension holds the channels,
 * as in the products of an attention, a mean over them means nothing, and the tensor is left out.
 */
export function pointsTowards(inspection: Inspection, decides: readonly string[]): Points {
  const { model, index, seen } = inspection;
  const needed = nodesTowards(index, decides);
  // An output that nobody reads, such as the float mask of an old Dropout, does not lead to the scores.
  const read = new Set(index.nodes.flatMap((node, i) => (index.live[i] && needed[i] ? node.input : [])));
  const { values } = sizeFlow(model, index);
  const axes = channelAxes(index, seen);
  const scores = new Set(decides.flatMap((name) => [...sameNumbers(inspection, name)]));
  const points: Points = { maps: [], tokens: [] };
  index.nodes.forEach((node, i) => {
    if (!index.live[i] || !needed[i]) return;
    for (const tensor of node.output) {
      const found = seen.get(tensor);
      const channels = axes.get(tensor);
      if (found?.type !== "float32" || channels === undefined || scores.has(tensor)) continue;
      if (!read.has(tensor) || !values.has(tensor) || batchAxis(inspection, tensor) !== 0) continue;
      const { length } = found.dims;
      // A map whose positions were only put in a row is the point that it was.
      if (
        length === 4 ||
        (length === 5 && channels === 1) ||
        (length === 3 && channels === 1 && !moving.has(node.opType))
      )
        points.maps.push({ tensor, channels });
      else if (length === 3 && channels === 2 && endsLayer(index, tensor)) points.tokens.push({ tensor, channels });
    }
  });
  return points;
}

/** What exporters write a normalisation or an activation out as: a number at a time, between which no layer ends. */
const elementwise = new Set(
  "Add Sub Mul Div Pow Sqrt Reciprocal Erf Exp Sigmoid Tanh Relu Gelu HardSwish Identity Dropout".split(" "),
);
const halfway = new Set("Sub Div Pow Sqrt Reciprocal Erf Exp".split(" "));

/**
 * Whether more than single numbers is made of a tensor of tokens: what only an activation, a normalisation or a sum goes on
 * with is one layer with it. Transformers have a dozen such tensors a block; each would cost a gradient.
 */
function endsLayer(index: GraphIndex, tensor: string): boolean {
  const maker = index.nodes[index.producer.get(tensor) ?? -1];
  const square = maker?.opType === "Mul" && maker.input[0] === maker.input[1];
  if (maker && (square || halfway.has(maker.opType))) return false;
  return !(index.consumers.get(tensor) ?? []).every((i) => elementwise.has(index.nodes[i]!.opType));
}

/** Operators that only move numbers. */
const moving = new Set("Identity Reshape Flatten Squeeze Unsqueeze Transpose Dropout".split(" "));

/** The tensor, and those before it that hold the same numbers in another shape. */
function sameNumbers({ index }: Inspection, tensor: string): Set<string> {
  const found = new Set([tensor]);
  for (let name = tensor; ;) {
    const node = index.nodes[index.producer.get(name) ?? -1];
    if (!node || !moving.has(node.opType)) return found;
    found.add((name = node.input[0]!));
  }
}
