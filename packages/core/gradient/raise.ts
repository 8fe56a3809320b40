/** @file Raises models to a newer operator set: what was an attribute becomes an input, what was renamed is renamed. */
import { create } from "@bufbuild/protobuf";
import { OperatorSetIdProtoSchema } from "onnx-buf";
import { InputError } from "../errors/index.ts";
import {
  attribute,
  attributeInt,
  copyModel,
  describe,
  elementType,
  makeNode,
  opsetOf,
  subgraphs,
  toProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type Observations,
  type Observed,
} from "../onnx/index.ts";
import { float32, int64, sizeOf, type Tensor } from "../tensor/index.ts";

/** The operator set whose forms the gradient rules expect; models of a newer one keep theirs. */
export const expectedOpset = 18;

/** What a raising row may use: it changes its node in place and may add nodes around it. */
interface Raising {
  node: NodeProto;
  /** The model's operator set. */
  from: number;
  /** A new constant; gives its name. */
  constant(value: Tensor): string;
  /** A new tensor name. */
  fresh(hint: string): string;
  before(node: NodeProto): void;
  after(node: NodeProto): void;
  /** What was seen of a tensor; undefined inside bodies of control flow and where nothing was seen. */
  seen(tensor: string): Observed | undefined;
  /** States what will be seen of a tensor that the raising makes. */
  state(tensor: string, observed: Observed): void;
}

interface Row {
  /** Models of an older operator set than this need the change. */
  before: number;
  change(r: Raising): void;
}

const ints = (r: Raising, values: readonly number[]): string => r.constant(int64([values.length], values));

/** Takes an attribute off a node. */
function take(node: NodeProto, name: string): NodeProto["attribute"][number] | undefined {
  const found = node.attribute.find((entry) => entry.name === name);
  node.attribute = node.attribute.filter((entry) => entry.name !== name);
  return found;
}

/** Takes an attribute off a node that cannot be without it. */
function needed(r: Raising, name: string): NodeProto["attribute"][number] {
  const found = take(r.node, name);
  if (found) return found;
  throw new InputError(
    "ERR_MODEL_OPSET",
    `${describe(r.node)}: expected the attribute "${name}", as operator set ${r.from} demands`,
  );
}

function setInput(node: NodeProto, i: number, name: string): void {
  while (node.input.length <= i) node.input.push("");
  node.input[i] = name;
}

/** The attribute of that name becomes input i. */
function intsToInput(name: string, i: number): (r: Raising) => void {
  return (r) => {
    const found = take(r.node, name);
    if (found) setInput(r.node, i, ints(r, found.ints.map(Number)));
  };
}

function slice(r: Raising): void {
  const starts = needed(r, "starts").ints.map(Number);
  const ends = needed(r, "ends").ints.map(Number);
  const axes = take(r.node, "axes")?.ints.map(Number) ?? starts.map((_, i) => i);
  r.node.input = [r.node.input[0]!, ints(r, starts), ints(r, ends), ints(r, axes)];
}

function clip(r: Raising): void {
  ["min", "max"].forEach((name, i) => {
    const found = take(r.node, name);
    if (found) setInput(r.node, i + 1, scalarLike(r, found.f));
  });
}

/** A scalar of the type of the node's first input. */
function scalarLike(r: Raising, value: number): string {
  return r.seen(r.node.input[0]!)?.type === "float64"
    ? r.constant({ type: "float64", dims: [], data: Float64Array.of(value) })
    : r.constant(float32([], [value]));
}

function pad(r: Raising): void {
  const pads = needed(r, "pads").ints.map(Number);
  const value = take(r.node, "value")?.f ?? 0;
  r.node.input = [r.node.input[0]!, ints(r, pads), scalarLike(r, value)];
}

