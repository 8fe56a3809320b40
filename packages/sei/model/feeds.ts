/** @file Numbers to feed a model, from NumPy's files: an array for every input. */
import { InputError } from "@split-et-impera/core/errors";
import { declaredInputs, indexGraph, readInputs, typed, type ModelProto } from "@split-et-impera/core/onnx";
import type { Tensors } from "@split-et-impera/core/tensor";
import { basename } from "node:path";
import { readWhole } from "../data/files.ts";
import { parseNpy, type NumericArray } from "../data/npy.ts";
import { openZip } from "../data/zip.ts";

/**
 * Reads what a model is fed: an .npz with an array for every input under its name, or one .npy or .npz of a single array for
 * a model of one input. Numbers become what the input holds.
 *
 * @throws InputError `ERR_FEEDS` naming the array; `ERR_DATA_FILE` where the file is none
 */
export async function readFeeds(file: string, given: ModelProto): Promise<Tensors> {
  const model = readInputs(given);
  const arrays = await readArrays(file);
  const shapes = new Map([...arrays].map(([name, { dims }]) => [name, dims]));
  const { inputs } = indexGraph(model.graph!);
  const [only] = arrays.values();
  if (inputs.length === 1 && arrays.size === 1 && !arrays.has(inputs[0]!))
    return readTyped(file, model, new Map([[inputs[0]!, only!]]), new Map([[inputs[0]!, only!.dims]]));
  const missing = inputs.find((name) => !arrays.has(name));
  if (missing !== undefined) {
    const found = [...arrays.keys()].join(", ").slice(0, 200) || "none";
    throw new InputError(
      "ERR_FEEDS",
      `${file}: expected an array "${missing}" for the input of that name, got ${found}`,
    );
  }
  return readTyped(file, model, arrays, shapes);
}

function readTyped(
  file: string,
  model: ModelProto,
  arrays: ReadonlyMap<string, NumericArray>,
  shapes: ReadonlyMap<string, readonly number[]>,
): Tensors {
  const own = new Map([...shapes].filter(([name]) => model.graph!.input.some((input) => input.name === name)));
  const declared = declaredInputs(model, indexGraph(model.graph!), { shapes: own });
  return Object.fromEntries(
    declared.map(({ name, type }) => [name, typed(`${file} (${name})`, arrays.get(name)!, type)]),
  );
}

async function readArrays(file: string): Promise<Map<string, NumericArray>> {
  const bytes = await readWhole(file, "a .npy array or an .npz archive");
  if (file.endsWith(".npy")) return new Map([[basename(file, ".npy"), parseNpy(bytes, file)]]);
  const zip = openZip(bytes, file);
  const names = zip.names.filter((name) => name.endsWith(".npy"));
  return new Map(names.map((name) => [name.slice(0, -4), parseNpy(zip.read(name), `${file} (${name})`)]));
}
