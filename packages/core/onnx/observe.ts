/** @file Shapes, types and ranges of all tensors, observed by running the model (not inferred). */
import {
  summarise,
  tryModel,
  type Engine,
  type Observed,
  type Refused,
  type TrialOptions,
  type TrialResult,
  type TrialRun,
} from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { elementBytes, sizeOf, type Tensors } from "../tensor/index.ts";
import { nodesTowards } from "./cuts.ts";
import { describe, indexGraph, type GraphIndex } from "./graph.ts";
import { copyModel, serialiseModel } from "./model.ts";
import { withFields, type ModelProto } from "./proto.ts";
import { create } from "@bufbuild/protobuf";
import { ValueInfoProtoSchema } from "onnx-buf";
import { tensorType } from "./element-type.ts";
import { opaqueTensors } from "./opaque.ts";
import { fromProto, isExternal, protoDims } from "./tensor-proto.ts";

export type { Observed };

/** What was seen of every tensor of the model, by name: inputs, initialisers, and all that nodes make. */
export type Observations = ReadonlyMap<string, Observed>;

/**
 * Runs the model once on `feeds` with every tensor as an output, in this process.
 * @param whole what `model` stands for where weights were not read: of those, type and shape are told
 */
export async function observe(
  model: ModelProto,
  engine: Engine,
  feeds: Tensors,
  whole: ModelProto = model,
): Promise<Observations> {
  const index = indexGraph(model.graph!);
  const session = await engine.load(serialiseModel(withAllOutputs(model, index, whole)), { optimisation: "none" });
  try {
    const found = Object.entries(await session.run(feeds)).map(([name, value]) => [name, summarise(value)] as const);
    return new Map([...stored(model, whole), ...fed(feeds, 1), ...found]);
  } finally {
    await session.release();
  }
}

/**
 * Runs a model that may never have been run before on several feeds, where the engine can in a process of its own.
 * @param groups in how many parts its tensors are looked at, one after the other: all at once take much memory
 * @returns per run what was seen, the engine's reason against it, or undefined where it was needless
 */
export async function observeFirst(
  model: ModelProto,
  engine: Engine,
  runs: readonly TrialRun[],
  whole: ModelProto = model,
  options: TrialOptions = {},
  groups = 1,
): Promise<(Observations | Refused | undefined)[]> {
  const index = indexGraph(model.graph!);
  const all = withAllOutputs(model, index, whole);
  // None is without an output; a model whose tensors all cannot be seen is the engine's to refuse.
  const count = Math.max(1, Math.min(groups, all.graph!.output.length));
  let results: TrialResult[] | undefined;
  for (let group = 0; group < count; group++) {
    const part = count === 1 ? all : partOf(all, index, group, count);
    const found = await tryModel(engine, { model: serialiseModel(part), runs }, options);
    results = results ? results.map((before, r) => together(before, found[r])) : found;
  }
  const weights = stored(model, whole);
  return results!.map((found, r) =>
    found instanceof Map ? new Map([...weights, ...fed(runs[r]!.feeds, runs[r]!.rows), ...found]) : found,
  );
}

/** The model with one of several parts of its outputs, and the nodes that these need. */
function partOf(model: ModelProto, index: GraphIndex, group: number, groups: number): ModelProto {
  const place = ({ name }: { name: string }): number => index.producer.get(name) ?? 0;
  const ordered = model.graph!.output.toSorted((a, b) => place(a) - place(b));
  const [from, to] = [group, group + 1].map((end) => Math.floor((end * ordered.length) / groups));
  const output = ordered.slice(from, to);
  const needed = nodesTowards(
    index,
    output.map(({ name }) => name),
  );
  const node = index.nodes.filter((_, i) => needed[i]);
  return withFields(model, { graph: withFields(model.graph!, { node, output }) });
}

function together(before: TrialResult, found: TrialResult): TrialResult {
  if (!(before instanceof Map)) return before;
  return found instanceof Map ? new Map([...before, ...found]) : found;
}

/** The same of one run. Throws `InputError` where the model cannot be run. */
export async function observeApart(
  model: ModelProto,
  engine: Engine,
  feeds: Tensors,
  options: TrialOptions = {},
): Promise<Observations> {
  const [found] = await observeFirst(model, engine, [{ feeds, rows: 1 }], model, options);
  if (found && "code" in found) throw new InputError(found.code, found.message);
  return found!;
}

/** A copy whose outputs are all tensors that can be seen. */
function withAllOutputs(model: ModelProto, index: GraphIndex, whole: ModelProto): ModelProto {
  const probe = copyModel(model);
  const opaque = opaqueTensors(model, index);
  const others = new Set([...index.outputs, ...opaque.keys()]);
  for (const { name } of whole.graph!.initializer) others.add(name);
  const typeless = new Set([...opaque].filter(([, what]) => !what.startsWith("a")).map(([name]) => name));
  probe.graph!.output = probe.graph!.output.filter(({ name }) => !typeless.has(name));
  for (const node of index.nodes) {
    for (const name of node.output)
      if (name !== "" && !others.has(name)) probe.graph!.output.push(create(ValueInfoProtoSchema, { name }));
  }
  return probe;
}

/** Of weights: those that are there are looked at, of those left in files type and shape are known. */
function stored(model: ModelProto, whole: ModelProto): Map<string, Observed> {
  const seen = new Map<string, Observed>();
  for (const proto of whole.graph!.initializer) {
    const type = tensorType(proto.dataType);
    if (type === undefined) continue;
    if (!isExternal(proto)) seen.set(proto.name, summarise(fromProto(proto)));
    else seen.set(proto.name, { type, dims: protoDims(proto), min: Infinity, max: -Infinity, finite: true });
  }
  for (const { values, dims } of model.graph!.sparseInitializer) {
    if (values && !isExternal(values) && tensorType(values.dataType) !== undefined)
      seen.set(values.name, { ...summarise(fromProto(values)), dims: dims.map(Number), values: undefined });
  }
  return seen;
}

const fed = (feeds: Tensors, rows: number): [string, Observed][] =>
  Object.entries(feeds).map(([name, value]) => [name, summarise(value, rows)]);

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
