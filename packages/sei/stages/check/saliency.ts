/** @file Whether saliency can propose cuts: the model has maps, and everything behind them has a gradient. */
import { InputError } from "@split-et-impera/core/errors";
import type { Inspection } from "@split-et-impera/core/onnx";
import { aimOf, buildSaliencyGraph } from "@split-et-impera/core/saliency";
import type { Study } from "@split-et-impera/core/study";
import type { Exam } from "../answers/index.ts";
import { engine } from "@split-et-impera/ort";

/** Throws where the study leaves the cuts to saliency and the model has none, with the way out. */
export async function checkSaliency(
  { explore }: Study,
  inspection: Inspection,
  { task, truth }: Exam,
  agrees: boolean,
): Promise<void> {
  const { scenarios, candidates, saliency } = explore;
  if (!scenarios.includes("SC") || candidates.from !== "saliency") return;
  // Where the model's answers are the truth, they are what is followed back.
  const aim = aimOf(task, inspection, agrees ? "predicted" : saliency.target, agrees ? undefined : truth(0));
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
