/** @file A model with an autoencoder at one of its tensors: what is trained. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { inlineFunctions, raiseModel } from "../gradient/index.ts";
import { createBuilder, inspectModel, makeNode, type Inspection } from "../onnx/index.ts";
import { separateStatistics, type LayerContext } from "../training/index.ts";
import { addDecoder, addEncoder } from "./autoencoder.ts";
import type { BottleneckPlan } from "./plan.ts";

/** The tensor that the encoder reads. What the decoder gives takes the cut tensor's own name. */
export const featuresName = "bottleneck/features";

/**
 * The model, raised to the operator set of gradients, with encoder and decoder of fresh weights between the tensor and
 * all that read it, bodies of control flow too; and the name of the latent between encoder and decoder.
 */
export async function insertBottleneck(
  engine: Engine,
  inspection: Inspection,
  tensor: string,
  plan: BottleneckPlan,
  seed: number,
): Promise<{ whole: Inspection; latent: string }> {
  const taken = [...inspection.seen.keys()].find((name) => name.startsWith("bottleneck/"));
  if (taken !== undefined) {
    throw new InputError(
      "ERR_BOTTLENECK",
      `the model has a tensor "${taken}": names that begin with "bottleneck/" are those of a trained bottleneck`,
    );
  }
  const { model } = raiseModel(inlineFunctions(separateStatistics(inspection.model)), inspection.seen);
  const graph = model.graph!;
  graph.valueInfo = [];
  const g = createBuilder(model);
  for (const node of graph.node) node.output = node.output.map((name) => (name === tensor ? featuresName : name));
  const c: LayerContext = { g, parameters: new Map(), seed, mode: "model", updates: new Map() };
  const latent = addEncoder(c, featuresName, plan);
  const decoded = addDecoder(c, latent, plan);
  graph.node.push(makeNode("Identity", [decoded], [tensor]));
  const { inputs, one } = inspection;
  const [first] = inputs;
  const shapes = new Map(inputs.map(({ name }) => [name, one.get(name)!.dims]));
  const as = inputs.length === 1 && first!.type === "float32" ? { shape: first!.shape } : { any: true, shapes };
  return { whole: await inspectModel(model, engine, as), latent };
}
