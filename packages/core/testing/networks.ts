/** @file Small networks built in code, for tests that need more than one operator. */
import type { GraphBuilder, ModelProto } from "../onnx/index.ts";
import { float32 } from "../tensor/index.ts";
import { randomTensor } from "./gradient-check.ts";
import { buildModel } from "./models.ts";

/** Convolution 3x3 with the weights `name`, [batch, inputs, H, W] to [batch, outputs, H, W], named `${name}`. */
export function conv(g: GraphBuilder, x: string, name: string, inputs: number, outputs: number): string {
  g.initialiser(`${name}.weight`, randomTensor([outputs, inputs, 3, 3], `${name}.weight`, -0.5, 0.5));
  g.initialiser(`${name}.bias`, randomTensor([outputs], `${name}.bias`, -0.1, 0.1));
  return g.opAs(name, "Conv", [x, `${name}.weight`, `${name}.bias`], {
    kernel_shape: { ints: [3, 3] },
    pads: { ints: [1, 1, 1, 1] },
  });
}

/** y = x W + b, named `${name}`. */
export function linear(g: GraphBuilder, x: string, name: string, inputs: number, outputs: number): string {
  g.initialiser(`${name}.weight`, randomTensor([inputs, outputs], `${name}.weight`, -0.5, 0.5));
  g.initialiser(`${name}.bias`, float32([outputs], new Float32Array(outputs)));
  return g.opAs(name, "Gemm", [x, `${name}.weight`, `${name}.bias`]);
}

export interface NetworkOptions {
  opset?: number;
  size?: number;
  classes?: number;
  batch?: string | number;
}

/**
 * A residual network in small: image [batch, 3, size, size] to logits [batch, classes].
 * Cuts at stem, relu1, sum, relu3, pool, flat; conv2, relu2 and conv3 lie beside a shortcut.
 */
export function residualNetwork(options: NetworkOptions = {}): ModelProto {
  const { opset = 17, size = 8, classes = 4, batch = "batch" } = options;
  return buildModel((g) => {
    g.input("image", "float32", [batch, 3, size, size]);
    const stem = g.opAs("relu1", "Relu", [conv(g, "image", "stem", 3, 8)]);
    const inner = g.opAs("relu2", "Relu", [conv(g, stem, "conv2", 8, 8)]);
    const sum = g.opAs("sum", "Add", [conv(g, inner, "conv3", 8, 8), stem]);
    const pooled = g.opAs("pool", "MaxPool", [g.opAs("relu3", "Relu", [sum])], {
      kernel_shape: { ints: [2, 2] },
      strides: { ints: [2, 2] },
    });
    const flat = g.opAs("flat", "Flatten", [pooled]);
    linear(g, flat, "logits", 8 * (size / 2) ** 2, classes);
    g.output("logits", "float32", [batch, classes]);
  }, opset);
}

/** A network in the shape of a U: what goes down is read again on the way up, so that no one tensor cuts its middle. */
export const unetNetwork = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 16, 16]);
    const half = { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } };
    const top = g.opAs("top", "Relu", [conv(g, "image", "c1", 3, 8)]);
    const middle = g.opAs("middle", "Relu", [conv(g, g.opAs("p1", "MaxPool", [top], half), "c2", 8, 8)]);
    const deep = g.opAs("deep", "Relu", [conv(g, g.opAs("p2", "MaxPool", [middle], half), "c3", 8, 8)]);
    const low = g.opAs("low", "Relu", [conv(g, deep, "c4", 8, 8)]);
    const up = (x: string, name: string): string => {
      g.initialiser(`${name}.weight`, randomTensor([8, 8, 2, 2], name, -0.5, 0.5));
      return g.opAs(name, "ConvTranspose", [x, `${name}.weight`], { strides: { ints: [2, 2] } });
    };
    const a = g.opAs("a", "Relu", [conv(g, g.opAs("s1", "Add", [up(low, "u1"), middle]), "c5", 8, 8)]);
    const b = g.opAs("b", "Relu", [conv(g, g.opAs("s2", "Add", [up(a, "u2"), top]), "c6", 8, 8)]);
    conv(g, b, "mask", 8, 2);
    g.output("mask", "float32", ["batch", 2, 16, 16]);
  });

/** A picture and some numbers, joined late. */
export const twoInputNetwork = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    g.input("pose", "float32", ["batch", 6]);
    const flat = g.opAs("flat", "Flatten", [g.opAs("r", "Relu", [conv(g, "image", "c", 3, 4)])]);
    const seen = g.opAs("seen", "Relu", [linear(g, flat, "l1", 256, 10)]);
    linear(g, g.opAs("joined", "Concat", [seen, "pose"], { axis: { int: 1 } }), "answer", 16, 3);
    g.output("answer", "float32", ["batch", 3]);
  });
