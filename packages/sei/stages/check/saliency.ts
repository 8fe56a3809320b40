/** @file Whether saliency can propose cuts: the model has maps, and everything behind them has a gradient. */
import { InputError } from "@split-et-impera/core/errors";
import type { Inspection } from "@split-et-impera/core/onnx";
import { buildSaliencyGraph, classAim } from "@split-et-impera/core/saliency";
import type { Study } from "@split-et-impera/core/study";
import { engine } from "@split-et-impera/ort";

/** Throws where the study leaves the cuts to saliency and the model has none, with the way out. */
export async function checkSaliency(
  { explore, task }: Study,
  inspection: Inspection,
  classes: readonly string[],
): Promise<void> {
  const { scenarios, candidates, saliency } = explore;
  if (!scenarios.includes("SC") || candidates.from !== "saliency") return;
  const aim = classAim(inspection, classes, saliency.target, task?.output);
  await buildSaliencyGraph(engine, inspection, aim).catch((error: unknown) => {
    throw withoutSaliency(error);
  });
}

/** What saliency cannot do is no end of a study: its cuts can be named. */
export function withoutSaliency(error: unknown): unknown {
  if (!(error instanceof InputError)) return error;
  const message = `no saliency: ${error.message}; name the cuts in explore.candidates, or leave SC out of explore.scenarios`;
  return new InputError(error.code, message, { cause: error });
}
