/** @file Example inputs of a model, in two sizes of whatever is free, so that a run shows what depends on the sizes. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import {
  fitted,
  indexGraph,
  observe,
  observeApart,
  randomInput,
  tensorType,
  type ModelProto,
  type Observations,
} from "../onnx/index.ts";
import { observeGrown, type Other, type ValueSize } from "./grow.ts";
import { sizeOf, type Tensor, type Tensors, type TensorType } from "../tensor/index.ts";

/** What the model declares of an input. */
interface Declared {
  name: string;
  type: TensorType;
  /** A size, or the name of a free one. */
  dims: (number | string)[];
}

export interface Examples {
  feeds: Tensors;
  seen: Observations;
  /** Runs with other sizes, the surest to tell a name first: of what values decide, then of all free dimensions. */
  others: readonly Other[];
  /** By input: its declared sizes, and names of those that are free. */
  declared: ReadonlyMap<string, readonly (number | string)[]>;
  /** The names of free dimensions of inputs. */
  free: readonly string[];
  /** Dimensions that values decide. */
  byValues: readonly ValueSize[];
}

export interface ExampleOptions {
  /** Shapes of inputs with free dimensions beside the leading one, by input. */
  shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Numbers to run on in place of random ones, by input. */
  given?: Tensors | undefined;
}

/**
 * Runs the model on random inputs, or on those that are given, twice where dimensions are free. A leading dimension that is free needs no size;
 * others are given through `shapes`, by input.
 */
export async function runExamples(
  engine: Engine,
  model: ModelProto,
  { shapes: asked = {}, given = {} }: ExampleOptions = {},
): Promise<Examples> {
  const shapes = { ...Object.fromEntries(Object.entries(given).map(([name, { dims }]) => [name, dims])), ...asked };
  const inputs = declaredInputs(model, shapes);
  const unknown = Object.keys(shapes).find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) {
    const names = inputs.map(({ name }) => `"${name}"`).join(", ");
    throw new InputError("ERR_TENSOR_UNKNOWN", `the model has no input "${unknown}"; its inputs are ${names}`);
  }
  const sizes = new Map<string, number>();
  for (const { name, dims } of inputs) {
    dims.forEach((dim, axis) => {
      if (typeof dim === "number") return;
      const size = shapes[name]?.[axis] ?? sizes.get(dim) ?? (axis === 0 ? 2 : undefined);
      if (size !== undefined) sizes.set(dim, size);
    });
    dims.forEach((dim, axis) => {
      if (typeof dim === "number" || sizes.has(dim)) return;
      throw new InputError(
        "ERR_MODEL_INPUT",
        `the input "${name}" leaves dimension ${axis} ("${dim}") open; give the input's shape`,
      );
    });
  }
  const feedsOf = (of: ReadonlyMap<string, number>): Tensors =>
    Object.fromEntries(inputs.map((input) => [input.name, example(input, of, given[input.name])]));
  const declared = new Map(inputs.map(({ name, dims }) => [name, dims]));
  const feeds = feedsOf(sizes);
  const seen = await observeApart(model, engine, feeds);
  const grown = await observeGrown(engine, model, feeds, seen);
  const { byValues } = grown;
  const batches = new Set(inputs.map(({ dims }) => dims[0]).filter((dim) => typeof dim === "string"));
  for (const change of sizes.size === 0 ? [] : [32, 1, -1, 0]) {
    // Sizes of images go in steps; a sequence has a longest length. The batch always can be another.
    const moved = new Map([...sizes].map(([dim, size]) => [dim, batches.has(dim) ? size + 1 : size + change]));
    if ([...moved.values()].some((size) => size < 1)) continue;
    try {
      const other = await observe(model, engine, feedsOf(moved));
      const symbols = new Map([...sizes].map(([dim, size]) => [dim, [size, moved.get(dim)!] as const]));
      const others = [...grown.others, { seen: other, symbols }];
      return { feeds, seen, others, declared, free: [...symbols.keys()], byValues };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  // Only what was seen is known to work: every dimension counts as fixed.
  return { feeds, seen, others: [...grown.others, { seen, symbols: new Map() }], declared, free: [], byValues };
}

function declaredInputs(model: ModelProto, shapes: Readonly<Record<string, readonly number[]>>): Declared[] {
  const graph = model.graph!;
  return indexGraph(graph).inputs.map((name) => {
    const info = graph.input.find((input) => input.name === name)!;
    const declared = info.type?.value.case === "tensorType" ? info.type.value.value : undefined;
    const type = declared && tensorType(declared.elemType);
    if (type === undefined || type === "string") {
      throw new InputError("ERR_MODEL_INPUT", `the input "${name}" holds no numbers; expected a tensor of numbers`);
    }
    const given = shapes[name];
    const dims = declared?.shape?.dim.map(({ value }, axis) =>
      value.case === "dimValue" && value.value > 0n
        ? Number(value.value)
        : value.case === "dimParam" && value.value !== ""
          ? value.value
          : `${name}_dim_${axis}`,
    );
    if (!dims && !given) throw new InputError("ERR_MODEL_INPUT", `the input "${name}" has no shape; give one`);
    const whole = dims ?? given!.map((size, axis) => (axis === 0 ? `${name}_dim_0` : size));
    if (given && given.length !== whole.length) {
      throw new InputError(
        "ERR_MODEL_INPUT",
        `the input "${name}" has ${whole.length} dimensions, got a shape of ${given.length}`,
      );
    }
    whole.forEach((dim, axis) => {
      const wanted = given?.[axis];
      if (typeof dim === "number" && wanted !== undefined && wanted !== dim) {
        throw new InputError(
          "ERR_MODEL_INPUT",
          `the input "${name}" has size ${dim} along dimension ${axis}, got ${wanted}`,
        );
      }
    });
    return { name, type, dims: whole };
  });
}

/** Random real numbers; ones for integers, which are valid as indices and as masks. */
function example({ name, type, dims }: Declared, sizes: ReadonlyMap<string, number>, given?: Tensor): Tensor {
  const shape = dims.map((dim) => (typeof dim === "number" ? dim : sizes.get(dim)!));
  const size = sizeOf(shape);
  if (size > 2 ** 30)
    throw new InputError("ERR_MODEL_INPUT", `the input "${name}" is too large: [${shape.join(", ")}]`);
  if (given) {
    if (given.type === type) return fitted(given, shape);
    throw new InputError("ERR_MODEL_INPUT", `the input "${name}" holds ${type}, the example ${given.type}`);
  }
  const real = randomInput(shape, name);
  switch (type) {
    case "float32":
      return real;
    case "float64":
      return { type, dims: shape, data: Float64Array.from(real.data as Float32Array) };
    case "int64":
      return { type, dims: shape, data: new BigInt64Array(size).fill(1n) };
    case "int32":
      return { type, dims: shape, data: new Int32Array(size).fill(1) };
    case "bool":
    case "uint8":
      return { type, dims: shape, data: new Uint8Array(size).fill(1) };
    default:
      throw new InputError("ERR_MODEL_INPUT", `the input "${name}" holds ${type}, for which no example can be made`);
  }
}
