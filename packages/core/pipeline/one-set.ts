/** @file Models of different operator sets in one. */
import { InputError } from "../errors/index.ts";
import { expectedOpset, raiseModel } from "../gradient/index.ts";
import { describe, opsetOf, subgraphs, type GraphProto, type ModelProto, type NodeProto } from "../onnx/index.ts";

/** Operators that mean something else from a set on, beyond what {@link raiseModel} rewrites (ONNX's Changelog.md). */
const changed: Readonly<Record<string, number>> = { DFT: 20, GridSample: 20, GroupNormalization: 21 };

interface Named {
  name: string;
  model: ModelProto;
}

/**
 * The same models, all in the newest operator set among them.
 * @throws InputError `ERR_MODEL_OPSET` naming the operator that means something else there
 */
export function inOneSet(parts: readonly Named[]): ModelProto[] {
  const sets = parts.map(({ model }) => opsetOf(model));
  const newest = Math.max(...sets);
  if (sets.every((set) => set === newest)) return parts.map(({ model }) => model);
  const common = Math.max(newest, expectedOpset);
  return parts.map(({ name, model }) => {
    const own = opsetOf(model);
    if (own === common) return model;
    const other = allNodes(model.graph!).find(({ domain, opType }) => {
      const since = domain === "" || domain === "ai.onnx" ? changed[opType] : undefined;
      return since !== undefined && own < since && common >= since;
    });
    if (other)
      throw new InputError(
        "ERR_MODEL_OPSET",
        `${name}: ${describe(other)} means something else in operator set ${common}, which another part has; export both with the same`,
      );
    const { model: raised } = raiseModel(model);
    for (const one of raised.opsetImport)
      if (one.domain === "" || one.domain === "ai.onnx") one.version = BigInt(common);
    return raised;
  });
}

const allNodes = (graph: GraphProto): NodeProto[] =>
  graph.node.flatMap((node) => [node, ...subgraphs(node).flatMap(allNodes)]);
