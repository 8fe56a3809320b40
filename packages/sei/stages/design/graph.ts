/** @file The model's graph for a result, with what the hosts take for the head of every cut. */
import type { GraphResult, GraphTimes } from "@split-et-impera/core/design";
import { modelGraph, type Survey } from "@split-et-impera/core/onnx";
import type { PricedModel } from "./optimum.ts";

/** Operators at most: a graph of more would be most of its result. */
const mostOperators = 5000;

/** Nothing where the model has too many operators. */
export function graphOf(survey: Survey, priced: PricedModel | undefined): { graph?: GraphResult } {
  if (survey.index.live.filter(Boolean).length > mostOperators) return {};
  const graph = modelGraph(survey);
  return { graph: { ...graph, ...(priced && { times: timesOf(graph, priced) }) } };
}

function timesOf({ cuts, tensors }: GraphResult, { cuts: priced, seconds, entry = {} }: PricedModel): GraphTimes[] {
  const names = cuts.map((cut) =>
    cut.tensors
      .map((at) => tensors[at]!.name)
      .toSorted()
      .join(","),
  );
  return Object.entries(seconds).map(([host, pieces]) => {
    let sum = 0;
    const until = pieces.map((piece) => (sum += piece));
    const known = new Map(priced.map(({ name }, i) => [name.split(",").toSorted().join(","), until[i]!]));
    return { host, whole: sum, heads: names.map((name) => known.get(name) ?? null), entry: entry[host] ?? 0 };
  });
}
