/** @file What to feed a model of any inputs: their declared shapes, sizes for the open dimensions, seeded or given numbers. */
import { InputError } from "../errors/index.ts";
import { sizeOf, type Tensor, type Tensors, type TensorType } from "../tensor/index.ts";
import { elementTypeName, tensorType } from "./element-type.ts";
import { fitted } from "./fitted.ts";
import type { GraphIndex } from "./graph.ts";
import type { ModelProto } from "./proto.ts";
import { randomTensor } from "./random-tensor.ts";
import { isStateName, stateOf, type StateOption } from "./state.ts";
import { withSums } from "./sums.ts";

/** An input or a tensor as declared: numbers where the size is fixed, names where it is open. */
export interface Declared {
  name: string;
  type: TensorType;
  dims: (number | string)[];
  /** The number of dimensions differs from run to run; `dims` are those of one. */
  anyRank?: true;
}

/** Sizes of open dimensions, by name. */
export type Sizes = ReadonlyMap<string, number>;

/** What a caller says of inputs that a model leaves open. */
export interface InputOptions {
  /** Sizes without the leading dimension, for the one input of a model. Must agree with what the model declares. */
  shape?: readonly number[] | undefined;
  /** The same as a proposal (of data that will be fed): only what the model leaves open is taken from it. */
  proposed?: readonly number[] | undefined;
  /** Whole shapes by input, with the batch. Must agree with what the model declares. */
  shapes?: ReadonlyMap<string, readonly number[]> | undefined;
  /** Numbers to feed in place of random ones, of every input. */
  example?: Tensors | undefined;
  /** Inputs that are values once and for all (see `withConstants`): all elements, or one for every element. */
  constants?: ReadonlyMap<string, readonly number[]> | undefined;
  /** What is carried from step to step. Default: what names tell (see `findState`); none where it is empty. */
  state?: readonly StateOption[] | undefined;
}

const pictureRank = 4;
const usualSize = 8;
const largestFeed = 2 ** 28;

/**
 * The inputs that a caller feeds. An unnamed open dimension is called `batch` where it leads, `NAME_1` and so on elsewhere.
 *
 * @throws InputError where there is none, a type is not supported, or `options` do not agree with the model
 */
export function declaredInputs(model: ModelProto, index: GraphIndex, options: InputOptions = {}): Declared[] {
  const { shape, shapes, example, constants } = options;
  const names = index.inputs;
  if (names.length === 0) throw inputError("the model has no input");
  if (shape && names.length > 1)
    throw inputError(`expected a shape for each of the inputs ${names.join(", ")} by name, got one without`);
  const unknown = [...(shapes?.keys() ?? []), ...Object.keys(example ?? {})].find(
    (name) => !constants?.has(name) && !model.graph!.input.some((input) => input.name === name),
  );
  if (unknown !== undefined)
    throw new InputError(
      "ERR_TENSOR_UNKNOWN",
      `the model has no input "${unknown}"; its inputs are ${names.map((name) => `"${name}"`).join(", ")}`,
    );
  const missing = example && names.find((name) => !Object.hasOwn(example, name));
  if (missing !== undefined) throw inputError(`the example holds no numbers for the input "${missing}"`);
  const declared = names.map((name) => {
    const found = declaredInput(model, name, options);
    if (shape) checkSizes(found, ["batch", ...shape]);
    const whole = shapes?.get(name) ?? (example && example[name]!.dims);
    if (whole) checkSizes(found, whole);
    const given = example?.[name]?.type;
    if (given !== undefined && given !== found.type)
      throw inputError(`the input "${name}" holds ${found.type}, the example ${given}`);
    return found;
  });
  const carried = stateOf(model.graph!, options.state).map(({ input }) => input);
  const batch = batchSymbol(declared);
  return declared.map((one) => (carried.includes(one.name) ? withBatch(one, batch) : one));
}

/** Recurrent state is [layers, batch, features]: an unnamed dimension in its middle is the batch. */
function withBatch(state: Declared, batch: string | undefined): Declared {
  const { name, dims } = state;
  const open = dims.length === 3 && dims[1] === `${name}_1` && batch !== undefined && !dims.includes(batch);
  return open ? { ...state, dims: dims.with(1, batch) } : state;
}

/** One of them, by name. */
export function declaredInput(
  model: ModelProto,
  name: string,
  { shape, proposed, shapes, example }: InputOptions,
): Declared {
  const info = model.graph!.input.find((input) => input.name === name)!;
  const tensor = info.type?.value.case === "tensorType" ? info.type.value.value : undefined;
  if (info.type?.value.case && !tensor) throw inputError(`the input "${name}" is no tensor`);
  const type = tensorType(tensor?.elemType || 1);
  if (type === undefined || type === "bfloat16")
    throw inputError(`the input "${name}" holds ${elementTypeName(tensor!.elemType)}, which is not supported`);
  const declared = tensor?.shape?.dim.map(({ value }, i): number | string => {
    if (value.case === "dimValue" && value.value > 0n) return Number(value.value);
    if (value.case === "dimParam" && value.value !== "") return value.value;
    return i === 0 ? "batch" : `${name}_${i}`;
  });
  if (declared) return { name, type, dims: declared };
  const rest = shape ?? (shapes?.get(name) ?? example?.[name]?.dims)?.slice(1) ?? proposed;
  if (!rest) throw inputError(`the input "${name}" has no shape; give one`);
  return { name, type, dims: ["batch", ...rest] };
}

