/** @file An exit's head as graph nodes, and as a model of its own. */
import { create } from "@bufbuild/protobuf";
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from "onnx-buf";
import { copyModel, createBuilder, valueInfo, type GraphBuilder, type ModelProto } from "../onnx/index.ts";
import { float32 } from "../tensor/index.ts";
import { classScores, dense, type LayerContext, type Parameters } from "../training/index.ts";
import type { ExitPlan } from "./plan.ts";

/** What is left of the tensor, [batch, features]. */
export const exitFeatures = "exit/features";

/** The second output of an exit's model, [batch]: the largest probability that it gives a class. */
export const exitConfidence = "exit/confidence";

const logitsName = "exit/logits";

/** Each feature's mean and deviation over what an exit learned from: it learns of features of one size. */
export interface FeatureScale {
  mean: Float32Array;
  deviation: Float32Array;
}

const opset = 17;

function emptyModel(): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "split-et-impera",
    opsetImport: [create(OperatorSetIdProtoSchema, { version: BigInt(opset) })],
    graph: create(GraphProtoSchema, { name: "exit" }),
  });
}

/** A copy of a model that has the exit's tensor, with its features as an output beside others. */
export function withFeatures(model: ModelProto, plan: ExitPlan, others: readonly string[]): ModelProto {
  const copy = copyModel(model);
  const g = createBuilder(copy);
  g.scope("exit/");
  g.opAs(exitFeatures, "Identity", [addPool(g, plan.tensor, plan)]);
  copy.graph!.output = [exitFeatures, ...others].map((name) => valueInfo(name, "float32"));
  return copy;
}

/** Features to logits, with fresh weights: what is trained. */
export function trainedLayers(plan: ExitPlan, seed: number): { model: ModelProto; logits: string } {
  const model = emptyModel();
  const g = createBuilder(model);
  const c: LayerContext = { g, parameters: new Map(), seed, mode: "model", updates: new Map() };
  const x = g.input(exitFeatures, "float32", ["batch", plan.features]);
  g.opAs(logitsName, "Identity", [addLayers(c, x, plan)]);
  g.output(logitsName, "float32", ["batch", plan.scores.columns]);
  return { model, logits: logitsName };
}

/**
 * The exit as a model: from the tensor to the output that the whole model answers with, and how sure it is.
 *
 * @param squashed whether that output holds probabilities, of which the trained layers give the logits
 * @param batch how many samples come at once, or a name for any number
 * @param from what is fed: the tensor, or the features that are left of it
 */
export function exitModel(
  plan: ExitPlan,
  { parameters, scale }: { parameters: Parameters; scale: FeatureScale },
  squashed: boolean,
  batch: number | string,
  from: "tensor" | "features" = "tensor",
): ModelProto {
  const { columns, output } = plan.scores;
  const model = emptyModel();
  const g = createBuilder(model);
  const c: LayerContext = {
    g,
    parameters: unscaled(plan, parameters, scale),
    seed: 0,
    mode: "model",
    updates: new Map(),
  };
  const fed = from === "features" ? exitFeatures : plan.tensor;
  const x = g.input(fed, "float32", [batch, ...(from === "features" ? [plan.features] : plan.shape)]);
  g.scope("exit/");
  const pooled = from === "features" ? x : addPool(g, x, plan);
  g.scope("");
  const logits = addLayers(c, pooled, plan);
  const squash = columns === 1 ? "Sigmoid" : "Softmax";
  if (squashed) g.opAs(output, squash, [logits]);
  else g.opAs(output, "Identity", [logits]);
  g.scope("exit/");
  const probabilities = g.op("Softmax", [classScores(g, { scores: logits, columns })], { axis: { int: 1 } });
  g.opAs(exitConfidence, "ReduceMax", [probabilities], { axes: { ints: [1] }, keepdims: { int: 0 } });
  g.output(output, "float32", [batch, columns]);
  g.output(exitConfidence, "float32", [batch]);
  return model;
}

/** [batch, ...shape] to [batch, features]. */
function addPool(g: GraphBuilder, x: string, plan: ExitPlan): string {
  if (plan.pool === "none") return x;
  if (plan.pool === "mean") return g.reduceMean(x, [1], false);
  const { axis, shape, windows, features } = plan;
  const positions = shape.map((_, i) => i + 1).filter((i) => i !== axis + 1);
  const first = axis === 0 ? x : g.transpose(x, [0, axis + 1, ...positions]);
  const pooled = g.op("AveragePool", [first], {
    kernel_shape: { ints: windows.map(({ kernel }) => kernel) },
    strides: { ints: windows.map(({ stride }) => stride) },
  });
  return g.reshape(pooled, [-1, features]);
}

const hiddenName = "exit/hidden";
const scoresName = "exit/scores";

function addLayers(c: LayerContext, features: string, { features: inputs, hidden, scores }: ExitPlan): string {
  if (hidden === 0) return dense(c, features, scoresName, inputs, scores.columns);
  const between = c.g.op("Relu", [dense(c, features, hiddenName, inputs, hidden)]);
  return dense(c, between, scoresName, hidden, scores.columns);
}

/**
 * Weights for features as they are, of those for features without mean and of deviation 1:
 *
 *     W (x - m) / d + b = (W / d) x + (b - (W / d) m)
 */
function unscaled({ hidden }: ExitPlan, parameters: Parameters, { mean, deviation }: FeatureScale): Parameters {
  const first = hidden === 0 ? scoresName : hiddenName;
  const weight = parameters.get(`${first}/weight`)!;
  const bias = parameters.get(`${first}/bias`)!;
  const outputs = weight.dims[1]!;
  const data = weight.data.map((value, i) => value / deviation[Math.floor(i / outputs)]!);
  const shift = Float64Array.from(bias.data);
  data.forEach((value, i) => (shift[i % outputs]! -= value * mean[Math.floor(i / outputs)]!));
  return new Map([
    ...parameters,
    [`${first}/weight`, float32(weight.dims, data)],
    [`${first}/bias`, float32(bias.dims, shift)],
  ]);
}
