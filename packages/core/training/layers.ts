/** @file Layers of trainable networks, built from the same parameters for training, as a model, and folded for inference. */
import type { GraphBuilder } from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import { float32, sizeOf, type Tensor } from "../tensor/index.ts";
import { normaliseBatch } from "./normalise.ts";

/** Trainable parameters and running statistics, by name. */
export type Parameters = Map<string, Tensor<"float32">>;

/** What a layer is built with. */
export interface LayerContext {
  g: GraphBuilder;
  /** Filled with fresh values where a layer finds none. */
  parameters: Parameters;
  seed: number;
  /**
   * How a layer normalises. `train`: with the batch's statistics. `infer`: with the running ones, folded into the
   * weights. `model`: by ONNX's BatchNormalization, as in any model that `trainableNetwork` takes.
   */
  mode: "train" | "infer" | "model";
  /** In training: the tensor that holds the new value of a running statistic, by its name. */
  updates: Map<string, string>;
}

export interface ConvolutionOptions {
  inputs: number;
  outputs: number;
  kernel: number;
  stride?: number;
  pad?: number;
  /** Dimensions of the positions: 1, 2 or 3. Default 2. */
  positions?: number;
  /** A transposed convolution with this output padding, by dimension. */
  transposed?: { outputPadding: readonly number[] };
  normalised?: boolean;
  activated?: boolean;
}

const epsilon = 1e-5;
/** Share of the running statistics that stays at each step. */
const kept = 0.9;

/** Convolution, batch normalisation and ReLU, [batch, inputs, ...positions] to [batch, outputs, ...positions']. */
export function convolution(c: LayerContext, x: string, name: string, options: ConvolutionOptions): string {
  const { inputs, outputs, kernel, stride = 1, pad = 0, positions = 2 } = options;
  const { transposed, normalised = true, activated = true } = options;
  const each = (value: number, count = positions): number[] => Array.from({ length: count }, () => value);
  const dims = [...(transposed ? [inputs, outputs] : [outputs, inputs]), ...each(kernel)];
  const weight = normal(c, `${name}/weight`, dims, Math.sqrt(2 / (inputs * kernel ** positions)));
  const attributes = {
    kernel_shape: { ints: each(kernel) },
    strides: { ints: each(stride) },
    pads: { ints: each(pad, 2 * positions) },
    ...(transposed && { output_padding: { ints: transposed.outputPadding } }),
  };
  const operator = transposed ? "ConvTranspose" : "Conv";
  c.g.scope(`${name}/`);
  let y: string;
  if (!normalised) {
    filled(c, `${name}/bias`, outputs, 0);
    y = c.g.op(operator, [x, trainable(c, `${name}/weight`), trainable(c, `${name}/bias`)], attributes);
  } else if (c.mode !== "infer") {
    const convolved = c.g.op(operator, [x, trainable(c, `${name}/weight`)], attributes);
    y = batchNormalisation(c, convolved, name, outputs, positions + 2);
  } else {
    const { weight: folded, bias } = fold(c, weight, name, outputs, transposed ? 1 : 0);
    y = c.g.op(
      operator,
      [x, c.g.initialiser(`${name}/weight`, folded), c.g.initialiser(`${name}/bias`, bias)],
      attributes,
    );
  }
  if (activated) y = c.g.op("Relu", [y]);
  c.g.scope("");
  return y;
}

/** y = x W + b, [batch, inputs] to [batch, outputs]. */
export function dense(c: LayerContext, x: string, name: string, inputs: number, outputs: number): string {
  normal(c, `${name}/weight`, [inputs, outputs], Math.sqrt(1 / inputs));
  filled(c, `${name}/bias`, outputs, 0);
  c.g.scope(`${name}/`);
  const y = c.g.op("Gemm", [x, trainable(c, `${name}/weight`), trainable(c, `${name}/bias`)]);
  c.g.scope("");
  return y;
}

/** y = x W + b along the last dimension, [..., inputs] to [..., outputs]. */
export function projection(c: LayerContext, x: string, name: string, inputs: number, outputs: number): string {
  normal(c, `${name}/weight`, [inputs, outputs], Math.sqrt(1 / inputs));
  filled(c, `${name}/bias`, outputs, 0);
  c.g.scope(`${name}/`);
  const product = c.g.op("MatMul", [x, trainable(c, `${name}/weight`)]);
  const y = c.g.op("Add", [product, trainable(c, `${name}/bias`)]);
  c.g.scope("");
  return y;
}

/** Batch normalisation; in training with the batch's statistics, of which the running ones take a tenth. */
function batchNormalisation(c: LayerContext, x: string, name: string, channels: number, rank: number): string {
  const part = (key: string, initial: number): string => {
    filled(c, `${name}/${key}`, channels, initial);
    return trainable(c, `${name}/${key}`);
  };
  const names = {
    scale: part("scale", 1),
    shift: part("shift", 0),
    mean: part("mean", 0),
    variance: part("variance", 1),
  };
  if (c.mode === "model") {
    const inputs = [x, names.scale, names.shift, names.mean, names.variance];
    return c.g.op("BatchNormalization", inputs, { epsilon: { float: epsilon }, momentum: { float: kept } });
  }
  const { y, mean, variance } = normaliseBatch(c.g, { x, ...names, rank, epsilon, kept });
  c.updates.set(names.mean, mean);
  c.updates.set(names.variance, variance);
  return y;
}

/** W' = W s, b' = t - m s with s = scale / sqrt(variance + epsilon), per output channel (axis 0, or 1 if transposed). */
function fold(
  c: LayerContext,
  weight: Tensor<"float32">,
  name: string,
  channels: number,
  axis: 0 | 1,
): { weight: Tensor<"float32">; bias: Tensor<"float32"> } {
  const read = (part: string, initial: number): Float32Array => filled(c, `${name}/${part}`, channels, initial).data;
  const [scale, shift, mean, variance] = [read("scale", 1), read("shift", 0), read("mean", 0), read("variance", 1)];
  const factor = Float32Array.from({ length: channels }, (_, i) => scale[i]! / Math.sqrt(variance[i]! + epsilon));
  const area = sizeOf(weight.dims.slice(2));
  const channelOf = (i: number): number =>
    axis === 0 ? Math.floor(i / (area * weight.dims[1]!)) : Math.floor(i / area) % channels;
  return {
    weight: float32(
      weight.dims,
      weight.data.map((value, i) => value * factor[channelOf(i)]!),
    ),
    bias: float32(
      [channels],
      shift.map((value, i) => value - mean[i]! * factor[i]!),
    ),
  };
}

/** The graph's initialiser of a parameter, made where it is first used. */
function trainable(c: LayerContext, name: string): string {
  const { graph } = c.g.model;
  if (graph!.initializer.some((tensor) => tensor.name === name)) return name;
  return c.g.initialiser(name, c.parameters.get(name)!);
}

function parameter(c: LayerContext, name: string, make: () => Tensor<"float32">): Tensor<"float32"> {
  let value = c.parameters.get(name);
  if (value === undefined) {
    value = make();
    c.parameters.set(name, value);
  }
  return value;
}

function normal(c: LayerContext, name: string, dims: readonly number[], deviation: number): Tensor<"float32"> {
  return parameter(c, name, () => {
    const random = randomStream(c.seed, `weights/${name}`);
    return float32(
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => deviation * random.normal()),
    );
  });
}

function filled(c: LayerContext, name: string, size: number, value: number): Tensor<"float32"> {
  return parameter(c, name, () => float32([size], new Float32Array(size).fill(value)));
}
