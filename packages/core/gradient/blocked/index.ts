/** @file Convolutions whose weights change from run to run, laid out for the engine. */
import type { Engine } from "../../engine/index.ts";
import { observe, type ModelProto, type Observations } from "../../onnx/index.ts";
import type { Tensors } from "../../tensor/index.ts";
import { foldSmallConvolutions } from "../layout.ts";
import { blockConvolutions } from "./convolutions.ts";

export { blockConvolutions };

/**
 * Lays out the convolutions whose weights are among `changing` or made of them, for speed: constant weights the engine
 * lays out itself. `seen` is of the model before gradients were added, `example` a small batch. Changes the model, which
 * then takes only batches of `rows` where those are given.
 */
export async function layOutConvolutions(
  engine: Engine,
  model: ModelProto,
  seen: Observations,
  changing: ReadonlySet<string>,
  example: Tensors,
  rows?: number,
): Promise<void> {
  foldSmallConvolutions(model, seen, changing);
  const block = (await engine.channelBlock?.()) ?? 1;
  if (block > 1) blockConvolutions(model, await observe(model, engine, example), changing, block, rows);
}