/** Before 13 the softmaxes ran over all dimensions from `axis` on, seen as one. */
function softmax(r: Raising): void {
  const { node } = r;
  const axis = attributeInt(node, "axis", 1);
  const x = node.input[0]!;
  const y = node.output[0]!;
  const shape = r.seen(x);
  take(node, "axis");
  node.attribute.push(attribute("axis", { int: -1 }));
  const rank = shape?.dims.length;
  const from = rank !== undefined && axis < 0 ? axis + rank : axis;
  const only = shape?.dims.slice(from + 1).every((size) => size === 1);
  if (shape && only) {
    take(node, "axis");
    node.attribute.push(attribute("axis", { int: from }));
    return;
  }
  const flat = r.fresh(`${y}/flat`);
  const result = r.fresh(`${y}/softmax`);
  const whole = r.fresh(`${y}/shape`);
  r.before(makeNode("Flatten", [x], [flat], { axis: { int: from } }));
  r.before(makeNode("Shape", [x], [whole]));
  node.input[0] = flat;
  node.output[0] = result;
  r.after(makeNode("Reshape", [result, whole], [y]));
  if (!shape) return;
  const dims = [sizeOf(shape.dims.slice(0, from)), sizeOf(shape.dims.slice(from))];
  r.state(flat, { ...shape, dims });
  r.state(result, { ...shape, min: 0, max: 1, dims });
  r.state(whole, { type: "int64", dims: [shape.dims.length], min: 1, max: Math.max(...shape.dims), finite: true });
}

/** Upsample and the first Resize: the output's index divided by the scale, rounded down. */
function resize(r: Raising): void {
  const { node } = r;
  const scales = take(node, "scales");
  const given = scales ? r.constant(float32([scales.floats.length], scales.floats)) : node.input[1];
  if (given === undefined)
    throw new InputError("ERR_MODEL_OPSET", `${describe(node)}: expected scales, as an attribute or the second input`);
  node.opType = "Resize";
  node.input = [node.input[0]!, "", given];
  node.attribute.push(attribute("coordinate_transformation_mode", { string: "asymmetric" }));
  node.attribute.push(attribute("nearest_mode", { string: "floor" }));
}

function batchNormalization({ node }: Raising): void {
  const spatial = take(node, "spatial");
  if (spatial && Number(spatial.i) === 0) {
    throw new InputError("ERR_MODEL_OPSET", `${describe(node)}: spatial=0 was removed from ONNX; export again`);
  }
  // The further outputs are empty in inference, but old exporters list them.
  node.output = node.output.slice(0, 1);
}

/** The mask was of real numbers before it became one of truth values. */
function dropoutMask(r: Raising): void {
  const mask = r.node.output[1];
  if (!mask) return;
  const truth = r.fresh(`${mask}/bool`);
  const shape = r.seen(mask);
  if (shape) r.state(truth, { ...shape, type: "bool" });
  r.node.output[1] = truth;
  r.after(
    makeNode("Cast", [truth], [mask], { to: { int: elementType(shape?.type === "float64" ? "float64" : "float32") } }),
  );
}

const axesInput: Row = { before: 18, change: intsToInput("axes", 1) };
const softmaxRow: Row = { before: 13, change: softmax };

/** Runtimes have dropped Mean; it is a sum, divided. */
function mean(r: Raising): void {
  const { node } = r;
  const y = node.output[0]!;
  const sum = r.fresh(`${y}/sum`);
  const shape = r.seen(y);
  if (shape) r.state(sum, shape);
  node.opType = "Sum";
  node.output[0] = sum;
  r.after(makeNode("Div", [sum, scalarLike(r, node.input.length)], [y]));
}

