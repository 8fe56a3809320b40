/** @file What rules see of their nodes: made from the graph's wiring and from what runs have shown. */
import { InputError, internal } from "../errors/index.ts";
import {
  describe,
  fromProto,
  type GraphBuilder,
  type GraphIndex,
  type NodeProto,
  type Observations,
  type Observed,
} from "../onnx/index.ts";
import type { Tensor, TensorType } from "../tensor/index.ts";
import type { RuleContext } from "./rule.ts";

/** What is known of the graph's tensors before gradients are added. */
export interface Knowledge {
  g: GraphBuilder;
  index: GraphIndex;
  seen: Observations;
  /** Runs with other sizes. */
  others: readonly Observations[];
  /** Whether they vary all sizes that may differ; else leading axes of live tensors may too. */
  sized: boolean;
  /** The tensors that depend on what is differentiated by. */
  reach: ReadonlySet<string>;
  /** The tensors that depend on an input of the model. */
  live: ReadonlySet<string>;
  /** Those of them that depend on its values, not on its sizes alone. */
  valued: ReadonlySet<string>;
}

export function liveTensors(index: GraphIndex): Set<string> {
  return new Set([...index.inputs, ...index.nodes.flatMap((node, i) => (index.live[i] ? node.output : []))]);
}

/** The tensors that depend on values that are fed. Sizes depend on shapes only. */
export function valuedTensors(index: GraphIndex, live: ReadonlySet<string>): Set<string> {
  const valued = new Set(index.inputs);
  index.nodes.forEach(({ opType, output }, i) => {
    if (!index.live[i] || opType === "Shape" || opType === "Size") return;
    const reads = index.reads[i]!;
    // A random operator is live without reading anything that is.
    if (reads.some((name) => valued.has(name)) || !reads.some((name) => live.has(name)))
      for (const name of output) valued.add(name);
  });
  return valued;
}

export function lookUp({ seen }: Knowledge, tensor: string): Observed {
  const found = seen.get(tensor);
  if (!found) {
    throw new InputError(
      "ERR_GRADIENT",
      `nothing is known of the shape of "${tensor}": it was not seen in a run of the model`,
    );
  }
  return found;
}

/** See RuleContext.fixed. */
export function fixedDims(known: Knowledge, tensor: string): readonly (number | undefined)[] {
  const { dims } = lookUp(known, tensor);
  if (!known.live.has(tensor)) return dims;
  const runs = known.others.map((seen) => seen.get(tensor)?.dims ?? dims);
  const fixed = (size: number, axis: number): boolean =>
    (known.sized || axis > 0) && runs.every((other) => other[axis] === size);
  return dims.map((size, axis) => (fixed(size, axis) ? size : undefined));
}

/** A scalar constant of a floating type. */
export function typedScalar(g: GraphBuilder, type: TensorType, value: number): string {
  if (type === "float64") return g.constant({ type, dims: [], data: Float64Array.of(value) });
  return g.scalar(value);
}

/** Zeros of a tensor's shape. */
export function typedZeros(g: GraphBuilder, type: TensorType, like: string): string {
  const value: Tensor | undefined = type === "float64" ? { type, dims: [1], data: Float64Array.of(0) } : undefined;
  return g.op("ConstantOfShape", [g.shape(like)], value && { value: { tensor: value } });
}

/** The context of one node; `outputs` holds the gradients of its outputs. */
export function contextFor(known: Knowledge, node: NodeProto, outputs: readonly (string | undefined)[]): RuleContext {
  const { g, reach, seen } = known;
  const places = new Map<string, string>();
  outputs.forEach((gradient, i) => gradient !== undefined && places.set(gradient, node.output[i]!));
  const placed = (tensor: string): string => (seen.has(tensor) ? tensor : (places.get(tensor) ?? tensor));
  const first = outputs.findIndex((gradient) => gradient !== undefined);
  const type = floatType(known, node, node.output[first]!);
  return {
    node,
    g,
    I: (i) => node.input[i] ?? "",
    O: (i) => node.output[i]!,
    GO: (i) => {
      const gradient = outputs[i];
      if (gradient === undefined) throw internal(`${describe(node)}: output ${i} has no gradient`);
      return gradient;
    },
    has: (i) => outputs[i] !== undefined,
    needs: (i) => reach.has(node.input[i] ?? ""),
    dims: (tensor) => lookUp(known, placed(tensor)).dims,
    fixed: (tensor) => fixedDims(known, placed(tensor)),
    sized: known.sized,
    type: (tensor) => lookUp(known, placed(tensor)).type,
    constant: (tensor) => constantNumbers(known, tensor),
    single: (tensor) => {
      const found = known.live.has(tensor) || reach.has(tensor) ? undefined : seen.get(tensor);
      return found?.finite && found.min === found.max ? found.min : undefined;
    },
    scalar: (value) => typedScalar(g, type, value),
    zerosLike: (tensor) => typedZeros(g, type, tensor),
    addOutput: (i) => {
      const name = node.output[i] || `${node.output[0]!}/output_${i}`;
      while (node.output.length <= i) node.output.push("");
      node.output[i] = name;
      return name;
    },
    refuse: (why) => new InputError("ERR_GRADIENT_OPERATOR", `${describe(node)}: ${why}`),
  };
}

/** The floating type in which a node's gradients are: its output's, or its first floating input's (quantisation). */
function floatType({ seen }: Knowledge, node: NodeProto, output: string): TensorType {
  const types = [output, ...node.input].map((name) => seen.get(name)?.type);
  return types.find((type) => type === "float32" || type === "float64") ?? "float32";
}

function constantNumbers(known: Knowledge, tensor: string): readonly number[] | undefined {
  const { g, index, seen, live, valued } = known;
  const values = seen.get(tensor)?.values;
  if (live.has(tensor)) {
    // Computed from sizes alone: the same in every run where runs with other sizes of all that may differ agree.
    if (valued.has(tensor) || !values || !known.sized) return undefined;
    const same = known.others.every((seen) => {
      const other = seen.get(tensor)?.values;
      return other !== undefined && values.every((value, i) => value === other[i]);
    });
    return same ? values : undefined;
  }
  if (values) return values;
  const stored = g.model.graph!.initializer.find(({ name }) => name === tensor);
  const maker = index.nodes[index.producer.get(tensor) ?? -1];
  const proto =
    stored ?? (maker?.opType === "Constant" ? maker.attribute.find(({ name }) => name === "value")?.t : undefined);
  return proto && Array.from(fromProto(proto).data as BigInt64Array, Number);
}
