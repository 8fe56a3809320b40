/** @file Whether saliency can propose cuts: the model has maps, and everything behind them has a gradient. */
import { InputError } from "@split-et-impera/core/errors";
import type { Inspection } from "@split-et-impera/core/onnx";
import { aimOf, buildSaliencyGraph, pointsTowards, type Aim } from "@split-et-impera/core/saliency";
import type { Study } from "@split-et-impera/core/study";
import type { Exam } from "../answers/index.ts";
import { engine } from "@split-et-impera/ort";

/** What is to be said where the study leaves the cuts to saliency and the model has none. */
export async function saliencyNotes(
  { explore }: Study,
  inspection: Inspection,
  { task, truth }: Exam,
  agrees: boolean,
): Promise<string[]> {
  const { scenarios, candidates, saliency } = explore;
  if (!scenarios.includes("SC") || candidates.from !== "saliency") return [];
  // Where the model's answers are the truth, they are what is followed back.
  const aim = aimOf(task, inspection, agrees ? "predicted" : saliency.target, agrees ? undefined : truth(0));
  try {
    checkStateless(inspection);
    await buildSaliencyGraph(engine, inspection, aim, pointKinds(inspection, aim));
    return [];
  } catch (error) {
    return [withoutSaliency(error)];
  }
}

/** @throws InputError ERR_SALIENCY where the model carries state: a gradient of one step says little of a stream */
export function checkStateless({ state }: Inspection): void {
  if (state.length > 0)
    throw new InputError("ERR_SALIENCY", "the model carries state from step to step, and Grad-CAM looks at one");
}

/** Tokens are points where there are no maps. */
export const pointKinds = (inspection: Inspection, { binding }: Aim): { tokens: boolean } => ({
  tokens: pointsTowards(inspection, binding.decides).maps.length === 0,
});

/** What is wrong with data or numbers is wrong without saliency too. */
const others: ReadonlySet<string> = new Set(["ERR_NOT_FINITE", "ERR_CLASS_UNKNOWN", "ERR_DATA_EMPTY"]);

/** What saliency cannot do is no end of a study: it is said, and cuts are found by their costs. Throws what is anything else. */
export function withoutSaliency(error: unknown): string {
  if (!(error instanceof InputError) || others.has(error.code)) throw error;
  return `no saliency: ${error.message}; the split is the best of all cuts by bytes and times, and explore.candidates can name others`;
}
