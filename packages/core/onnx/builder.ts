/** @file Adding nodes to a graph: fresh names, constants made once, and one form of each operator for every opset. */
import { int64, type Tensor, type TensorType } from "../tensor/index.ts";
import { internal } from "../errors/index.ts";
import { elementType } from "./element-type.ts";
import { opsetOf } from "./model.ts";
import { makeNode, valueInfo, type AttributeValue, type ModelProto } from "./proto.ts";
import { toProto } from "./tensor-proto.ts";

export interface GraphBuilder {
  readonly model: ModelProto;
  readonly opset: number;
  /** Names of everything made from now on begin with this. */
  scope(prefix: string): void;
  /** Adds a node with one output and gives the output's name. */
  op(opType: string, inputs: readonly string[], attributes?: Record<string, AttributeValue>): string;
  /** Adds a node whose output has this very name. */
  opAs(output: string, opType: string, inputs: readonly string[], attributes?: Record<string, AttributeValue>): string;
  /** Adds a node with several outputs. */
  ops(opType: string, inputs: readonly string[], count: number, attributes?: Record<string, AttributeValue>): string[];
  /** A constant tensor; equal small constants are shared. */
  constant(value: Tensor): string;
  /** A float32 scalar. */
  scalar(value: number): string;
  /** An int64 vector. */
  ints(values: readonly number[]): string;
  /** The sizes of a tensor at run time, int64 [rank]. */
  shape(x: string): string;
  /** The size of a tensor along some axes at run time, int64 [axes]. */
  sizes(x: string, axes: readonly number[]): string;
  /** An initialiser of this very name. */
  initialiser(name: string, value: Tensor): string;
  input(name: string, type: Tensor["type"], dims?: readonly (number | string)[]): string;
  output(name: string, type?: Tensor["type"], dims?: readonly (number | string)[]): void;

  // Operators whose form changed between opsets.
  reduceSum(x: string, axes: readonly number[], keep: boolean): string;
  reduceMean(x: string, axes: readonly number[], keep: boolean): string;
  unsqueeze(x: string, axes: readonly number[]): string;
  squeeze(x: string, axes: readonly number[]): string;
  slice(
    x: string,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps?: readonly number[],
  ): string;
  /** With 0 for "as in x" and at most one -1. */
  reshape(x: string, dims: readonly number[]): string;
  reshapeLike(x: string, like: string): string;
  /** Broadcasts to another tensor's shape. */
  expandLike(x: string, like: string): string;
  zerosLike(x: string): string;
  cast(x: string, to: TensorType): string;
  transpose(x: string, perm: readonly number[]): string;
  /** The place of the largest number along an axis, which is left out; the first of equals. */
  argMax(x: string, axis: number): string;
  /**
   * float32 with 1 at the places that `x` says and 0 elsewhere, along a new axis.
   * @param size of the axis, or the name of the tensor [1] that tells it
   */
  oneHot(x: string, size: number | string, axis: number): string;
}

