/** @file A model of one sample without a batch, such as a picture [3, height, width], as one with a batch of 1. */
import { createBuilder } from "./builder.ts";
import { declaredInputs, type Declared, type InputOptions } from "./feeds.ts";
import { indexGraph } from "./graph.ts";
import { copyModel } from "./model.ts";
import { valueInfo, type AttributeProto, type GraphProto, type ModelProto, type ValueInfoProto } from "./proto.ts";
import { renameTensor } from "./rename.ts";
import { fromProto, isExternal } from "./tensor-proto.ts";
import { readInputs } from "./unread.ts";

/** Colours of a picture: what a dimension that is no batch may be. */
const mostChannels = 4;

/**
 * Whether a model's one input is a picture alone, as its declaration has it: channels and sizes, where the leading
 * dimension is fixed and no output has it too. One of 1 is taken for a batch.
 */
export function isPictureAlone(model: ModelProto): boolean {
  const dims = soleInput(model)?.dims;
  const [first, , last] = dims ?? [];
  if (dims?.length !== 3 || typeof first !== "number" || first === 1) return false;
  const channels = first <= mostChannels || (typeof last === "number" && last <= mostChannels);
  return channels && !model.graph!.output.some((output) => leadingSize(output) === first);
}

/** Whether what is said of the input is as long as the input itself, so that nothing is left for a batch. */
export function isFedAlone(model: ModelProto, { shape, proposed }: InputOptions): boolean {
  const dims = soleInput(model)?.dims;
  const given = shape ?? proposed;
  return (
    dims !== undefined &&
    given?.length === dims.length &&
    dims.every((dim, axis) => typeof dim === "string" || dim === given[axis]) &&
    typeof dims[0] === "number"
  );
}

/**
 * The model with a leading dimension of 1 before its one input's own. Where the model adds that dimension itself, it comes
 * with it from the start, and any batch can go through; elsewhere it is taken away again inside.
 */
export function batched(model: ModelProto): ModelProto {
  const copy = copyModel(readInputs(model));
  const { name, type, dims } = soleInput(copy)!;
  if (withoutUnsqueeze(copy, name, dims.length)) {
    copy.graph!.input = copy.graph!.input.map((info) =>
      info.name === name ? valueInfo(name, type, [1, ...dims]) : info,
    );
    return copy;
  }
  const inner = `${name} (alone)`;
  renameTensor(copy, name, inner);
  const graph = copy.graph!;
  graph.input = graph.input.filter((info) => info.name !== inner);
  const g = createBuilder(copy);
  graph.input.push(valueInfo(name, type, [1, ...dims]));
  const squeezed = g.squeeze(name, [0]);
  renameTensor(copy, squeezed, inner);
  // Made last, it has to stand first.
  graph.node.unshift(graph.node.pop()!);
  return copy;
}

/** Operators that work element by element, and whose constants fit whatever dimension comes in front. */
const elementwise = new Set("Add Sub Mul Div Cast Clip Identity Neg".split(" "));

/** Takes away the Unsqueeze operators that add a batch to `input`; false, and nothing is changed, where others see it without. */
function withoutUnsqueeze({ graph }: ModelProto, input: string, rank: number): boolean {
  const { node: nodes, initializer, output } = graph!;
  // One with more dimensions adds some itself.
  const constants = new Set(initializer.filter(({ dims }) => dims.length <= rank).map(({ name }) => name));
  const alone = new Set([input]);
  const added = new Map<string, string>();
  for (const { opType, input: reads, output: writes, attribute } of nodes) {
    const value = attribute.find(({ name }) => name === "value")?.t;
    if (opType === "Constant" && value && value.dims.length <= rank) constants.add(writes[0]!);
    if (attribute.some(({ g, graphs }) => g ?? graphs.length > 0)) return false;
    const [first, ...others] = reads.filter((name) => name !== "");
    if (!reads.some((name) => alone.has(name))) continue;
    if (opType === "Unsqueeze" && alone.has(first!) && addsFirst(graph!, others[0], attribute)) {
      added.set(writes[0]!, first!);
    } else if (elementwise.has(opType) && reads.every((name) => alone.has(name) || constants.has(name))) {
      for (const name of writes) alone.add(name);
    } else return false;
  }
  if (added.size === 0 || output.some(({ name }) => alone.has(name) || added.has(name))) return false;
  graph!.node = nodes.filter(({ output: [name] }) => !added.has(name!));
  for (const node of graph!.node) node.input = node.input.map((name) => added.get(name) ?? name);
  graph!.valueInfo = graph!.valueInfo.filter(({ name }) => !alone.has(name) && !added.has(name));
  return true;
}

/** Whether an Unsqueeze adds the leading dimension and no other: by its attribute, or its input from set 13 on. */
function addsFirst({ initializer, node }: GraphProto, axes: string | undefined, own: AttributeProto[]): boolean {
  if (axes === undefined) return own.some(({ name, ints }) => name === "axes" && ints.length === 1 && ints[0] === 0n);
  const made = node.find(({ opType, output }) => opType === "Constant" && output[0] === axes);
  const value =
    initializer.find(({ name }) => name === axes) ?? made?.attribute.find(({ name }) => name === "value")?.t;
  if (!value || isExternal(value)) return false;
  const { data } = fromProto(value);
  return data.length === 1 && Number(data[0]) === 0;
}

/** What is said of an input without a batch, for the same with one. */
export function batchedOptions<T extends InputOptions>(options: T): T {
  const { shapes, example } = options;
  const one = (dims: readonly number[]): number[] => [1, ...dims];
  return {
    ...options,
    ...(shapes && { shapes: new Map([...shapes].map(([name, dims]) => [name, one(dims)])) }),
    ...(example && {
      example: Object.fromEntries(
        Object.entries(example).map(([name, value]) => [name, { ...value, dims: one(value.dims) }]),
      ),
    }),
  };
}

function soleInput(given: ModelProto): Declared | undefined {
  const model = readInputs(given);
  const index = indexGraph(model.graph!);
  const info = model.graph!.input.find(({ name }) => name === index.inputs[0]);
  const declared = info?.type?.value.case === "tensorType" && info.type.value.value.shape !== undefined;
  return index.inputs.length === 1 && declared ? declaredInputs(model, index)[0] : undefined;
}

function leadingSize({ type }: ValueInfoProto): number | undefined {
  const [dim] = type?.value.case === "tensorType" ? (type.value.value.shape?.dim ?? []) : [];
  return dim?.value.case === "dimValue" ? Number(dim.value.value) : undefined;
}
