/** @file Inputs that nothing reads, such as an `is_training` of old exports. */
import { indexGraph } from "./graph.ts";
import { withFields, type ModelProto } from "./proto.ts";

/** The same model without inputs that no operator reads; as it is where it would be left without any. */
export function readInputs(model: ModelProto): ModelProto {
  const graph = model.graph!;
  const { inputs, consumers, outputs } = indexGraph(graph);
  const unread = new Set(inputs.filter((name) => !consumers.has(name) && !outputs.includes(name)));
  if (unread.size === 0 || unread.size === inputs.length) return model;
  const input = graph.input.filter(({ name }) => !unread.has(name));
  return withFields(model, { graph: withFields(graph, { input }) });
}
