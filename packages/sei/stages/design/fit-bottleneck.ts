/** @file A bottleneck that is fitted at a cut: the cut's tensor of training samples, and what explains most of it. */
import { fitLinear, planAt, type Bottleneck } from "@split-et-impera/core/bottleneck";
import type { Inspection } from "@split-et-impera/core/onnx";
import type { PcaOptions } from "@split-et-impera/core/study";
import { float32, sizeOf } from "@split-et-impera/core/tensor";
import type { Samples } from "../../data/index.ts";
import type { Context } from "../context.ts";
import { openForward } from "../forward.ts";
import { parts } from "./lessons.ts";

/** Training samples that are looked at, and bytes of their tensor, at most. */
const mostSamples = 1000;
const mostBytes = 2 ** 29;

export interface FitInput {
  inspection: Inspection;
  train: Samples;
  cut: string;
  options: PcaOptions;
}

/** @throws InputError ERR_BOTTLENECK where there can be none */
export async function fitBottleneck(
  { inspection, train, cut, options }: FitInput,
  { engine, signal, update }: Pick<Context, "engine" | "signal" | "update">,
): Promise<Bottleneck> {
  const plan = planAt(inspection, cut, options);
  const size = sizeOf(plan.shape);
  const count = Math.max(1, Math.min(mostSamples, train.count, Math.floor(mostBytes / (4 * size))));
  const seen = float32([count, ...plan.shape], new Float32Array(count * size));
  await using forward = await openForward(engine, inspection.model, inspection, [cut]);
  for (const part of parts(count, train.atOnce)) {
    signal.throwIfAborted();
    const found = await forward.run(train.feeds(part));
    seen.data.set(found[cut]!.data as Float32Array, part[0]! * size);
    update(`features of ${part.at(-1)! + 1} of ${count} samples`);
  }
  return { tensor: cut, plan, parameters: fitLinear(plan, seen), history: { frozen: [], joint: [] } };
}
