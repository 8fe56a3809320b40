/** @file Tensors that cannot be looked at or sent: sequences, maps, optionals, and numbers of types that engines keep inside. */
import { attributeInt } from "./attributes.ts";
import { elementTypeName, tensorType } from "./element-type.ts";
import type { GraphIndex } from "./graph.ts";
import type { ModelProto, NodeProto } from "./proto.ts";

/** Makers of sequences and optionals; what they make is seen through the tensors taken out of it again. */
const containers = new Set(
  "SequenceConstruct SequenceEmpty SequenceInsert SequenceErase SequenceMap SplitToSequence Optional ZipMap".split(" "),
);

/** Types that the runtime's binding has no array for, though the runtime computes with them. */
const inside = new Set(["bfloat16"]);

/** Operators whose results have a type of their own, whatever they read. */
const ownType = new Set(
  (
    "Shape Size ArgMax ArgMin NonZero Equal Greater GreaterOrEqual Less LessOrEqual IsNaN IsInf TopK OneHot Unique " +
    "DequantizeLinear QuantizeLinear NonMaxSuppression SequenceLength"
  ).split(" "),
);

const kinds: Record<string, string> = {
  mapType: "a map",
  optionalType: "an optional",
  sparseTensorType: "a sparse tensor",
};

/** By name: what it is instead of a tensor that can be seen ("a sequence", "bfloat16"). */
export function opaqueTensors(model: ModelProto, index: GraphIndex): Map<string, string> {
  const graph = model.graph!;
  const found = new Map<string, string>();
  for (const { name, type } of [...graph.valueInfo, ...graph.input, ...graph.output]) {
    const value = type?.value;
    if (value?.case === undefined) continue;
    if (value.case !== "tensorType") found.set(name, kinds[value.case] ?? "a sequence");
    else if (value.value.elemType !== 0) note(found, name, value.value.elemType);
  }
  for (const { name, dataType } of graph.initializer) note(found, name, dataType);
  index.nodes.forEach((node, i) => {
    const what = madeOf(node, index.reads[i]!, found);
    if (what !== undefined) for (const name of node.output) if (!found.has(name)) found.set(name, what);
  });
  return found;
}

function note(found: Map<string, string>, name: string, elemType: number): void {
  const type = tensorType(elemType);
  if (type === undefined || inside.has(type)) found.set(name, elementTypeName(elemType));
}

function madeOf(node: NodeProto, reads: readonly string[], found: ReadonlyMap<string, string>): string | undefined {
  const { opType, input } = node;
  if (containers.has(opType)) return opType === "Optional" ? "an optional" : "a sequence";
  if (opType === "Identity") return found.get(input[0] ?? "");
  if (opType === "Cast") return typeName(attributeInt(node, "to", 1));
  if (opType === "CastLike") return found.get(input[1] ?? "");
  if (opType === "QuantizeLinear") {
    const given = found.get(input[2] ?? "") ?? typeName(attributeInt(node, "output_dtype", 1));
    return given?.startsWith("a ") ? undefined : given;
  }
  if (opType === "Constant" || opType === "ConstantOfShape") {
    const value = node.attribute.find(({ name }) => name === "value")?.t;
    return value && typeName(value.dataType);
  }
  if (ownType.has(opType)) return undefined;
  return reads.map((name) => found.get(name)).find((what) => what !== undefined && !what.startsWith("a"));
}

function typeName(elemType: number): string | undefined {
  const type = tensorType(elemType);
  return type === undefined || inside.has(type) ? elementTypeName(elemType) : undefined;
}
