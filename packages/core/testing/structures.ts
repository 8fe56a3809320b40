/** @file Networks of many kinds in small, built in code: detectors, encoders, quantised ones, video, control flow. */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, GraphProtoSchema } from "onnx-buf";
import {
  AttributeType,
  makeNode,
  toProto,
  valueInfo,
  type AttributeProto,
  type GraphBuilder,
  type ModelProto,
} from "../onnx/index.ts";
import { float32, int64, tensor, type Tensor } from "../tensor/index.ts";
import { randomTensor } from "./gradient-check.ts";
import { buildModel } from "./models.ts";
import { conv, linear } from "./networks.ts";

const relu = (g: GraphBuilder, name: string, x: string): string => g.opAs(name, "Relu", [x]);
const half = { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } };

/** A picture alone [3, 32, 32], proposals, features at each of them, boxes that suppress each other: as many as there are. */
export const twoStageDetector = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", [3, 32, 32]);
    const low = relu(g, "low", conv(g, g.unsqueeze("image", [0]), "c1", 3, 8));
    const high = relu(g, "high", conv(g, g.op("MaxPool", [low], half), "c2", 8, 8));
    const objectness = g.reshape(conv(g, high, "objectness", 8, 1), [1, -1]);
    const [, best] = g.ops("TopK", [objectness, g.ints([12])], 2, { axis: { int: 1 } });
    g.initialiser("anchors", randomTensor([256, 4], "anchors", 0, 12));
    const corner = g.op("Gather", ["anchors", g.squeeze(best!, [0])]);
    const proposals = g.opAs("proposals", "Add", [corner, g.constant(float32([1, 4], [0, 0, 16, 16]))]);
    const which = g.op("Mul", [g.reshape(best!, [-1]), g.constant(int64([], [0]))]);
    const size = { output_height: { int: 2 }, output_width: { int: 2 }, spatial_scale: { float: 0.5 } };
    const at = g.op("Flatten", [g.opAs("regions", "RoiAlign", [high, proposals, which], size)]);
    const scores = g.op("Softmax", [linear(g, at, "class", 32, 3)], { axis: { int: 1 } });
    const boxes = g.opAs("moved", "Add", [proposals, linear(g, at, "shift", 32, 4)]);
    const byClass = g.unsqueeze(g.transpose(scores, [1, 0]), [0]);
    const limits = [g.ints([5]), g.constant(float32([1], [0.5])), g.constant(float32([1], [0.1]))];
    const kept = g.op("NonMaxSuppression", [g.unsqueeze(boxes, [0]), byClass, ...limits]);
    const column = (i: number): string => g.op("Gather", [kept, g.constant(int64([], [i]))], { axis: { int: 1 } });
    g.opAs("boxes", "Gather", [boxes, column(2)]);
    g.opAs("labels", "Identity", [column(1)]);
    g.opAs("scores", "GatherND", [g.squeeze(byClass, [0]), g.slice(kept, [1], [3], [1])]);
    g.output("boxes", "float32", ["found", 4]);
    g.output("labels", "int64", ["found"]);
    g.output("scores", "float32", ["found"]);
  });

/** A picture to scores that nothing of the picture changes, as those of a detector that finds nothing. */
export const indifferentNetwork = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    const high = relu(g, "high", conv(g, relu(g, "low", conv(g, "image", "c1", 3, 8)), "c2", 8, 8));
    const flat = g.opAs("flat", "Flatten", [g.op("GlobalAveragePool", [high])]);
    g.opAs("scores", "Mul", [linear(g, flat, "last", 8, 3), g.scalar(0)]);
    g.output("scores", "float32", ["batch", 3]);
  });

/** Frames [batch, 3, 4, 8, 8] through convolutions over space and time. */
export const videoNetwork = (): ModelProto =>
  buildModel((g) => {
    g.input("clip", "float32", ["batch", 3, 4, 8, 8]);
    g.initialiser("w1", randomTensor([4, 3, 3, 3, 3], "w1", -0.3, 0.3));
    g.initialiser("w2", randomTensor([6, 4, 3, 3, 3], "w2", -0.3, 0.3));
    const same = { pads: { ints: [1, 1, 1, 1, 1, 1] } };
    const one = relu(g, "one", g.op("Conv", ["clip", "w1"], same));
    const two = relu(g, "two", g.op("Conv", [one, "w2"], { ...same, strides: { ints: [2, 2, 2] } }));
    linear(g, g.opAs("flat", "Flatten", [g.op("GlobalAveragePool", [two])]), "logits", 6, 3);
    g.output("logits", "float32", ["batch", 3]);
  });

