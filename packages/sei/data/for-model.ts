/** @file What a model's declaration says of the data that it takes. */
import { declaredInputs, indexGraph, isPictureAlone, type ModelProto } from "@split-et-impera/core/onnx";
import type { DataOptions } from "@split-et-impera/core/study";

/**
 * Data options with the model's input, so that pictures come in its size and colours. A model of several inputs, or one
 * without a declared shape, says nothing.
 */
export function forModel(options: DataOptions, model: ModelProto): DataOptions {
  const index = indexGraph(model.graph!);
  const [name, ...others] = index.inputs;
  if (name === undefined || others.length > 0) return options;
  const info = model.graph!.input.find((input) => input.name === name);
  const tensor = info?.type?.value.case === "tensorType" ? info.type.value.value : undefined;
  if (!tensor?.shape) return options;
  const [input] = declaredInputs(model, index);
  const dims = isPictureAlone(model) ? input!.dims : input!.dims.slice(1);
  return { ...options, input: dims.map((dim) => (typeof dim === "number" ? dim : 0)) };
}
