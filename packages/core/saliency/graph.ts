/** @file The saliency graph: forward, backward, and the reduction to one number per image and layer, in one model. */
import { InputError } from "../errors/index.ts";
import { addGradients, raiseModel } from "../gradient/index.ts";
import {
  batchAxis,
  createBuilder,
  nodesTowards,
  sizeFlow,
  type GraphBuilder,
  type Inspection,
  type ModelProto,
} from "../onnx/index.ts";
import { logitsTensor } from "./logits.ts";

export interface SaliencyGraph {
  /** Inputs: the model's own, and for the target "label" also `labelInput`, int64 [batch]. */
  model: ModelProto;
  /** The points, in the order of the columns of the output `valuesOutput`, float32 [batch, points]. */
  tensors: string[];
  /** Outputs that hold the Grad-CAM map of a tensor, float32 [batch, H, W], for those asked for. */
  maps: Record<string, string>;
}

/** Names of what the saliency graph adds to a model's own inputs and outputs. No model's own names begin like this. */
export const labelInput = "saliency/label";
export const valuesOutput = "saliency/values";
export const scoresOutput = "saliency/scores";

/**
 * The four-dimensional float tensors between input and output that hold something of every image, in the order in which they
 * are made. What a graph makes of sizes (a mask, say) is none, whatever its shape.
 */
export function saliencyTensors(inspection: Inspection, logits: string): string[] {
  const { index, model, seen } = inspection;
  const needed = nodesTowards(index, [logits]);
  const { values } = sizeFlow(model, index);
  // An output that nobody reads, such as the float mask of an old Dropout, does not lead to the scores.
  const read = new Set(index.nodes.flatMap((node, i) => (index.live[i] && needed[i] ? node.input : [])));
  return index.nodes.flatMap((node, i) => {
    if (!index.live[i] || !needed[i]) return [];
    return node.output.filter((name) => {
      const found = seen.get(name);
      const own = batchAxis(inspection, name) === 0 && values.has(name);
      return found?.type === "float32" && found.dims.length === 4 && own && read.has(name) && name !== logits;
    });
  });
}

/**
 * Per layer with activation A and gradient G = dy/dA, both [batch, C, H, W]:
 *
 *     alpha = mean of G over H, W            [batch, C, 1, 1]
 *     L = ReLU(mean over C of alpha A)       [batch, H, W]
 *     s = mean of L over H, W                [batch]
 *
 * y is the logit of the label or of the arg-max class. Images do not influence one another, so the gradient of the sum
 * of all y gives every image its own. (Grad-CAM: Selvaraju et al., ICCV 2017.)
 */
export function buildSaliencyGraph(
  inspection: Inspection,
  target: "label" | "predicted",
  mapsOf: readonly string[] = [],
): SaliencyGraph {
  const logits = logitsTensor(inspection);
  const tensors = saliencyTensors(inspection, logits);
  if (tensors.length === 0) {
    const half = [...inspection.seen.values()].some(({ type, dims }) => type === "float16" && dims.length === 4);
    throw new InputError(
      "ERR_SALIENCY",
      half
        ? "the model computes in float16; Grad-CAM needs float32 tensors [batch, channels, height, width], export it in float32"
        : "the model has no tensor [batch, channels, height, width] before its output; Grad-CAM needs one",
    );
  }
  const { model, seen } = raiseModel(inspection.model, inspection.seen);
  const g = createBuilder(model);
  model.graph!.output = [];
  g.scope("saliency/");
  const seed = classSeed(g, inspection, logits, target);
  const gradients = addGradients(g, { of: [{ tensor: logits, seed }], wrt: tensors, seen });
  const maps: Record<string, string> = {};
  const columns = tensors.map((tensor) => {
    g.scope(`saliency/${tensor}/`);
    const [, channels, ...positions] = seen.get(tensor)!.dims as [number, number, number, number];
    const alpha = g.reduceMean(gradients.of[tensor]!, [2, 3], true);
    // The weighted mean over channels is a product of a row with a matrix: no weighted copy of the tensor is written.
    const row = g.reshape(g.op("Div", [alpha, g.scalar(channels)]), [0, 1, -1]);
    const map = g.op("Relu", [g.op("MatMul", [row, g.reshape(tensor, [0, 0, -1])])]);
    if (mapsOf.includes(tensor)) {
      const shaped = g.reshape(map, [0, ...positions]);
      maps[tensor] = g.opAs(`saliency/map/${tensor}`, "Identity", [shaped]);
    }
    return g.reduceMean(map, [2], false);
  });
  g.scope("");
  g.opAs(valuesOutput, "Concat", columns, { axis: { int: 1 } });
  g.output(valuesOutput, "float32");
  g.output(g.opAs(scoresOutput, "Flatten", [logits]), "float32");
  for (const map of Object.values(maps)) g.output(map, "float32");
  return { model, tensors, maps };
}

/** One where the class is the target, [batch, classes, ...] like the logits. */
function classSeed(g: GraphBuilder, { seen }: Inspection, logits: string, target: "label" | "predicted"): string {
  const dims = seen.get(logits)!.dims;
  const classes = dims[1]!;
  const label =
    target === "label"
      ? g.input(labelInput, "int64", ["batch"])
      : g.op("ArgMax", [g.op("Flatten", [logits])], { axis: { int: 1 }, keepdims: { int: 0 } });
  const depth = g.constant({ type: "int64", dims: [], data: BigInt64Array.of(BigInt(classes)) });
  const values = g.constant({ type: "float32", dims: [2], data: Float32Array.of(0, 1) });
  const oneHot = g.op("OneHot", [label, depth, values], { axis: { int: -1 } });
  return dims.length === 2 ? oneHot : g.reshapeLike(oneHot, logits);
}
