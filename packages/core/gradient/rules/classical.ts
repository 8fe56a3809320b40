/** @file Gradients of the operators of ONNX's domain for classical models (ai.onnx.ml), as scikit-learn's export has them. */
import { attributeInt, attributeString, type NodeProto } from "../../onnx/index.ts";
import { always, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";

function floats(node: NodeProto, name: string): readonly number[] {
  return node.attribute.find((entry) => entry.name === name)?.floats ?? [];
}

function matrixOf(c: RuleContext, name: string, rows: number): string {
  const values = floats(c.node, name);
  return c.g.constant({ type: "float32", dims: [rows, values.length / rows], data: Float32Array.from(values) });
}

/** y = x W' + b;  dx = dy W */
function linearRegressor(c: RuleContext): string[] {
  if (attributeString(c.node, "post_transform", "NONE") !== "NONE") throw c.refuse("post_transform is not supported");
  return [c.g.op("MatMul", [c.GO(0), matrixOf(c, "coefficients", attributeInt(c.node, "targets", 1))])];
}

/** Labels, and scores f(x W' + b) with f the softmax, the sigmoid or nothing. */
function linearClassifier(c: RuleContext): (string | undefined)[] {
  const m = algebra(c);
  const y = c.O(1);
  const classes = c.dims(y)[1]!;
  const after = attributeString(c.node, "post_transform", "NONE");
  if (floats(c.node, "intercepts").length !== classes) throw c.refuse("one score for two classes is not supported");
  const weighted = m.mul(c.GO(1), y);
  const slopes: Record<string, () => string> = {
    NONE: () => c.GO(1),
    SOFTMAX: () => m.sub(weighted, m.mul(y, c.g.reduceSum(weighted, [1], true))),
    LOGISTIC: () => m.mul(weighted, m.sub(1, y)),
  };
  const slope = slopes[after];
  if (!slope) throw c.refuse(`post_transform ${after} is not supported`);
  return [c.g.op("MatMul", [slope(), matrixOf(c, "coefficients", classes)])];
}

/** y = x / |x| with the norm of each row;  dx = (dy - n sum(dy y)) / |x| with n the norm's slope */
function normalizer(c: RuleContext): string[] {
  const { g } = c;
  const m = algebra(c);
  const norm = attributeString(c.node, "norm", "MAX");
  if (norm !== "L1" && norm !== "L2") throw c.refuse(`the norm ${norm} is not supported`);
  const x = c.I(0);
  const size = g.op(norm === "L1" ? "ReduceL1" : "ReduceL2", [x, g.ints([1])]);
  const slope = norm === "L1" ? m.of("Sign", x) : c.O(0);
  const along = m.mul(slope, g.reduceSum(m.mul(c.GO(0), c.O(0)), [1], true));
  return [m.where(m.greater(size, 0), m.div(m.sub(c.GO(0), along), size), c.GO(0))];
}

const perFeature = (c: RuleContext, name: string): string => {
  const values = floats(c.node, name);
  return c.g.constant({ type: "float32", dims: [values.length], data: Float32Array.from(values) });
};

/** Rows with steps and choices. */
const flat = "Binarizer LabelEncoder TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor";

export const classical: RuleTable = {
  ...Object.fromEntries(flat.split(" ").map((operator) => [operator, always("zero")])),
  // y = x[..., indices]
  ArrayFeatureExtractor: always((c) => {
    const last = c.dims(c.I(0)).length - 1;
    const flatIndices = c.g.reshape(c.I(1), [-1]);
    const indices = c.g.op("Expand", [flatIndices, c.g.shape(c.O(0))]);
    if (c.dims(c.I(0)).length < 2) throw c.refuse("a vector is not supported");
    return [
      c.g.op("ScatterElements", [c.zerosLike(c.I(0)), indices, c.GO(0)], {
        axis: { int: last },
        reduction: { string: "add" },
      }),
    ];
  }),
  LinearClassifier: always(linearClassifier),
  LinearRegressor: always(linearRegressor),
  Normalizer: always(normalizer),
  // y = (x - offset) scale
  Scaler: always((c) => [algebra(c).mul(c.GO(0), perFeature(c, "scale"))]),
  ZipMap: always({ refused: "its output is no tensor; differentiate the tensor before it" }),
};