function checkSizes({ name, dims }: Declared, given: readonly (number | string)[]): void {
  const withoutBatch = typeof given[0] === "string";
  if (dims.length !== given.length) {
    throw inputError(
      withoutBatch
        ? `the input "${name}" has ${dims.length - 1} dimensions beside the batch, got ${given.length - 1}`
        : `the input "${name}" has ${dims.length} dimensions, got ${given.length}`,
    );
  }
  dims.forEach((fixed, axis) => {
    // Of one row or several the first is taken.
    if (axis === 0 || typeof fixed !== "number" || fixed === given[axis]) return;
    throw inputError(`the input "${name}" has size ${fixed} along dimension ${axis}, got ${given[axis]}`);
  });
}

/** What exporters call the batch; a sequence may come before it. */
const usualName = /^(n|bs?|batch.*)$/i;

/**
 * The name of the open batch: of a dimension that is called so, or the leading one of the first input that has any. State,
 * whose layers may come first, is asked last.
 */
export function batchSymbol(inputs: readonly Declared[]): string | undefined {
  const ranked = inputs.filter((input) => input.dims.length > 0);
  const dims = (ranked.find(({ name }) => !isStateName(name)) ?? ranked[0])?.dims ?? [];
  const named = dims.find((dim) => typeof dim === "string" && usualName.test(dim));
  const symbol = named ?? dims[0];
  return typeof symbol === "string" ? symbol : undefined;
}

/**
 * Sizes for all open dimensions: `rows` for the batch, what the caller gave, else a usual one. Pictures with an open size
 * have to be given one: too small a guess breaks a network.
 *
 * @param strict whether every input has to be given its sizes
 */
export function sizesFor(
  inputs: readonly Declared[],
  rows: number,
  options: InputOptions = {},
  strict = false,
): Map<string, number> {
  const { shape, proposed, shapes, example } = options;
  const sizes = new Map<string, number>();
  const batch = batchSymbol(inputs);
  if (batch !== undefined) sizes.set(batch, rows);
  const fixed = new Set<string>();
  // What is said of one input holds for all that share its dimensions.
  const isGiven = ({ name }: Declared): boolean => shapes?.has(name) === true || example?.[name] !== undefined;
  const givenFirst = [...inputs.filter(isGiven), ...inputs.filter((one) => !isGiven(one))];
  for (const { name, type, dims } of givenFirst) {
    dims.forEach((dim, i) => {
      if (typeof dim !== "string") return;
      if (shapes?.get(name) ?? example?.[name]) fixed.add(dim);
      if (sizes.has(dim)) return;
      const one = i > 0 ? (shape ?? (proposed?.length === dims.length - 1 ? proposed : undefined)) : undefined;
      const given = shapes?.get(name)?.[i] ?? example?.[name]?.dims[i] ?? one?.[i - 1];
      const picture = type.startsWith("float") && dims.length >= pictureRank && !isStateName(name);
      if (given === undefined && (strict || picture))
        throw inputError(
          `the input "${name}" leaves dimension ${i} open; give its shape, such as ${shapeSuch(name, dims)}`,
        );
      sizes.set(dim, given ?? usualSize);
    });
  }
  return withSums(sizes, fixed);
}

/** A shape as one may give it, for a message. */
function shapeSuch(name: string, dims: readonly (number | string)[]): string {
  return `${name}=${dims.map((dim, axis) => (typeof dim === "number" ? dim : axis === 0 ? 1 : 224)).join("x")}`;
}

/**
 * Numbers for every input, the same for the same names, shapes and seed: normal ones, and for integers 0 and 1; or those
 * of an example, repeated or cut off to the sizes. A mask hides nothing of the first token, since one that hid all would
 * leave no number to compare.
 */
export function feedsFor(inputs: readonly Declared[], sizes: Sizes, seed = "feeds", example?: Tensors): Tensors {
  return Object.fromEntries(
    inputs.map(({ name, type, dims }): [string, Tensor] => {
      const shape = dims.map((dim) => (typeof dim === "string" ? sizes.get(dim)! : dim));
      if (!(sizeOf(shape) <= largestFeed)) throw inputError(`the input "${name}" is too large: [${shape.join(", ")}]`);
      if (example?.[name]) return [name, fitted(example[name], shape)];
      const drawn = randomTensor(type, shape, `${seed}/${name}`);
      return [name, /mask/i.test(name) ? withFirst(drawn) : drawn];
    }),
  );
}

/** Puts 1 at the start of every row of a mask of whole numbers. */
function withFirst(mask: Tensor): Tensor {
  const { type, dims, data } = mask;
  for (let i = 0; i < data.length; i += dims.at(-1) || 1) {
    if (data instanceof BigInt64Array) data[i] = 1n;
    else if (data instanceof Int32Array || (type === "bool" && data instanceof Uint8Array)) data[i] = 1;
  }
  return mask;
}

function inputError(message: string): InputError {
  return new InputError("ERR_MODEL_INPUT", message);
}