/** Extends `model` in place; hand in a copy. */
export function createBuilder(model: ModelProto): GraphBuilder {
  const graph = model.graph!;
  const opset = opsetOf(model);
  const taken = new Set<string>([
    ...graph.node.flatMap((node) => [...node.output, ...node.input]),
    ...graph.initializer.map(({ name }) => name),
    ...graph.input.map(({ name }) => name),
  ]);
  const defined = new Set<string>([
    ...graph.node.flatMap(({ output }) => output),
    ...graph.initializer.map(({ name }) => name),
    ...graph.input.map(({ name }) => name),
  ]);
  const constants = new Map<string, string>();
  const counters = new Map<string, number>();
  const shapes = new Map<string, string>();
  let prefix = "";

  const fresh = (hint: string): string => {
    const stem = `${prefix}${hint}`;
    let count = counters.get(stem) ?? 0;
    let name: string;
    do name = count++ === 0 ? stem : `${stem}_${count}`;
    while (taken.has(name));
    counters.set(stem, count);
    taken.add(name);
    return name;
  };

  const builder: GraphBuilder = {
    model,
    opset,
    scope: (next) => void (prefix = next),
    op: (opType, inputs, attributes) => builder.ops(opType, inputs, 1, attributes)[0]!,
    opAs(output, opType, inputs, attributes) {
      // A name that nodes already read but nothing defines may be given its definition.
      if (defined.has(output)) throw internal(`the name "${output}" is taken`);
      defined.add(output);
      taken.add(output);
      graph.node.push(makeNode(opType, inputs, [output], attributes));
      return output;
    },
    ops(opType, inputs, count, attributes) {
      const outputs = Array.from({ length: count }, () => fresh(opType));
      graph.node.push(makeNode(opType, inputs, outputs, attributes));
      return outputs;
    },
    constant(value) {
      const small = value.data.length <= 64;
      const key = small ? `${value.type}[${value.dims.join()}]${[...(value.data as Float32Array)].join()}` : "";
      const known = small ? constants.get(key) : undefined;
      if (known !== undefined) return known;
      const kept = prefix;
      prefix = "";
      const name = fresh("constant");
      prefix = kept;
      if (small) constants.set(key, name);
      graph.initializer.push(toProto(value, name));
      return name;
    },
    scalar: (value) => builder.constant({ type: "float32", dims: [], data: Float32Array.of(value) }),
    ints: (values) => builder.constant(int64([values.length], values)),
    shape(x) {
      const known = shapes.get(x);
      if (known !== undefined) return known;
      const name = builder.op("Shape", [x]);
      shapes.set(x, name);
      return name;
    },
    sizes: (x, axes) => builder.op("Gather", [builder.shape(x), ints(axes)]),
    initialiser(name, value) {
      if (defined.has(name)) throw internal(`the name "${name}" is taken`);
      defined.add(name);
      taken.add(name);
      graph.initializer.push(toProto(value, name));
      return name;
    },
    input(name, type, dims) {
      defined.add(name);
      taken.add(name);
      graph.input.push(valueInfo(name, type, dims));
      return name;
    },
    output: (name, type = "float32", dims) => void graph.output.push(valueInfo(name, type, dims)),

    reduceSum: (x, axes, keep) =>
      opset >= 13
        ? builder.op("ReduceSum", [x, ints(axes)], { keepdims: { int: keep ? 1 : 0 } })
        : builder.op("ReduceSum", [x], { axes: { ints: axes }, keepdims: { int: keep ? 1 : 0 } }),
    reduceMean: (x, axes, keep) =>
      opset >= 18
        ? builder.op("ReduceMean", [x, ints(axes)], { keepdims: { int: keep ? 1 : 0 } })
        : builder.op("ReduceMean", [x], { axes: { ints: axes }, keepdims: { int: keep ? 1 : 0 } }),
    unsqueeze: (x, axes) =>
      opset >= 13 ? builder.op("Unsqueeze", [x, ints(axes)]) : builder.op("Unsqueeze", [x], { axes: { ints: axes } }),
    squeeze: (x, axes) =>
      opset >= 13 ? builder.op("Squeeze", [x, ints(axes)]) : builder.op("Squeeze", [x], { axes: { ints: axes } }),
    slice: (x, starts, ends, axes, steps = axes.map(() => 1)) => {
      if (opset >= 10) return builder.op("Slice", [x, ints(starts), ints(ends), ints(axes), ints(steps)]);
      if (steps.some((step) => step !== 1)) {
        // Before opset 10 Slice has no steps; a gather of the reversed positions does the same.
        return axes.reduce((from, axis, i) => {
          const positions = Array.from({ length: starts[i]! + 1 }, (_, k) => starts[i]! - k);
          return builder.op("Gather", [from, ints(positions)], { axis: { int: axis } });
        }, x);
      }
      return builder.op("Slice", [x], { starts: { ints: starts }, ends: { ints: ends }, axes: { ints: axes } });
    },
    reshape: (x, dims) => builder.op("Reshape", [x, ints(dims)]),
    reshapeLike: (x, like) => builder.op("Reshape", [x, builder.shape(like)]),
    expandLike: (x, like) => builder.op("Expand", [x, builder.shape(like)]),
    zerosLike: (x) => builder.op("ConstantOfShape", [builder.shape(x)]),
    cast: (x, to) => builder.op("Cast", [x], { to: { int: elementType(to) } }),
    transpose: (x, perm) => builder.op("Transpose", [x], { perm: { ints: perm } }),
    argMax: (x, axis) => builder.op("ArgMax", [x], { axis: { int: axis }, keepdims: { int: 0 } }),
    oneHot(x, size, axis) {
      const depth = typeof size === "string" ? size : ints([size]);
      const values = builder.constant({ type: "float32", dims: [2], data: Float32Array.of(0, 1) });
      return builder.op("OneHot", [x, depth, values], { axis: { int: axis } });
    },
  };
  const { ints } = builder;
  return builder;
}
