/** @file Operators without a gradient: zero almost everywhere, or not differentiable for a reason that errors give. */
import { always, type RuleRow, type RuleTable } from "../rule.ts";

function rowsOf(operators: readonly string[], gradient: RuleRow["gradient"]): RuleTable {
  return Object.fromEntries(operators.map((operator): [string, RuleRow[]] => [operator, always(gradient)]));
}

/** Outputs that do not change with small changes of the inputs: steps, comparisons, positions, sizes, random numbers. */
export const flat: RuleTable = rowsOf(
  (
    "ArgMax ArgMin Bernoulli Ceil Constant ConstantOfShape EyeLike Floor Hardmax Multinomial " +
    "NonMaxSuppression NonZero OneHot RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range " +
    "Round Shape Sign Size And Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Not Or Xor " +
    "BitShift BitwiseAnd BlackmanWindow HammingWindow HannWindow MelWeightMatrix BitwiseNot BitwiseOr BitwiseXor"
  ).split(" "),
  "zero",
);

const integers = "it computes with integers; export the model with QuantizeLinear and DequantizeLinear around it";
const body = "the gradient does not go into the bodies of control flow; differentiate by a tensor behind it";

export const refusals: RuleTable = {
  ...rowsOf(["ConvInteger", "QLinearConv", "QLinearMatMul"], { refused: integers }),
  ...rowsOf(["If", "Loop", "Scan", "SequenceMap"], { refused: body }),
  ...rowsOf(["BitCast"], { refused: "it takes bits for other numbers" }),
  ...rowsOf(["ImageDecoder"], { refused: "it decodes files" }),
  ...rowsOf(["Unique"], { refused: "its output's size depends on the values" }),
  ...rowsOf(
    ["Optional", "OptionalGetElement", "OptionalHasElement", "SequenceAt", "SequenceConstruct", "SequenceEmpty"],
    { refused: "gradients of sequences and optional values are not supported" },
  ),
  ...rowsOf(["ConcatFromSequence", "SequenceErase", "SequenceInsert", "SequenceLength", "SplitToSequence"], {
    refused: "gradients of sequences are not supported",
  }),
  ...rowsOf(["RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer"], {
    refused: "it computes with strings",
  }),
};

/** Those of ONNX Runtime's own. */
export const fusedRefusals: RuleTable = rowsOf(
  (
    "DynamicQuantizeLSTM DynamicQuantizeMatMul MatMulIntegerToFloat QAttention QGemm QLinearAdd " +
    "QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul " +
    "QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere"
  ).split(" "),
  { refused: integers },
);
