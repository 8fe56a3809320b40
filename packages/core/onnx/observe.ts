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
import { describe, indexGraph, subgraphs, type GraphIndex } from "./graph.ts";
import { copyModel, serialiseModel } from "./model.ts";
import { makeNode, withFields, type ModelProto } from "./proto.ts";
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

/** In how many parts tensors are looked at, of about as many elements each; those of unknown sizes count as small. */
export interface Parts {
  count: number;
  elements: ReadonlyMap<string, number>;
}

/**
 * Runs a model that may never have been run before on several feeds, where the engine can in a process of its own.
 * @param parts in which its tensors are looked at, the largest part first: all at once take much memory
 * @returns per run what was seen, the engine's reason against it, or undefined where it was needless
 */
export async function observeFirst(
  model: ModelProto,
  engine: Engine,
  runs: readonly TrialRun[],
  whole: ModelProto = model,
  options: TrialOptions = {},
  parts?: Parts,
): Promise<(Observations | Refused | undefined)[]> {
  const index = indexGraph(model.graph!);
  const all = withAllOutputs(model, index, whole);
  let results: TrialResult[] | undefined;
  for (const part of parts ? partsOf(all, index, parts) : [all]) {
    const found = await tryModel(engine, { model: serialiseModel(part), runs }, options);
    results = results ? results.map((before, r) => together(before, found[r])) : found;
  }
  const weights = stored(model, whole);
  return results!.map((found, r) =>
    found instanceof Map ? new Map([...weights, ...fed(runs[r]!.feeds, runs[r]!.rows), ...found]) : found,
  );
}

/**
 * The elements of a model's tensors on one feed, by name, for little more memory than the model itself takes: only their
 * shapes are looked at. What control flow and functions make is left out, since it may be a sequence; none is told where the
 * engine refuses the model.
 *
 * @throws InputError where the model takes too much memory or time, or crashes the engine
 */
export async function elementsApart(
  model: ModelProto,
  engine: Engine,
  run: TrialRun,
  options: TrialOptions = {},
): Promise<ReadonlyMap<string, number>> {
  const graph = model.graph!;
  const index = indexGraph(graph);
  const opaque = opaqueTensors(model, index);
  const own = new Set(model.functions.map(({ domain, name }) => `${domain}.${name}`));
  const names = index.nodes.flatMap((node) =>
    node.opType === "Constant" || subgraphs(node).length > 0 || own.has(`${node.domain}.${node.opType}`)
      ? []
      : node.output.filter((name) => name !== "" && !opaque.has(name)),
  );
  const shapeOf = (i: number): string => `shape of ${names[i]}`;
  // The runtime orders nodes from the last leaf back: so a tensor's shape is taken before the next tensor is made.
  const shapes = names.map((name, i) => makeNode("Shape", [name], [shapeOf(i)])).toReversed();
  const output = names.map((_, i) => create(ValueInfoProtoSchema, { name: shapeOf(i) }));
  const probe = withFields(model, { graph: withFields(graph, { node: [...index.nodes, ...shapes], output }) });
  let found: TrialResult;
  try {
    [found] = await tryModel(engine, { model: serialiseModel(probe), runs: [run] }, options);
  } catch (error) {
    // An Identity of a sequence that a Loop makes is one too.
    if (!(error instanceof InputError) || error.code !== "ERR_MODEL_REJECTED") throw error;
  }
  if (!(found instanceof Map)) return new Map();
  return new Map(names.map((name, i) => [name, sizeOf(found.get(shapeOf(i))?.values ?? [])]));
}

/** Copies of the model with some of its outputs each, and the nodes that these need; the part with most elements first. */
function partsOf(model: ModelProto, index: GraphIndex, { count, elements }: Parts): ModelProto[] {
  const place = ({ name }: { name: string }): number => index.producer.get(name) ?? 0;
  const ordered = model.graph!.output.toSorted((a, b) => place(a) - place(b));
  const weight = ({ name }: { name: string }): number => Math.max(1, elements.get(name) ?? 1);
  const total = ordered.reduce((sum, output) => sum + weight(output), 0);
  const groups: { outputs: typeof ordered; weight: number }[] = [];
  let before = 0;
  for (const output of ordered) {
    const group = (groups[Math.min(count - 1, Math.floor((count * before) / total))] ??= { outputs: [], weight: 0 });
    group.outputs.push(output);
    group.weight += weight(output);
    before += weight(output);
  }
  // None is without an output; a model whose tensors all cannot be seen is the engine's to refuse.
  if (ordered.length === 0) return [model];
  return groups
    .filter(Boolean)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ outputs }) => {
      const needed = nodesTowards(
        index,
        outputs.map(({ name }) => name),
      );
      const node = index.nodes.filter((_, i) => needed[i]);
      return withFields(model, { graph: withFields(model.graph!, { node, output: outputs }) });
    });
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
