/** @file Small networks that carry state from step to step, built in code. */
import type { GraphBuilder, ModelProto } from "../onnx/index.ts";
import { float32, int64 } from "../tensor/index.ts";
import { randomTensor } from "./gradient-check.ts";
import { buildModel } from "./models.ts";
import { linear } from "./networks.ts";

/**
 * Frames [batch, 12] through a layer (`seen`), an LSTM of 6 cells that carries `h` and `c` ([1, batch, 6]) on as `hn` and
 * `cn`, and another layer (`deep`) to `score` [batch, 2].
 */
export const lstmNetwork = (): ModelProto =>
  buildModel((g) => {
    g.input("frame", "float32", ["batch", 12]);
    g.input("h", "float32", [1, "batch", 6]);
    g.input("c", "float32", [1, "batch", 6]);
    const seen = g.opAs("seen", "Relu", [linear(g, "frame", "l1", 12, 8)]);
    const weight = (name: string, dims: number[]): string => g.initialiser(name, randomTensor(dims, name, -0.5, 0.5));
    const [w, r] = [weight("lstm.w", [1, 24, 8]), weight("lstm.r", [1, 24, 6])];
    const [, h, c] = g.ops("LSTM", [g.unsqueeze(seen, [0]), w, r, "", "", "h", "c"], 3, { hidden_size: { int: 6 } });
    g.opAs("hn", "Identity", [h!]);
    g.opAs("cn", "Identity", [c!]);
    g.opAs("hidden", "Squeeze", [h!, g.ints([0])]);
    linear(g, g.opAs("deep", "Tanh", [linear(g, "hidden", "l2", 6, 4)]), "score", 4, 2);
    for (const name of ["score", "hn", "cn"]) g.output(name, "float32");
  });

const [heads, width, words] = [2, 4, 16];

/** Scores of `x` [batch, tokens, 8] among past and present keys; `name` is that of the layer, `mask` hides. */
function attention(g: GraphBuilder, x: string, name: string, layer: number, mask: string): string {
  const size = heads * width;
  const split = (kind: string): string => {
    const weights = g.initialiser(`${name}.${kind}`, randomTensor([size, size], `${name}.${kind}`, -0.4, 0.4));
    return g.transpose(g.reshape(g.op("MatMul", [x, weights]), [0, 0, heads, width]), [0, 2, 1, 3]);
  };
  const joined = (kind: "key" | "value"): string => {
    const present = `present.${layer}.${kind}`;
    g.opAs(present, "Concat", [`past_key_values.${layer}.${kind}`, split(kind)], { axis: { int: 2 } });
    return present;
  };
  const [q, k, v] = [split("query"), joined("key"), joined("value")];
  const scores = g.op("Mul", [g.op("MatMul", [q, g.transpose(k, [0, 1, 3, 2])]), g.scalar(0.5)]);
  const shares = g.op("Softmax", [g.op("Add", [scores, mask])], { axis: { int: -1 } });
  const merged = g.reshape(g.transpose(g.op("MatMul", [shares, v]), [0, 2, 1, 3]), [0, 0, size]);
  return g.opAs(`${name}.out`, "Add", [x, g.op("Relu", [merged])]);
}

/**
 * A decoder (of two layers) with past keys and values: `input_ids` [batch, sequence_length] and `attention_mask` [batch,
 * past + sequence] to `logits` [batch, sequence_length, 16]. Its mask is as long as the keys of the first layer say, as
 * exporters write it, so that every layer reads something of that layer's state.
 */
export const decoderNetwork = (
  layers = 2,
  { comes, all } = { comes: "sequence_length", all: "past_sequence_length + sequence_length" },
): ModelProto =>
  buildModel((g) => {
    const past = "past_sequence_length";
    g.input("input_ids", "int64", ["batch_size", comes]);
    g.input("attention_mask", "int64", ["batch_size", all]);
    const kinds = ["key", "value"] as const;
    const numbers = Array.from({ length: layers }, (_, layer) => layer);
    const each = numbers.flatMap((layer) => kinds.map((kind) => `${layer}.${kind}`));
    for (const name of each) g.input(`past_key_values.${name}`, "float32", ["batch_size", heads, past, width]);
    g.initialiser("table", randomTensor([words, heads * width], "table"));
    g.opAs("embedded", "Gather", ["table", "input_ids"]);
    // Rows of tokens that come, columns of all tokens: 0 where one may look, -1e4 where it would look ahead.
    const before = g.sizes("past_key_values.0.key", [2]);
    const rows = g.op("Add", [g.op("Range", [zero(g), g.squeeze(g.sizes("input_ids", [1]), [0]), one(g)]), before]);
    const columns = g.op("Range", [zero(g), g.squeeze(g.op("Add", [before, g.sizes("input_ids", [1])]), [0]), one(g)]);
    const ahead = g.op("Greater", [g.unsqueeze(columns, [0]), g.unsqueeze(rows, [1])]);
    const hidden = g.opAs("padding", "Equal", [g.unsqueeze("attention_mask", [1, 2]), g.constant(int64([], [0]))]);
    const hides = g.op("Or", [g.unsqueeze(ahead, [0, 1]), hidden]);
    g.opAs("mask", "Where", [hides, g.constant(float32([], [-1e4])), g.constant(float32([], [0]))]);
    const last = numbers.reduce((x, layer) => attention(g, x, `layer${layer}`, layer, "mask"), "embedded");
    g.initialiser("head", randomTensor([heads * width, words], "head"));
    g.opAs("logits", "MatMul", [last, "head"]);
    g.output("logits", "float32");
    for (const name of each) g.output(`present.${name}`, "float32");
  });

const zero = (g: GraphBuilder): string => g.constant(int64([], [0]));
const one = (g: GraphBuilder): string => g.constant(int64([], [1]));
