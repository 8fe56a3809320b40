/** @file What there is to know about a model before splitting it: its wiring, its shapes, its cuts and their costs. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { randomStream } from "../random/index.ts";
import { elementBytes, float32, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import { nodeMacs, nodeParameters } from "./cost.ts";
import { nodesTowards, singleTensorCuts } from "./cuts.ts";
import { tensorType } from "./element-type.ts";
import { indexGraph, type GraphIndex } from "./graph.ts";
import { observe, type Observations } from "./observe.ts";
import type { ModelProto, ValueInfoProto } from "./proto.ts";

export interface CutCost {
  /** The tensors that cross; one for now. */
  tensors: string[];
  /** The operator that makes it. */
  operator: string;
  /** Without the batch dimension. */
  shape: number[];
  /** What crosses for one image, in the tensor's own type. */
  bytes: number;
  /** Of the head: what the first host must store. */
  parameters: number;
  parametersTail: number;
  /** Multiply-accumulates for one image, on each side. */
  macsHead: number;
  macsTail: number;
}

export interface Inspection {
  model: ModelProto;
  index: GraphIndex;
  /** All tensors as seen in a run with `batch.size` rows, or one where the batch is fixed. */
  seen: Observations;
  /** The model's symbolic batch; absent where its inputs have a fixed size. */
  batch?: { size: number; symbol: string };
  /** Shape without the batch dimension. */
  input: { name: string; shape: number[]; type: Tensor["type"] };
  output: { name: string; shape: number[] };
  parameters: number;
  macs: number;
  cuts: CutCost[];
}

export interface InspectOptions {
  /** The input's shape without the batch, where the model leaves it open. Must agree where it does not. */
  shape?: readonly number[];
  /** The same as a proposal (of data that will be fed): only what the model leaves open is taken from it. */
  proposed?: readonly number[];
}

/**
 * Runs the model on random numbers and lists its cuts. The model has one input with a leading batch dimension, and its
 * first output is what counts.
 */
export async function inspectModel(
  model: ModelProto,
  engine: Engine,
  options: InspectOptions = {},
): Promise<Inspection> {
  const index = indexGraph(model.graph!);
  const [name, ...others] = index.inputs;
  if (name === undefined) throw new InputError("ERR_MODEL_INPUT", "the model has no input");
  if (others.length > 0) {
    throw new InputError("ERR_MODEL_INPUT", `expected a model with one input, got ${index.inputs.join(", ")}`);
  }
  const declared = model.graph!.input.find((info) => info.name === name)!;
  const { batch, shape } = inputShape(declared, options);
  if (sizeOf(shape) > 2 ** 28) {
    throw new InputError("ERR_MODEL_INPUT", `the input "${name}" is too large: [${shape.join(", ")}]`);
  }
  const type = inputType(declared);
  const feeds = (rows: number): Tensors => ({ [name]: randomInput([rows, ...shape], name) });
  let seen: Observations;
  let symbolic = batch;
  try {
    seen = await observe(model, engine, feeds(batch?.size ?? 1));
  } catch (error) {
    // A graph that declares a free batch may still have 1 written into a Reshape.
    if (!batch) throw error;
    symbolic = undefined;
    seen = await observe(model, engine, feeds(1));
  }
  const rows = symbolic?.size ?? 1;
  const outputName = index.outputs.find((output) => seen.has(output));
  if (outputName === undefined) throw new InputError("ERR_MODEL_OUTPUT", "no output of the model is a tensor");
  const macs = index.nodes.map((_, i) => (index.live[i]! ? nodeMacs(index, i, seen) / rows : 0));
  const parameters = nodeParameters(index, seen);
  const needed = nodesTowards(index, index.outputs);
  const total = (values: readonly number[], from: number, to: number): number => {
    let sum = 0;
    for (let i = from; i < to; i++) if (needed[i]!) sum += values[i]!;
    return sum;
  };
  const end = index.nodes.length;
  return {
    model,
    index,
    seen,
    ...(symbolic && { batch: symbolic }),
    input: { name, shape: [...shape], type },
    output: { name: outputName, shape: seen.get(outputName)!.dims.slice(1) },
    parameters: total(parameters, 0, end),
    macs: total(macs, 0, end),
    cuts: singleTensorCuts(index).map(({ tensor, node }) => {
      const found = seen.get(tensor)!;
      return {
        tensors: [tensor],
        operator: index.nodes[node]!.opType,
        shape: found.dims.slice(1),
        bytes: (sizeOf(found.dims) * elementBytes(found.type)) / rows,
        parameters: total(parameters, 0, node + 1),
        parametersTail: total(parameters, node + 1, end),
        macsHead: total(macs, 0, node + 1),
        macsTail: total(macs, node + 1, end),
      };
    }),
  };
}

function inputShape(
  declared: ValueInfoProto,
  { shape: given, proposed }: InspectOptions,
): { batch: { size: number; symbol: string } | undefined; shape: readonly number[] } {
  const tensor = declared.type?.value.case === "tensorType" ? declared.type.value.value : undefined;
  const dims = tensor?.shape?.dim.map((dim) => dim.value);
  if (!dims || dims.length === 0) {
    const open = given ?? proposed;
    if (open) return { batch: { size: 2, symbol: "batch" }, shape: open };
    throw new InputError("ERR_MODEL_INPUT", `the input "${declared.name}" has no shape; give one`);
  }
  const [first, ...rest] = dims;
  const shape = rest.map((dim, i) => {
    const fixed = dim.case === "dimValue" && dim.value > 0n ? Number(dim.value) : undefined;
    const wanted = given?.[i];
    if (fixed !== undefined && wanted !== undefined && fixed !== wanted) {
      throw new InputError(
        "ERR_MODEL_INPUT",
        `the input "${declared.name}" has size ${fixed} along dimension ${i + 1}, got ${wanted}`,
      );
    }
    const size = fixed ?? wanted ?? (proposed?.length === rest.length ? proposed[i] : undefined);
    if (size === undefined) {
      throw new InputError(
        "ERR_MODEL_INPUT",
        `the input "${declared.name}" leaves dimension ${i + 1} open; give its shape`,
      );
    }
    return size;
  });
  if (given && given.length !== shape.length) {
    throw new InputError(
      "ERR_MODEL_INPUT",
      `the input "${declared.name}" has ${shape.length} dimensions beside the batch, got ${given.length}`,
    );
  }
  const fixedBatch = first?.case === "dimValue" && first.value > 0n;
  if (fixedBatch && first.value !== 1n) {
    throw new InputError(
      "ERR_MODEL_INPUT",
      `the input "${declared.name}" has a fixed batch of ${first.value}; export the model with a free one, or 1`,
    );
  }
  const symbol = first?.case === "dimParam" && first.value !== "" ? first.value : "batch";
  return { batch: fixedBatch ? undefined : { size: 2, symbol }, shape };
}

function inputType(declared: ValueInfoProto): Tensor["type"] {
  const elemType = declared.type?.value.case === "tensorType" ? declared.type.value.value.elemType : 1;
  const type = tensorType(elemType);
  if (type !== "float32") {
    throw new InputError(
      "ERR_MODEL_INPUT",
      `the input "${declared.name}" holds ${type ?? `type ${elemType}`}; expected float32`,
    );
  }
  return type;
}

/** Standard normal numbers, the same for the same name and shape. */
export function randomInput(dims: readonly number[], name: string): Tensor {
  const random = randomStream(0, `input/${name}`);
  return float32(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, () => random.normal()),
  );
}
