/** @file Samples as a model takes them: the one place that knows which of its inputs is fed from where. */
import { InputError } from "@split-et-impera/core/errors";
import {
  batchAxis,
  feedsFor,
  firstState,
  typed,
  type CarriedState,
  type Inspection,
  type Port,
} from "@split-et-impera/core/onnx";
import type { DataOptions } from "@split-et-impera/core/study";
import {
  asFloat32,
  fromFloat32,
  sizeOf,
  wholeRanges,
  type Tensor,
  type Tensors,
  type TensorType,
} from "@split-et-impera/core/tensor";
import { imageBatch, type Dataset, type NamedInput } from "./dataset.ts";

/** A data set bound to a model. */
export interface Samples extends Dataset {
  /**
   * What the model is fed for these samples, by input, each in the input's own type.
   * @param own in place of what `batch` gives, for the input that it goes to
   */
  feeds(indices: ArrayLike<number>, own?: Tensor<"float32">): Tensors;
  /** Samples of a run, at most: 1 where the model takes them one by one. */
  atOnce: number;
  /** The input that `batch` goes to; absent where the data name all of them, or say nothing. */
  main?: string;
  /** By input where its numbers come from. */
  fed: Readonly<Record<string, "data" | "named" | "pixels" | "seed">>;
  /** What the feeds depend on beside the data, for keys. */
  key: unknown;
  /** State that is carried from sample to sample; absent where none is. `feeds` has what a stream begins with. */
  stream?: Stream;
}

/** Samples that follow each other, and the state that goes from one to the next. */
export interface Stream {
  state: readonly CarriedState[];
  /** What the first sample of a stream takes, by input. */
  first: Tensors;
  /** Whether a stream begins with this sample. */
  begins(sample: number): boolean;
}

/** Samples at once through a session. */
export const batchSize = 50;

interface Feed {
  from: Samples["fed"][string];
  /** The input for these samples; their dimension is where the model has it. */
  of(indices: ArrayLike<number>, own: Tensor<"float32"> | undefined): Tensor;
}

/** An input of a model, as data are bound to it. */
export interface Taken {
  name: string;
  type: TensorType;
  /** Of a sample, without the dimension of the samples. */
  shape: readonly number[];
  /** Where that dimension is; absent where samples go in one by one without it. */
  axis?: number | undefined;
}

type Feeding = Pick<DataOptions, "normalise" | "layout">;

/**
 * Binds data to the inputs of a model, but for its state: see `bindSamples`.
 * @throws InputError `ERR_DATA_SHAPE` naming the input, where the data do not fit it
 */
export function samplesFor(data: Dataset, inspection: Inspection, options: Feeding): Samples {
  const { state, batch } = inspection;
  const inputs = fedInputs(inspection).map(({ name, type, shape }): Taken => ({
    name,
    type,
    shape,
    axis: batchAxis(inspection, name),
  }));
  const samples = bindSamples(data, inputs, options, state.length === 0 && batch !== undefined);
  return state.length === 0 ? samples : withStream(samples, data, inspection);
}

/** The inputs that are fed sample by sample: all but state. */
export function fedInputs({ inputs, state }: Pick<Inspection, "inputs" | "state">): Port[] {
  return inputs.filter(({ name }) => !state.some(({ input }) => input === name));
}

/**
 * State begins as zeros where a stream does. What grows from sample to sample, such as the keys of past tokens, cannot grow
 * here, where all samples take the same: each begins with seeded ones of the length that was given.
 */
function withStream(samples: Samples, data: Dataset, { state, batch, sizes }: Inspection): Samples {
  const one = new Map([...sizes, ...(batch ? [[batch.symbol, 1] as const] : [])]);
  const grown = state.filter(({ grows }) => grows.length > 0);
  const firstOf = (carried: CarriedState): Tensor => {
    const { input: name, type, dims, grows } = carried;
    return grows.length > 0 ? feedsFor([{ name, type, dims }], one, "state")[name]! : firstState(carried, one);
  };
  const first = Object.fromEntries(state.map((carried) => [carried.input, firstOf(carried)]));
  const own = data.begins;
  const alone = grown.length > 0 || !own;
  const notes: string[] = [];
  const [grows, ...more] = grown.map(({ input }) => input);
  if (grows !== undefined)
    notes.push(
      `the state "${grows}"${more.length > 0 ? ` and ${more.length} more` : ""} grows from step to step: every sample is a step by itself, after seeded state of [${first[grows]!.dims.join(", ")}]`,
    );
  else if (!own) notes.push("the data say nothing of streams: state begins anew with every sample");
  return {
    ...samples,
    notes: [...samples.notes, ...notes],
    key: [samples.key, state.map(({ input, output }) => [input, output, first[input]!.dims])],
    stream: { state, first, begins: (sample) => alone || own(sample) },
    feeds: (indices, given) => ({ ...samples.feeds(indices, given), ...first }),
  };
}

/** Binds data to what the capturing host of a deployment needs of a frame. */
export function samplesOf(data: Dataset, ports: readonly CapturedPort[], options: Feeding): Samples {
  const inputs = ports.map(({ tensor, type, shape }): Taken =>
    shape[0] === 1 ? { name: tensor, type, shape: shape.slice(1), axis: 0 } : { name: tensor, type, shape },
  );
  return bindSamples(data, inputs, options, false);
}

/** A tensor of one frame, batch included. */
interface CapturedPort {
  tensor: string;
  type: TensorType;
  shape: readonly number[];
}

/**
 * Binds data to inputs: those that the data name to what they name so, the data's own numbers to the first other
 * input of their shape, and seeded numbers to the rest, which is noted.
 *
 * @param many whether the model takes several samples at once
 */
