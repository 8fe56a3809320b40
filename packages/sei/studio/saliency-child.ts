/** @file A process that answers one question about saliency: ONNX Runtime and its memory end with it. */
import { InputError } from "@split-et-impera/core/errors";
import type { SaliencyQuestion, Told } from "@split-et-impera/studio";
import { contextOf } from "../stages/default-context.ts";
import { mapAt, openSubject, saliencyStage } from "../stages/design/index.ts";
import { runStage } from "../stages/run-stage.ts";
import { openStore } from "../store/index.ts";
import { readStudy } from "../study/index.ts";

export interface SaliencyOrder {
  file: string;
  question: SaliencyQuestion;
  cache?: string;
}

const tell = (line: Told<unknown>): Promise<void> =>
  new Promise((resolve) => void process.send!(line, undefined, {}, () => resolve()));

// Whoever asked has gone: nobody waits for the answer.
process.on("disconnect", () => process.exit());

process.once("message", async ({ file, question, cache }: SaliencyOrder) => {
  try {
    const store = openStore(cache);
    const context = contextOf({ store, update: (says) => void tell({ says }) });
    const study = await readStudy(file);
    if ("classes" in question)
      study.explore.saliency = { ...study.explore.saliency, classes: [...question.classes].toSorted() };
    await tell({ says: "opening model and data" });
    const subject = await openSubject(study, context);
    const value =
      "classes" in question
        ? (await runStage(saliencyStage, subject, context)).value
        : await mapAt(subject, question.image, question.layer, context);
    await tell({ value });
  } catch (error) {
    const known = error instanceof InputError;
    if (!known) console.error(error);
    await tell({ error: known ? error.message : "The server failed; its terminal says why." });
  }
  process.exit();
});
