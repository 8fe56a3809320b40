/** @file Joining the trained encoder to the head and the decoder to the tail, normalisation folded. */
import { createBuilder, indexGraph, headAndTail, valueInfo, type Inspection, type ModelProto } from "../onnx/index.ts";
import { separateStatistics, withWeights, type LayerContext } from "../training/index.ts";
import { addDecoder, addEncoder } from "./autoencoder.ts";
import type { Bottleneck } from "./train.ts";

export interface BottleneckSplit {
  /** Model input to latent. */
  head: ModelProto;
  /** Latent to the model's outputs. */
  tail: ModelProto;
  /** The tensor that crosses: the latent. */
  tensor: string;
}

/** Name of the latent in exported models. */
export const latentName = "bottleneck/latent";

export function joinBottleneck(inspection: Inspection, bottleneck: Bottleneck): BottleneckSplit {
  const { tensor, plan, parameters } = bottleneck;
  const batch = inspection.batch?.symbol ?? 1;
  const split = headAndTail(separated(inspection), tensor);
  const head = withWeights(split.head, parameters);
  const tail = withWeights(split.tail, parameters);
  const latent = valueInfo(latentName, "float32", [batch, ...plan.latent]);

  const encoder = layerContext(head, bottleneck);
  encoder.g.opAs(latentName, "Identity", [addEncoder(encoder, tensor, plan)]);
  head.graph!.output = [latent];

  tail.graph!.input = [latent];
  // Made while the tail's nodes are there, so that no name is given twice.
  const decoder = layerContext(tail, bottleneck);
  const nodes = tail.graph!.node;
  tail.graph!.node = [];
  decoder.g.opAs(tensor, "Identity", [addDecoder(decoder, latentName, plan)]);
  // The decoder runs first; keep the file's nodes in an order in which they can run.
  tail.graph!.node.push(...nodes);
  return { head, tail, tensor: latentName };
}

/** As it was trained: normalisations that shared their statistics have their own. */
function separated(inspection: Inspection): Inspection {
  const model = separateStatistics(inspection.model);
  return model === inspection.model ? inspection : { ...inspection, model, index: indexGraph(model.graph!) };
}

function layerContext(model: ModelProto, { parameters }: Bottleneck): LayerContext {
  return { g: createBuilder(model), parameters, seed: 0, mode: "infer", updates: new Map() };
}
