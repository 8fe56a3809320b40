/** @file What a model's declaration says of the data that it takes. */
import {
  declaredInputs,
  indexGraph,
  isPictureAlone,
  readInputs,
  stateOf,
  withConstants,
  type Declared,
  type InputOptions,
  type ModelProto,
} from "@split-et-impera/core/onnx";
import type { DataOptions, WantedInput } from "@split-et-impera/core/study";
import type { TensorType } from "@split-et-impera/core/tensor";
import type { Dataset } from "./dataset.ts";

/**
 * Data options with the model's input, so that pictures come in its size and colours; of several inputs with all of them,
 * so that the data's arrays and columns of their names are read. A model without a declared shape says nothing.
 */
export function forModel(options: DataOptions, model: ModelProto, said: InputOptions = {}): DataOptions {
  const declared = fedInputs(model, said);
  const [only] = declared;
  const own = (name: string): string | undefined => options.inputs?.[name];
  const wants = declared.map(({ name, type, dims }): WantedInput => ({
    name,
    type,
    dims: dims.slice(1).map(sizeOrOpen),
    ...(own(name) !== undefined && { column: own(name)! }),
  }));
  const several = declared.length > 1 || options.inputs !== undefined;
  if (!several) {
    if (!only || !isDeclared(model, only.name)) return options;
    return { ...options, input: (isPictureAlone(model) ? only.dims : only.dims.slice(1)).map(sizeOrOpen) };
  }
  const picture = declared.find(({ name, dims }) => dims.length === pictureRank && own(name) === undefined);
  return { ...options, wants, ...(picture && { input: picture.dims.slice(1).map(sizeOrOpen) }) };
}

/** The same for what the capturing host of a deployment needs of a frame, batch included. */
export function forDeployment(
  options: DataOptions,
  ports: readonly { tensor: string; type: TensorType; shape: readonly number[] }[],
): DataOptions {
  const wants = ports.map(({ tensor, type, shape }): WantedInput => {
    const column = options.inputs?.[tensor];
    return { name: tensor, type, dims: shape.slice(1), ...(column !== undefined && { column }) };
  });
  const main =
    ports.find(({ tensor, shape }) => shape.length === pictureRank && !options.inputs?.[tensor]) ?? ports[0]!;
  const several = ports.length > 1 || options.inputs !== undefined;
  return { ...options, input: main.shape.slice(1), ...(several && { wants }) };
}

const pictureRank = 4;
const sizeOrOpen = (dim: number | string): number => (typeof dim === "number" ? dim : 0);

/** What data are fed to: neither constants nor state. With the sizes that are said of them. */
function fedInputs(given: ModelProto, said: InputOptions): Declared[] {
  const model = readInputs(withConstants(given, said));
  const index = indexGraph(model.graph!);
  const state = new Set(stateOf(model.graph!, said.state).map(({ input }) => input));
  if (index.inputs.some((name) => !isDeclared(model, name) && !said.shapes?.has(name)))
    return index.inputs.length > 1 ? [] : [{ name: index.inputs[0]!, type: "float32", dims: [] }];
  return declaredInputs(model, index, { ...said, constants: undefined })
    .filter(({ name }) => !state.has(name))
    .map((one) => ({ ...one, dims: one.dims.map((dim, axis) => said.shapes?.get(one.name)?.[axis] ?? dim) }));
}

function isDeclared({ graph }: ModelProto, name: string): boolean {
  const type = graph!.input.find((input) => input.name === name)?.type?.value;
  return type?.case === "tensorType" && type.value.shape !== undefined;
}

/**
 * What is said of a model's inputs, with the shapes that data have for those that it leaves open.
 * @throws InputError as `declaredInputs` does
 */
export function withShapesOf(data: Dataset, model: ModelProto, said: InputOptions): InputOptions {
  const declared = fedInputs(model, said);
  const own = data.empty ? undefined : data.batch([0]).dims.slice(1);
  if (declared.length <= 1 && !data.inputs) return { ...said, proposed: own };
  const shapes = new Map(said.shapes);
  const shapeFor = ({ dims }: Declared, of: readonly number[]): number[] | undefined => {
    const fits = (sizes: readonly number[]): boolean =>
      sizes.length === dims.length &&
      dims.every((dim, axis) => axis === 0 || typeof dim === "string" || dim === sizes[axis]);
    return [[1, ...of], [...of]].find(fits);
  };
  let main = data.main === undefined || !declared.some(({ name }) => name === data.main) ? own : undefined;
  for (const input of declared) {
    const named = data.inputs?.get(input.name);
    const found = named ? shapeFor(input, named.dims) : main && shapeFor(input, main);
    if (!named && found) main = undefined;
    if (found && !shapes.has(input.name)) shapes.set(input.name, found);
  }
  return { ...said, ...(shapes.size > 0 && { shapes }), ...(declared.length === 1 && own && { proposed: own }) };
}
