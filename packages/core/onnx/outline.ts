/** @file A model's cuts without a run: for models whose weights are too many to load for a listing. */
import { countsMacs, nodeMacs, nodeParameters } from "./cost.ts";
import { withConstants } from "./constants.ts";
import { nodesTowards, singleTensorCuts } from "./cuts.ts";
import { indexGraph, type GraphIndex } from "./graph.ts";
import type { CutCost } from "./cut-costs.ts";
import { observedBytes } from "./observe.ts";
import type { InputOptions } from "./feeds.ts";
import type { ModelProto } from "./proto.ts";
import { declaredSeen } from "./hollow-model.ts";

/** As `CutCost`; null where the model does not declare the shapes that it takes to tell. */
export type OutlinedCut = Pick<CutCost, "tensors" | "operators" | "parameters" | "parametersTail"> & {
  [field in "bytes" | "macsHead" | "macsTail"]: number | null;
} & { shapes: (readonly number[] | null)[] };

export interface Outline {
  index: GraphIndex;
  inputs: { name: string; shape: readonly number[] | null }[];
  outputs: { name: string; shape: readonly number[] | null }[];
  parameters: number;
  macs: number | null;
  cuts: OutlinedCut[];
}

/** Lists the cuts of one tensor from what the model says of itself; reads no weights and runs nothing. */
export function outlineModel(given: ModelProto, options: InputOptions = {}): Outline {
  const model = withConstants(given, options);
  const index = indexGraph(model.graph!);
  const seen = declaredSeen(model, index, options);
  const needed = nodesTowards(index, index.outputs);
  const parameters = nodeParameters(model, index);
  const macs = index.nodes.map((node, i) => {
    if (!needed[i] || !index.live[i] || !countsMacs(node)) return 0;
    const known = [...node.input, ...node.output].every((name) => name === "" || seen.has(name));
    return known ? nodeMacs(index, i, seen) : undefined;
  });
  const sum = (values: readonly (number | undefined)[], from: number, to: number): number | null => {
    let total = 0;
    for (let i = from; i < to; i++) {
      const value = needed[i] ? values[i] : 0;
      if (value === undefined) return null;
      total += value;
    }
    return total;
  };
  const end = index.nodes.length;
  const shaped = (name: string) => ({ name, shape: seen.get(name)?.dims.slice(1) ?? null });
  return {
    index,
    inputs: index.inputs.map(shaped),
    outputs: index.outputs.map(shaped),
    parameters: sum(parameters, 0, end)!,
    macs: sum(macs, 0, end),
    cuts: singleTensorCuts(index).map(({ tensor, node }) => {
      const found = seen.get(tensor);
      return {
        tensors: [tensor],
        operators: [index.nodes[node]!.opType],
        shapes: [found?.dims.slice(1) ?? null],
        bytes: found ? observedBytes(found) : null,
        parameters: sum(parameters, 0, node + 1)!,
        parametersTail: sum(parameters, node + 1, end)!,
        macsHead: sum(macs, 0, node + 1),
        macsTail: sum(macs, node + 1, end),
      };
    }),
  };
}