/** By operator. An operator without a row reads the same in all sets from 7 on. */
const rows: Record<string, readonly Row[]> = {
  BatchNormalization: [{ before: 14, change: batchNormalization }],
  Clip: [{ before: 11, change: clip }],
  Dropout: [
    { before: 12, change: ({ node }) => void take(node, "ratio") },
    { before: 10, change: dropoutMask },
  ],
  Hardmax: [softmaxRow],
  LogSoftmax: [softmaxRow],
  Mean: [{ before: Infinity, change: mean }],
  Pad: [{ before: 11, change: pad }],
  ReduceL1: [axesInput],
  ReduceL2: [axesInput],
  ReduceLogSum: [axesInput],
  ReduceLogSumExp: [axesInput],
  ReduceMax: [axesInput],
  ReduceMean: [axesInput],
  ReduceMin: [axesInput],
  ReduceProd: [axesInput],
  ReduceSum: [{ before: 13, change: intsToInput("axes", 1) }],
  ReduceSumSquare: [axesInput],
  Resize: [{ before: 11, change: resize }],
  Scatter: [{ before: 11, change: ({ node }) => void (node.opType = "ScatterElements") }],
  Slice: [{ before: 10, change: slice }],
  Softmax: [softmaxRow],
  Split: [
    { before: 13, change: intsToInput("split", 1) },
    {
      before: 18,
      change: ({ node }) => {
        if (!node.input[1]) node.attribute.push(attribute("num_outputs", { int: node.output.length }));
      },
    },
  ],
  Squeeze: [{ before: 13, change: intsToInput("axes", 1) }],
  TopK: [
    {
      before: 10,
      change: (r) => {
        const k = take(r.node, "k");
        if (k) setInput(r.node, 1, ints(r, [Number(k.i)]));
      },
    },
  ],
  Unsqueeze: [{ before: 13, change: intsToInput("axes", 1) }],
  Upsample: [{ before: Infinity, change: resize }],
};

/**
 * A copy of the model in the operator set that gradient rules expect: the same tensors under the same names, the same
 * results. `seen`, where given, is extended by the few tensors that are new. Bodies of control flow are raised too.
 */
export function raiseModel(model: ModelProto, seen?: Observations): { model: ModelProto; seen: Observations } {
  const from = opsetOf(model);
  const raised = copyModel(model);
  const known = new Map(seen);
  const taken = new Set(namesOf(raised.graph!));
  raiseGraph(raised.graph!, from, taken, known, true);
  if (from >= expectedOpset) return { model: raised, seen: known };
  const own = raised.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  if (own) own.version = BigInt(expectedOpset);
  else raised.opsetImport.push(create(OperatorSetIdProtoSchema, { version: BigInt(expectedOpset) }));
  // The first version of the file format that knows this operator set.
  if (raised.irVersion < 8n) raised.irVersion = 8n;
  return { model: raised, seen: known };
}

function namesOf(graph: GraphProto): string[] {
  return [
    ...[...graph.input, ...graph.initializer].map(({ name }) => name),
    ...graph.node.flatMap((node) => [...node.input, ...node.output, ...subgraphs(node).flatMap(namesOf)]),
  ];
}

function raiseGraph(
  graph: GraphProto,
  from: number,
  taken: Set<string>,
  seen: Map<string, Observed>,
  top: boolean,
): void {
  const fresh = (hint: string): string => {
    let name = hint;
    for (let i = 1; taken.has(name); i++) name = `${hint}_${i}`;
    taken.add(name);
    return name;
  };
  const nodes: NodeProto[] = [];
  for (const node of graph.node) {
    for (const body of subgraphs(node)) raiseGraph(body, from, taken, seen, false);
    const behind: NodeProto[] = [];
    const raising: Raising = {
      node,
      from,
      constant(value) {
        const name = fresh("raised/constant");
        graph.initializer.push(toProto(value, name));
        const numbers = [...(value.data as Float32Array)].map(Number);
        seen.set(name, {
          type: value.type,
          dims: value.dims,
          min: Math.min(...numbers),
          max: Math.max(...numbers),
          finite: true,
        });
        return name;
      },
      fresh,
      before: (added) => void nodes.push(added),
      after: (added) => void behind.push(added),
      seen: (tensor) => (top ? seen.get(tensor) : undefined),
      state: (tensor, observed) => void seen.set(tensor, observed),
    };
    const standard = node.domain === "" || node.domain === "ai.onnx";
    for (const row of standard ? (rows[node.opType] ?? []) : []) if (from < row.before) row.change(raising);
    nodes.push(node, ...behind);
  }
  graph.node = nodes;
}