function bindSamples(data: Dataset, inputs: readonly Taken[], options: Feeding, many: boolean): Samples {
  const main = mainInput(data, inputs);
  const feedOf = (input: Taken): Feed => {
    const named = data.inputs?.get(input.name);
    if (named) return namedFeed(data, input, named);
    return input.name === main ? mainFeed(data, input, options) : seededFeed(data, input);
  };
  const feeds = new Map(inputs.map((input) => [input.name, feedOf(input)]));
  const seeded = inputs.filter(({ name }) => feeds.get(name)!.from === "seed").map(({ name }) => `"${name}"`);
  const together = many && inputs.every(({ axis }) => axis === 0);
  return {
    ...data,
    notes: [
      ...data.notes,
      ...(seeded.length > 0
        ? [
            `the data say nothing of the input${seeded.length > 1 ? "s" : ""} ${seeded.join(", ")}: seeded numbers are fed there, other ones for each sample`,
          ]
        : []),
    ],
    ...(main !== undefined && { main }),
    atOnce: together ? batchSize : 1,
    fed: Object.fromEntries([...feeds].map(([name, { from }]) => [name, from])),
    key: inputs.map(({ name, type, shape, axis }) => [name, type, shape, axis ?? -1, feeds.get(name)!.from]),
    feeds: (indices, own) =>
      Object.fromEntries([...feeds].map(([name, feed]) => [name, feed.of(indices, name === main ? own : undefined)])),
  };
}

/** The input that the data's own numbers go to. */
function mainInput(data: Dataset, inputs: readonly Taken[]): string | undefined {
  if (data.empty || (data.main !== undefined && inputs.some(({ name }) => name === data.main))) return undefined;
  const free = inputs.filter(({ name }) => !data.inputs?.has(name));
  if (inputs.length === 1) return free[0]?.name;
  const own = data.batch([0]).dims.slice(1);
  const found = free.find(({ shape }) => sameBut1(shape, own));
  // Data with names alone have nothing else to give.
  if (found || data.inputs) return found?.name;
  throw new InputError(
    "ERR_DATA_SHAPE",
    `${data.name} gives inputs of [${own.join(", ")}], which none of the model's takes: ` +
      inputs.map(({ name, type, shape }) => `"${name}" ${type} [${shape.join(", ")}]`).join(", "),
  );
}

const sameBut1 = (a: readonly number[], b: readonly number[]): boolean =>
  String(a.filter((n) => n !== 1)) === String(b.filter((n) => n !== 1));

/** The shape of `count` samples, whose dimension is where the model has it. */
function shapeOf({ shape, axis }: Taken, count: number): number[] {
  return axis === undefined ? [...shape] : shape.toSpliced(axis, 0, count);
}

function mainFeed(data: Dataset, input: Taken, { normalise, layout }: Feeding): Feed {
  const { name, type } = input;
  const { image } = data;
  const own = data.batch([0]).dims.slice(1);
  if (String(own) !== String(input.shape) && !sameBut1(own, input.shape)) throw misfit(data, own, input);
  // Whole numbers are pixels as the camera has them: nothing between 0 and 1 is one.
  const pixels = image && type in wholeRanges;
  const bytes = { ...normalise, mean: [0], std: [1 / 255] };
  return {
    from: pixels ? "pixels" : "data",
    of(indices, given) {
      if (pixels && !given) {
        const found = Array.from(indices, (index) => image.pixels(index));
        const value = imageBatch(found, image, bytes, layout);
        return fromFloat32({ ...value, dims: shapeOf(input, indices.length) }, type);
      }
      const value = given ?? data.batch(indices);
      return typed(`${data.name} (${name})`, { dims: shapeOf(input, value.dims[0]!), data: value.data }, type);
    },
  };
}

function misfit(data: Dataset, own: readonly number[], { name, shape }: Taken): InputError {
  const [first, ...rest] = own;
  const [last] = own.slice(-1);
  const moved = [
    ["NHWC", [...rest, first]],
    ["NCHW", [last, ...own.slice(0, -1)]],
  ].find(([, turned]) => String(turned) === shape.join());
  return new InputError(
    "ERR_DATA_SHAPE",
    `${data.name} gives inputs of [${own.join(", ")}], the model's input "${name}" takes [${shape.join(", ")}]${moved ? `; its layout is ${String(moved[0])}` : ""}`,
  );
}

function namedFeed(data: Dataset, input: Taken, named: NamedInput): Feed {
  const { name, type, shape } = input;
  if (sizeOf(named.dims) !== sizeOf(shape) || !sameBut1(named.dims, shape))
    throw new InputError(
      "ERR_DATA_SHAPE",
      `${data.name} gives [${named.dims.join(", ")}] in ${named.where} for the model's input "${name}", which takes [${shape.join(", ")}]`,
    );
  return {
    from: "named",
    of: (indices) =>
      typed(`${named.where} (${name})`, { dims: shapeOf(input, indices.length), data: named.batch(indices) }, type),
  };
}

/** Numbers that the seed makes of a sample's place and the data's name: the same in every run, other ones in every sample. */
function seededFeed({ name: of }: Dataset, input: Taken): Feed {
  const { name, type } = input;
  const declared = [{ name, type, dims: shapeOf(input, 1) }];
  const one = (index: number): Tensor => feedsFor(declared, new Map(), `${of}/${index}`)[name]!;
  return {
    from: "seed",
    of(indices) {
      const dims = shapeOf(input, indices.length);
      const [first, ...others] = Array.from(indices, one) as [Tensor, ...Tensor[]];
      if (others.length === 0) return { ...first, dims };
      const numbers = new Float32Array(sizeOf(dims));
      [first, ...others].forEach((value, row) => numbers.set(asFloat32(value).data, row * value.data.length));
      return fromFloat32({ type: "float32", dims, data: numbers }, type);
    },
  };
}
