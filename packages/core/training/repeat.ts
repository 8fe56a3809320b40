/** @file Several training steps as one run, so that parameters stay in the engine's memory between them. */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, GraphProtoSchema, ValueInfoProtoSchema } from "onnx-buf";
import {
  AttributeType,
  copyModel,
  createBuilder,
  indexGraph,
  makeNode,
  valueInfo,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from "../onnx/index.ts";
import { elementBytes, int64, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import type { Figure } from "./objective.ts";
import type { TrainingStep } from "./step.ts";

export interface RepeatedStep {
  /** Steps, one after the other, each on its own feeds; the state of one goes into the next. */
  model: ModelProto;
  /** What a run is fed: `feeds` of every step, all of the same shapes, and the state before the first. */
  feeds(steps: readonly Tensors[], state: Tensors): Tensors;
  /** What a run found: the state after the last step, and loss and figures of each. */
  read(found: Tensors): {
    state: Tensors;
    losses: ArrayLike<number>;
    figures: Partial<Record<Figure, ArrayLike<number>>>;
  };
}

/** Where the names of the outer graph begin; the steps keep theirs. */
const outside = "steps/";
const names = { count: `${outside}count`, iteration: `${outside}iteration`, going: `${outside}going` };

/** The step as the body of a Loop (ONNX operator Loop, since 1). Only for steps of one run each. */
export function repeatStep(step: TrainingStep): RepeatedStep {
  const model = copyModel(step.model);
  const body = model.graph!;
  const states = [...step.state];
  const inputs = new Map(body.input.map((info) => [info.name, info]));
  const fed = [...inputs.keys()].filter((name) => !step.state.has(name));
  const ofState = states.map(([name]) => inputs.get(name)!);
  const taken = fed.map((name) => makeNode("Gather", [`${outside}${name}`, names.iteration], [name]));
  // Bodies must be sorted, which the engine asks of no outer graph.
  body.node = [...taken, ...indexGraph(body).nodes];
  body.input = [valueInfo(names.iteration, "int64", []), valueInfo(names.going, "bool", []), ...ofState];
  body.output = [];
  const g = createBuilder(model);
  g.output(g.op("Identity", [names.going]), "bool", []);
  const used = new Set<string>();
  const results = [...states.map(([, output]) => output), step.loss, ...Object.values(step.figures)];
  for (const name of results) {
    g.output(used.has(name) ? g.op("Identity", [name]) : name, "float32");
    used.add(name);
  }
  const outputs = results.map((_, i) => `${outside}result/${i}`);
  model.graph = create(GraphProtoSchema, {
    name: "steps",
    input: [
      valueInfo(names.count, "int64", []),
      ...[...step.state.keys(), ...fed].map((name) => withoutShape(inputs.get(name)!, `${outside}${name}`)),
    ],
    node: [loop(body, [names.count, "", ...states.map(([name]) => `${outside}${name}`)], outputs)],
    output: outputs.map((name) => valueInfo(name, "float32")),
  });
  return {
    model,
    feeds: (steps, state) => ({
      [names.count]: int64([], [steps.length]),
      ...Object.fromEntries(states.map(([name]) => [`${outside}${name}`, state[name]!])),
      ...Object.fromEntries(fed.map((name) => [`${outside}${name}`, stack(steps.map((feeds) => feeds[name]!))])),
    }),
    read(found) {
      const result = outputs.map((name) => found[name]!);
      const [losses, ...others] = result.slice(states.length).map(({ data }) => data as Float32Array);
      return {
        state: Object.fromEntries(states.map(([name], i) => [name, result[i]!])),
        losses: losses!,
        figures: Object.fromEntries(Object.keys(step.figures).map((figure, i) => [figure, others[i]!])),
      };
    },
  };
}

function loop(body: GraphProto, inputs: readonly string[], outputs: readonly string[]): NodeProto {
  const node = makeNode("Loop", inputs, outputs);
  node.attribute = [create(AttributeProtoSchema, { name: "body", type: AttributeType.GRAPH, g: body })];
  return node;
}

function withoutShape({ type }: ValueInfoProto, name: string): ValueInfoProto {
  const elemType = type?.value.case === "tensorType" ? type.value.value.elemType : 0;
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value: { elemType } } } });
}

/** Tensors of one shape, one after the other along a new first axis. */
function stack(parts: readonly Tensor[]): Tensor {
  const [first] = parts as [Tensor, ...Tensor[]];
  const size = sizeOf(first.dims);
  const data = new (first.data.constructor as Float32ArrayConstructor)(size * parts.length);
  parts.forEach((part, i) => data.set(part.data as Float32Array, i * size));
  return { type: first.type, dims: [parts.length, ...first.dims], data };
}

/** Bytes of what one step is fed. */
export function feedBytes(feeds: Tensors): number {
  let sum = 0;
  for (const { type, dims } of Object.values(feeds)) sum += elementBytes(type) * sizeOf(dims);
  return sum;
}
