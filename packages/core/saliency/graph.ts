/** @file The saliency graph: forward, backward, and the reduction to one number per image and layer, in one model. */
import { InputError } from "../errors/index.ts";
import type { Engine } from "../engine/index.ts";
import { addGradients, observeGrown, raiseModel } from "../gradient/index.ts";
import { createBuilder, type Inspection, type ModelProto } from "../onnx/index.ts";
import type { Aim } from "./aim.ts";
import { pointsTowards, type Point } from "./points.ts";

export interface SaliencyGraph {
  /** Inputs: the model's own, and for the target "label" also `truthInput`, as the task has truths. Outputs: values, maps, and what answers and decides. */
  model: ModelProto;
  /** The points, in the order of the columns of the output `valuesOutput`, float32 [batch, points]. */
  points: Point[];
  /** Tensors of tokens that could be points, asked for or not. */
  tokens: number;
  /** Outputs that hold the Grad-CAM map of a tensor, float32 [batch, H, W], for those asked for. */
  maps: Record<string, string>;
}

/** Names of what the saliency graph adds to a model's own inputs and outputs. No model's own names begin like this. */
export const truthInput = "saliency/truth";
export const valuesOutput = "saliency/values";

export interface SaliencyOptions {
  /** The points whose maps are outputs too. */
  mapsOf?: readonly string[];
  /** Whether tokens [batch, tokens, channels] are points beside feature maps. Default false. */
  tokens?: boolean;
}

/**
 * Per layer with activation A and gradient G = dy/dA, both [batch, C, H, W] (or with C last, or [batch, C, length], or [batch, tokens, C]):
 *
 *     alpha = mean of G over H, W            [batch, C, 1, 1]
 *     L = ReLU(mean over C of alpha A)       [batch, H, W]
 *     s = mean of L over H, W                [batch]
 *
 * y is what the task follows back: of a classifier, the logit of the label or of the arg-max class. Images do not influence one another, so the gradient of the sum
 * of all y gives every image its own. (Grad-CAM: Selvaraju et al., ICCV 2017.)
 *
 * Throws `InputError` where the model has no such tensor.
 */
export async function buildSaliencyGraph(
  engine: Engine,
  inspection: Inspection,
  aim: Aim,
  { mapsOf = [], tokens = false }: SaliencyOptions = {},
): Promise<SaliencyGraph> {
  const found = pointsTowards(inspection, aim.binding.decides);
  const points = tokens ? inOrder(inspection, [...found.maps, ...found.tokens]) : found.maps;
  if (points.length === 0) {
    const half = [...inspection.seen.values()].some(({ type, dims }) => type === "float16" && dims.length === 4);
    if (half)
      throw new InputError(
        "ERR_SALIENCY",
        "the model computes in float16; Grad-CAM needs float32 tensors [batch, channels, height, width], export it in float32",
      );
    const other = found.tokens.length > 0 ? `; it has ${found.tokens.length} of tokens, which can be points too` : "";
    throw new InputError(
      "ERR_SALIENCY",
      `the model has no tensor [batch, channels, height, width] or [batch, channels, length] before its output; Grad-CAM needs one${other}`,
    );
  }
  const { model, seen } = raiseModel(inspection.model, inspection.seen);
  const others = await observeGrown(engine, model, inspection.feeds(inspection.rows), seen);
  const g = createBuilder(model);
  model.graph!.output = [];
  g.scope("saliency/");
  const like = aim.by === "label" ? aim.task.learn!.truths([aim.truth]) : undefined;
  const truth = like && g.input(truthInput, like.type, ["batch", ...like.dims.slice(1)]);
  const gradients = addGradients(g, {
    of: aim.task.target(g, aim.binding, truth),
    wrt: points.map(({ tensor }) => tensor),
    seen,
    others: others.others.map((other) => other.seen),
    sized: false,
  });
  const maps: Record<string, string> = {};
  const columns = points.map(({ tensor, channels }) => {
    g.scope(`saliency/${tensor}/`);
    const { dims } = seen.get(tensor)!;
    const positions = dims.flatMap((_, axis) => (axis === 0 || axis === channels ? [] : [axis]));
    const alpha = g.reduceMean(gradients.of[tensor]!, positions, false);
    // The weighted mean over channels is a product of matrices: no weighted copy of the tensor is written.
    const weights = g.op("Div", [alpha, g.scalar(dims[channels]!)]);
    const product =
      channels === 1
        ? g.op("MatMul", [g.unsqueeze(weights, [1]), g.reshape(tensor, [0, 0, -1])])
        : g.op("MatMul", [g.reshape(tensor, [0, -1, dims[channels]!]), g.unsqueeze(weights, [2])]);
    const map = g.op("Relu", [product]);
    if (mapsOf.includes(tensor)) {
      // Of tokens, which have no height, one row.
      const sizes = positions.map((axis) => dims[axis]!);
      const shaped = g.reshape(map, [0, ...(sizes.length === 1 ? [1] : []), ...sizes]);
      maps[tensor] = g.opAs(`saliency/map/${tensor}`, "Identity", [shaped]);
    }
    return g.reshape(g.reduceMean(map, [1, 2], false), [-1, 1]);
  });
  g.scope("");
  g.opAs(valuesOutput, "Concat", columns, { axis: { int: 1 } });
  g.output(valuesOutput, "float32");
  for (const name of new Set([...aim.binding.outputs, ...aim.binding.decides])) g.output(name, seen.get(name)!.type);
  for (const map of Object.values(maps)) g.output(map, "float32");
  return { model, points, tokens: found.tokens.length, maps };
}

function inOrder({ index }: Inspection, points: readonly Point[]): Point[] {
  return points.toSorted((a, b) => index.producer.get(a.tensor)! - index.producer.get(b.tensor)!);
}
