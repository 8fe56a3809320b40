/** @file Models whose weights were not read: the same graph with zeros, and what can be told without a run. */
import { elementBytes, int64, type Tensor, type TensorType } from "../tensor/index.ts";
import { tensorType } from "./element-type.ts";
import type { InputOptions } from "./feeds.ts";
import type { GraphIndex } from "./graph.ts";
import { copyModel } from "./model.ts";
import type { Observations, Observed } from "./observe.ts";
import { makeNode, type ModelProto } from "./proto.ts";
import { isExternal, protoDims, toProto } from "./tensor-proto.ts";

/** A copy in which zeros, made when it runs, stand for the weights that were not read: shapes come out the same. */
export function hollow(model: ModelProto): ModelProto {
  const copy = copyModel(model);
  const graph = copy.graph!;
  const absent = graph.initializer.filter(isExternal);
  graph.initializer = graph.initializer.filter((tensor) => !isExternal(tensor));
  for (const proto of absent) {
    const type = tensorType(proto.dataType) ?? "float32";
    const dims = protoDims(proto);
    const shape = `${proto.name}/dims`;
    graph.initializer.push(toProto(int64([dims.length], dims), shape));
    const zero = { type, dims: [1], data: zeros(type) } as unknown as Tensor;
    const node = makeNode("ConstantOfShape", [shape], [proto.name], { value: { tensor: zero } });
    graph.node.unshift(node);
  }
  return copy;
}

/** The bytes of one zero; stored tensors are bytes whatever their type. */
function zeros(type: TensorType): Uint8Array {
  return new Uint8Array(elementBytes(type));
}

/**
 * What a model says of its tensors itself (`value_info`, inputs, outputs, initialisers), an open leading dimension taken
 * as one image. Tensors of which it says nothing, or not all, are absent.
 */
export function declaredSeen(model: ModelProto, index: GraphIndex, { shape, shapes }: InputOptions = {}): Observations {
  const graph = model.graph!;
  const seen = new Map<string, Observed>();
  const know = (name: string, type: TensorType | undefined, dims: number[]): void => {
    if (type !== undefined && dims.every((dim) => dim >= 0))
      seen.set(name, { type, dims, min: Infinity, max: -Infinity, finite: true });
  };
  for (const proto of graph.initializer) know(proto.name, tensorType(proto.dataType), protoDims(proto));
  for (const { name, type } of [...graph.valueInfo, ...graph.input, ...graph.output]) {
    if (type?.value.case !== "tensorType" || !type.value.value.shape || seen.has(name)) continue;
    const dims = type.value.value.shape.dim.map(({ value }, axis) => {
      if (value.case === "dimValue" && value.value > 0n) return Number(value.value);
      if (axis === 0) return 1;
      return shapes?.get(name)?.[axis] ?? (index.inputs.includes(name) ? shape?.[axis - 1] : undefined) ?? -1;
    });
    know(name, tensorType(type.value.value.elemType), dims);
  }
  return seen;
}