/** Tokens with a mask: `input_ids`, `attention_mask` and `token_type_ids` [batch, sequence] to two heads. */
export const maskedEncoder = (): ModelProto =>
  buildModel((g) => {
    for (const name of ["input_ids", "attention_mask", "token_type_ids"]) g.input(name, "int64", ["batch", "sequence"]);
    const table = (name: string, rows: number): string => g.initialiser(name, randomTensor([rows, 8], name));
    const word = g.op("Gather", [table("words", 16), "input_ids"]);
    const kind = g.op("Gather", [table("kinds", 2), "token_type_ids"]);
    let x = g.opAs("embedded", "Add", [word, kind]);
    const seen = g.cast(g.unsqueeze("attention_mask", [1, 2]), "float32");
    const mask = g.opAs("mask", "Mul", [g.op("Sub", [g.scalar(1), seen]), g.scalar(-1e4)]);
    for (const layer of [0, 1]) {
      const part = (name: string): string => {
        const weights = g.initialiser(`${layer}.${name}`, randomTensor([8, 8], `${layer}.${name}`, -0.4, 0.4));
        return g.transpose(g.reshape(g.op("MatMul", [x, weights]), [0, 0, 2, 4]), [0, 2, 1, 3]);
      };
      const scores = g.op("Add", [g.op("MatMul", [part("q"), g.transpose(part("k"), [0, 1, 3, 2])]), mask]);
      const mixed = g.op("MatMul", [g.op("Softmax", [scores], { axis: { int: -1 } }), part("v")]);
      x = g.opAs(`layer${layer}`, "Add", [x, g.op("Tanh", [g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [0, 0, 8])])]);
    }
    g.initialiser("tags", randomTensor([8, 4], "tags"));
    g.opAs("token_logits", "MatMul", [x, "tags"]);
    linear(g, g.op("Gather", [x, g.constant(int64([], [0]))], { axis: { int: 1 } }), "pooled_logits", 8, 2);
    g.output("token_logits", "float32", ["batch", "sequence", 4]);
    g.output("pooled_logits", "float32", ["batch", 2]);
  });

const bytes = (dims: number[], name: string): Tensor => {
  const { data } = randomTensor(dims, name, -100, 100);
  return tensor("int8", dims, Int8Array.from(data));
};
const scale = (g: GraphBuilder, value: number): string => g.scalar(value);
const zeroPoint = (g: GraphBuilder): string => g.constant(tensor("uint8", [], Uint8Array.of(128)));
const signedZero = (g: GraphBuilder): string => g.constant(tensor("int8", [], Int8Array.of(0)));

/** Quantise and dequantise around every operator, as tools for quantisation write it. */
export const dequantisedNetwork = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    const through = (x: string, name: string): string => {
      const stored = g.opAs(`${name}.quantised`, "QuantizeLinear", [x, scale(g, 0.05), zeroPoint(g)]);
      return g.op("DequantizeLinear", [stored, scale(g, 0.05), zeroPoint(g)]);
    };
    const layer = (x: string, name: string, from: number, to: number): string => {
      const weights = g.initialiser(`${name}.weight`, bytes([to, from, 3, 3], name));
      const real = g.op("DequantizeLinear", [weights, scale(g, 0.002), signedZero(g)]);
      return relu(g, name, g.op("Conv", [x, real], { pads: { ints: [1, 1, 1, 1] } }));
    };
    const one = through(layer(through("image", "image"), "one", 3, 4), "one");
    const two = through(layer(one, "two", 4, 4), "two");
    linear(g, g.op("Flatten", [g.op("GlobalAveragePool", [two])]), "logits", 4, 3);
    g.output("logits", "float32", ["batch", 3]);
  });

/** The same with operators that compute on bytes. */
export const byteNetwork = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    const point = (value: number): string[] => [scale(g, value), zeroPoint(g)];
    let x = g.opAs("image.bytes", "QuantizeLinear", ["image", ...point(0.05)]);
    for (const [name, from, to] of [
      ["one", 3, 4],
      ["two", 4, 4],
    ] as const) {
      const weights = [g.initialiser(name, bytes([to, from, 3, 3], name)), scale(g, 0.002), signedZero(g)];
      const inputs = [x, ...point(0.05), ...weights, ...point(0.05)];
      x = g.opAs(`${name}.bytes`, "QLinearConv", inputs, { pads: { ints: [1, 1, 1, 1] } });
    }
    const pooled = g.op("GlobalAveragePool", [g.op("DequantizeLinear", [x, ...point(0.05)])]);
    linear(g, g.op("Flatten", [pooled]), "logits", 4, 3);
    g.output("logits", "float32", ["batch", 3]);
  });

