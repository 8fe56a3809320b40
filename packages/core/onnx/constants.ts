/** @file Inputs given as values once and for all, such as a sampling rate: the model with initialisers in their place. */
import { InputError } from "../errors/index.ts";
import { sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import { declaredInput, type InputOptions } from "./feeds.ts";
import { withFields, type ModelProto } from "./proto.ts";
import { toProto } from "./tensor-proto.ts";
import { typed } from "./typed.ts";

/** Elements that a constant may have; what holds more is no setting. */
const largest = 2 ** 20;

/** The same model with initialisers in place of the inputs that `constants` gives; the model itself where it gives none. */
export function withConstants(model: ModelProto, options: InputOptions): ModelProto {
  const found = constantTensors(model, options);
  const names = Object.keys(found);
  if (names.length === 0) return model;
  const graph = model.graph!;
  const input = graph.input.filter(({ name }) => !names.includes(name));
  if (input.length === 0)
    throw new InputError(
      "ERR_MODEL_INPUT",
      `every input is given as a constant (${names.join(", ")}); one must be fed`,
    );
  const initializer = [
    ...graph.initializer.filter(({ name }) => !names.includes(name)),
    ...names.map((name) => toProto(found[name]!, name)),
  ];
  return withFields(model, {
    // Before IR 4 every initialiser had to be an input too.
    irVersion: model.irVersion < 4n ? 4n : model.irVersion,
    graph: withFields(graph, { input, initializer }),
  });
}

/**
 * The constants as the tensors that the model takes: a single number fills whatever shape is declared or given.
 *
 * @throws InputError where the model has no such input, or the numbers do not fit it
 */
export function constantTensors(model: ModelProto, options: InputOptions): Tensors {
  const { constants = new Map<string, readonly number[]>() } = options;
  return Object.fromEntries(
    [...constants].map(([name, values]) => [name, constantTensor(model, name, values, options)]),
  );
}

function constantTensor(model: ModelProto, name: string, values: readonly number[], options: InputOptions): Tensor {
  const all = model.graph!.input.map((input) => input.name);
  if (!all.includes(name))
    throw new InputError(
      "ERR_TENSOR_UNKNOWN",
      `the model has no input "${name}" to be a constant; its inputs are ${all.map((one) => `"${one}"`).join(", ")}`,
    );
  const given = options.shapes?.get(name);
  const { type, dims } = declaredInput(model, name, { shapes: new Map([[name, given ?? [values.length]]]) });
  const open = dims.filter((dim, axis) => typeof dim === "string" && given?.[axis] === undefined).length;
  const shape = dims.map((dim, axis) =>
    typeof dim === "number" ? dim : (given?.[axis] ?? (open === 1 ? values.length : 1)),
  );
  const size = sizeOf(shape);
  if (size > largest || (values.length !== 1 && values.length !== size)) {
    const wanted = `[${shape.join(", ")}], ${size === 1 ? "one number" : `one number or ${size}`}`;
    throw new InputError("ERR_MODEL_INPUT", `the constant "${name}": expected ${wanted}, got ${values.length}`);
  }
  const data = values.length === size ? values : Array.from({ length: size }, () => values[0]!);
  return typed(`the constant "${name}"`, { dims: shape, data }, type);
}
