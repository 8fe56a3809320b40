/** @file A result that is larger than any that a study of this repository gives: 500 designs of a model of 2,000 operators. */
import type { GraphTimes, Result } from "../../packages/core/design/index.ts";
import { modelGraph, surveyModel } from "../../packages/core/onnx/index.ts";
import { randomStream } from "../../packages/core/random/index.ts";
import { buildModel } from "../../packages/core/testing/models.ts";
import { conv } from "../../packages/core/testing/networks.ts";
import { engine } from "../../packages/ort/index.ts";

/** Operators in a residual block: two convolutions, two ReLUs, the sum. */
const each = 5;

/** Residual blocks in stages of ten: image [batch, 4, 16, 16] to the last sum. */
const deepNetwork = (operators: number) =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 4, 16, 16]);
    let x = "image";
    for (let i = 0; i < operators / each; i++) {
      const name = `stage${Math.floor(i / 10)}/block${i % 10}`;
      const inner = g.opAs(`${name}/relu1`, "Relu", [conv(g, x, `${name}/conv1`, 4, 4)]);
      const sum = g.opAs(`${name}/sum`, "Add", [conv(g, inner, `${name}/conv2`, 4, 4), x]);
      x = g.opAs(`${name}/relu2`, "Relu", [sum]);
    }
    g.output(x, "float32", ["batch", 4, 16, 16]);
  });

/**
 * The result with its designs again and again under names of their own, no two with the same latency and bytes, and with
 * the graph of a generated model, whose cuts take their part of what the hosts take for the whole.
 */
export async function bigResult(of: Result, designs: number, operators: number): Promise<Result> {
  const random = randomStream(1, "bench/studio");
  const result = structuredClone(of);
  for (let i = result.designs.length; i < designs; i++) {
    const first = of.designs[i % of.designs.length]!;
    const id = `${first.id} #${Math.floor(i / of.designs.length)}`;
    const copy = structuredClone(first);
    const factor = 0.5 + random.uniform();
    const { median, p95, p99 } = copy.latency;
    for (const one of [median, p95, p99]) for (const key of ["value", "lo", "hi"] as const) one[key] *= factor;
    result.designs.push({ ...copy, id });
    result.basis!.designs[id] = result.basis!.designs[first.id]!;
  }
  const graph = modelGraph(await surveyModel(deepNetwork(operators), engine));
  const times = of.graph!.times!.map(({ host, whole }): GraphTimes => {
    const share = ([from, to]: readonly [number, number]): number => (to - from) / graph.operators.length;
    return {
      host,
      whole,
      heads: graph.cuts.map(({ head }) => whole * head.reduce((sum, part) => sum + share(part), 0)),
      entry: 0,
    };
  });
  delete result.saliency;
  delete result.optimum;
  return { ...result, graph: { ...graph, times } };
}