/** A trunk with a map of any height and width (and one of an earlier layer beside it), a class and a number. */
export const manyHeads = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, "height", "width"]);
    const early = relu(g, "early", conv(g, "image", "c1", 3, 4));
    const late = relu(g, "late", conv(g, g.op("MaxPool", [early], half), "c2", 4, 4));
    const enlarged = (x: string, name: string): void => {
      const sizes = g.op("Concat", [g.sizes(x, [0, 1]), g.sizes("image", [2, 3])], { axis: { int: 0 } });
      g.opAs(name, "Resize", [x, "", "", sizes], { mode: { string: "linear" } });
    };
    enlarged(conv(g, late, "map.out", 4, 2), "out");
    enlarged(conv(g, early, "map.aux", 4, 2), "aux");
    const pooled = g.opAs("pooled", "Flatten", [g.op("GlobalAveragePool", [late])]);
    linear(g, pooled, "class", 4, 3);
    linear(g, pooled, "age", 4, 1);
    g.output("out", "float32", ["batch", 2, "height", "width"]);
    g.output("aux", "float32", ["batch", 2, "height", "width"]);
    g.output("class", "float32", ["batch", 3]);
    g.output("age", "float32", ["batch", 1]);
  });

function body(name: string, fill: (g: GraphBuilder) => void): AttributeProto {
  const inner = buildModel(fill).graph!;
  return create(AttributeProtoSchema, {
    name,
    type: AttributeType.GRAPH,
    g: create(GraphProtoSchema, { ...inner, name }),
  });
}

/**
 * Convolutions, then an If that only the numbers decide (`chosen`), a Loop over rows that ends by itself (`looped`), a Scan
 * (`summed`), and a layer behind them.
 */
export const controlFlow = (): ModelProto =>
  buildModel((g) => {
    const graph = g.model.graph!;
    g.input("image", "float32", [1, 3, 8, 8]);
    const seen = relu(g, "seen", conv(g, "image", "c1", 3, 4));
    const rows = g.opAs("rows", "Reshape", [seen, g.ints([16, 16])]);
    const bright = g.op("Greater", [g.op("ReduceMean", [rows], { keepdims: { int: 0 } }), g.scalar(0.2)]);
    const chosen = makeNode("If", [bright], ["chosen"]);
    const branch = (name: string, op: string): AttributeProto =>
      body(name, (inner) => {
        inner.opAs(`${name}.out`, op, [rows]);
        inner.output(`${name}.out`);
      });
    chosen.attribute.push(branch("then_branch", "Tanh"), branch("else_branch", "Neg"));
    graph.node.push(chosen);

    const loop = makeNode("Loop", [g.constant(int64([], [3])), "", "chosen"], ["looped"]);
    loop.attribute.push(
      body("body", (inner) => {
        inner.input("i", "int64", []);
        inner.input("go", "bool", []);
        inner.input("x", "float32", [16, 16]);
        inner.opAs("next", "Mul", ["x", inner.scalar(0.9)]);
        const large = inner.op("ReduceMax", ["next"], { keepdims: { int: 0 } });
        inner.opAs("more", "Greater", [large, inner.scalar(0.5)]);
        inner.output("more", "bool", []);
        inner.output("next", "float32", [16, 16]);
      }),
    );
    graph.node.push(loop);

    graph.initializer.push(toProto(float32([16], new Float32Array(16)), "start"));
    const scan = makeNode("Scan", ["start", "looped"], ["last", "summed"], { num_scan_inputs: { int: 1 } });
    scan.attribute.push(
      body("body", (inner) => {
        inner.input("sum", "float32", [16]);
        inner.input("row", "float32", [16]);
        inner.opAs("total", "Add", ["sum", "row"]);
        inner.opAs("said", "Identity", ["total"]);
        inner.output("total", "float32", [16]);
        inner.output("said", "float32", [16]);
      }),
    );
    graph.node.push(scan);
    linear(g, g.opAs("deep", "Tanh", ["summed"]), "scores", 16, 2);
    graph.output.push(valueInfo("scores", "float32", [16, 2]));
  });
