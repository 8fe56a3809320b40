/** @file Other names for tensors throughout a graph, its bodies too. */
import type { GraphProto, ModelProto } from "./proto.ts";

/** Gives a tensor another name wherever it stands; changes the model. */
export function renameTensor(model: ModelProto, from: string, to: string): void {
  renameTensors(model, (name) => (name === from ? to : name));
}

/** Gives every tensor the name that `to` makes of its own; changes the model. An input left out, "", stays so. */
export function renameTensors(model: ModelProto, to: (name: string) => string): void {
  const own = (name: string): string => (name === "" ? name : to(name));
  const within = (graph: GraphProto): void => {
    for (const info of [...graph.input, ...graph.output, ...graph.valueInfo, ...graph.initializer])
      info.name = own(info.name);
    for (const { values } of graph.sparseInitializer) if (values) values.name = own(values.name);
    for (const one of graph.quantizationAnnotation) one.tensorName = own(one.tensorName);
    for (const node of graph.node) {
      node.input = node.input.map(own);
      node.output = node.output.map(own);
      for (const { g, graphs } of node.attribute) for (const body of g ? [g, ...graphs] : graphs) within(body);
    }
  };
  within(model.graph!);
}

/** What JavaScript keeps for itself: no engine can be fed or asked a tensor of that name by an object's key. */
const reserved = "__proto__";

/** The name under which a tensor goes that has the reserved one in its file. */
export const inPlaceOfReserved = "__proto__ (renamed)";

/** Renames a tensor called `__proto__`; changes the model. */
export function withoutReservedName(model: ModelProto): void {
  const graph = model.graph!;
  const makers = graph.node.some(({ output }) => output.includes(reserved));
  const declared = [...graph.input, ...graph.initializer].some(({ name }) => name === reserved);
  if (makers || declared) renameTensor(model, reserved, inPlaceOfReserved);
}

/** A tensor's name as the model has it after reading: the reserved one goes by another. */
export function knownName(name: string): string {
  return name === reserved ? inPlaceOfReserved : name;
}
