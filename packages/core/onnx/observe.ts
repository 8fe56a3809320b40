/** @file Shapes, types and ranges of all tensors, observed by running the model (not inferred). */
import type { Engine } from "../engine/index.ts";
import { elementBytes, sizeOf, type Tensor, type Tensors, type TensorType } from "../tensor/index.ts";
import { describe, indexGraph, type GraphIndex } from "./graph.ts";
import { copyModel, serialiseModel } from "./model.ts";
import { valueInfo, type ModelProto } from "./proto.ts";
import { create } from "@bufbuild/protobuf";
import { ValueInfoProtoSchema } from "onnx-buf";
import { InputError } from "../errors/index.ts";
import { tensorType } from "./element-type.ts";
import { fromProto, isExternal, protoDims } from "./tensor-proto.ts";

export interface Observed {
  type: TensorType;
  dims: readonly number[];
  /** Of numeric tensors. NaN and infinite values make `finite` false and are left out of the range. */
  min: number;
  max: number;
  finite: boolean;
  /** The elements of a small tensor of integers or truth values, such as axes, sizes and paddings. */
  values?: readonly number[];
}

/** The most elements that `values` holds. */
const small = 64;

/** What was seen of every tensor of the model, by name: inputs, initialisers, and all that nodes make. */
export type Observations = ReadonlyMap<string, Observed>;

/**
 * Runs the model once on `feeds` with every tensor as an output.
 * @param whole what `model` stands for where weights were not read: of those, type and shape are told
 */
export async function observe(
  model: ModelProto,
  engine: Engine,
  feeds: Tensors,
  whole: ModelProto = model,
): Promise<Observations> {
  const index = indexGraph(model.graph!);
  const probe = copyModel(model);
  const declared = new Set(index.outputs);
  const others = notTensors(model, index);
  for (const { name } of whole.graph!.initializer) others.add(name);
  for (const node of index.nodes) {
    for (const name of node.output) {
      if (name !== "" && !declared.has(name) && !others.has(name))
        probe.graph!.output.push(create(ValueInfoProtoSchema, { name }));
    }
  }
  const session = await engine.load(serialiseModel(probe), { optimisation: "none" });
  try {
    const seen = new Map<string, Observed>();
    for (const proto of whole.graph!.initializer) {
      const type = tensorType(proto.dataType);
      if (!isExternal(proto)) seen.set(proto.name, summarise(fromProto(proto)));
      else if (type !== undefined)
        seen.set(proto.name, { type, dims: protoDims(proto), min: Infinity, max: -Infinity, finite: true });
    }
    for (const { values, dims } of model.graph!.sparseInitializer) {
      if (values && !isExternal(values))
        seen.set(values.name, { ...summarise(fromProto(values)), dims: dims.map(Number), values: undefined });
    }
    for (const [name, value] of Object.entries(feeds)) seen.set(name, summarise(value));
    for (const [name, value] of Object.entries(await session.run(feeds))) seen.set(name, summarise(value));
    return seen;
  } finally {
    await session.release();
  }
}

/** Makers of sequences and optionals; what they make is seen through the tensors taken out of it again. */
const containers = new Set(
  "SequenceConstruct SequenceEmpty SequenceInsert SequenceErase SequenceMap SplitToSequence Optional ZipMap".split(" "),
);

function notTensors(model: ModelProto, index: GraphIndex): Set<string> {
  const found = new Set(
    model
      .graph!.valueInfo.filter(({ type }) => type?.value.case !== undefined && type.value.case !== "tensorType")
      .map(({ name }) => name),
  );
  for (const { opType, input, output } of index.nodes) {
    if (containers.has(opType) || (opType === "Identity" && found.has(input[0] ?? "")))
      for (const name of output) found.add(name);
  }
  return found;
}

function summarise({ type, dims, data }: Tensor): Observed {
  let min = Infinity;
  let max = -Infinity;
  let finite = true;
  if (type !== "string" && type !== "float16" && type !== "bfloat16") {
    for (let i = 0; i < data.length; i++) {
      const x = Number(data[i]);
      if (!Number.isFinite(x)) finite = false;
      else {
        if (x < min) min = x;
        if (x > max) max = x;
      }
    }
  }
  const counted = data.length <= small && /^(u?int|bool)/.test(type);
  return { type, dims, min, max, finite, ...(counted && { values: Array.from(data as BigInt64Array, Number) }) };
}

/** Bytes of one observed tensor, all its rows together. */
export function observedBytes({ type, dims }: Observed): number {
  return sizeOf(dims) * elementBytes(type);
}

/** The first node whose result is not finite although the run's inputs were: NaN or infinity starts there. */
export function firstNotFinite(model: ModelProto, seen: Observations): string | undefined {
  const culprit = indexGraph(model.graph!).nodes.find((node) =>
    node.output.some((name) => seen.get(name)?.finite === false),
  );
  return culprit && describe(culprit);
}

/** How a tensor seen in a run is declared at a boundary: the leading dimension is symbolic when it follows the batch. */
export function boundaryInfo(name: string, seen: Observations, batch: { size: number; symbol: string } | undefined) {
  const found = seen.get(name);
  if (!found) throw new InputError("ERR_TENSOR_UNKNOWN", `the model has no tensor "${name}"`);
  const [first, ...rest] = found.dims;
  const dims = batch !== undefined && first === batch.size ? [batch.symbol, ...rest] : found.dims;
  return valueInfo(name, found.type, dims);
}
