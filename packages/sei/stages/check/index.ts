/** @file What a study's model and data say against it, all at once and before work starts. */
import { InputError } from "@split-et-impera/core/errors";
import type { RemoteInput, Study } from "@split-et-impera/core/study";
import { baselineText, judgedByModel } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import { checkNormalise } from "../../data/normalise.ts";
import { forModel, openData, remoteInputs, samplesFor, withShapesOf, type Dataset } from "../../data/index.ts";
import { readStudyModel } from "../../model/index.ts";
import { baselineWarnings, checkExpected, saliencyImages, chooseTask, examOf, inWordsOf } from "../answers/index.ts";
import { checkBatches } from "./batches.ts";
import { checkCandidates } from "./candidates.ts";
import { checkExits } from "./exits.ts";
import { inspectAny } from "./inspect.ts";
import { saliencyNotes } from "./saliency.ts";
import { staysOf } from "./stays.ts";
import { streamNotes } from "./stream.ts";

export { checkBatches } from "./batches.ts";
export {
  checkCandidates,
  cutProblem,
  cutAt,
  inModelOrder,
  isUsable,
  namedCuts,
  unfitReason,
  usableSeveral,
} from "./candidates.ts";
export { checkExits, exitAt, heldSamples } from "./exits.ts";
export { inspectAny } from "./inspect.ts";
export { checkStateless, pointKinds, withoutSaliency } from "./saliency.ts";
export { checkKept, keepsTo, staysOf, type MayRun } from "./stays.ts";
export { streamNotes } from "./stream.ts";

export interface Contents {
  /** What stands in the way of a run, each as one line. */
  problems: string[];
  /** What people should know: how pictures are fitted, what is passed over, what is doubtful about the baseline. */
  notes: string[];
  /** What RC will send, where the data could be opened. */
  inputs?: RemoteInput[];
  /** What mean and std are applied to, where the data could be opened. */
  numbers?: "pixels" | "values" | "none";
}

/** Samples of each split that are opened. */
const opened = 100;

/**
 * Opens a study's model and a few of its data, as `sei design` will, and tells everything that would stop it: types and
 * shapes, channels, classes, outputs, cuts that are not there.
 *
 * @param baseline whether the whole model's answers are looked at too, for notes
 */
export async function checkContents(study: Study, signal: AbortSignal, baseline = true): Promise<Contents> {
  const problems: string[] = [];
  const notes: string[] = [];
  /** Runs a check; a mistake of the user's is a problem, and the next check is done all the same. */
  const attempt = async <R>(work: () => R | Promise<R>): Promise<R | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (!problems.includes(error.message)) problems.push(error.message);
      return undefined;
    }
  };
  const file = await attempt(() => readStudyModel(study));
  // Normalisation is looked at apart, so that it hides nothing.
  const limit = { test: Math.min(opened, study.data.limit.test), train: Math.min(opened, study.data.limit.train) };
  const neutral = { ...study.data, normalise: { mean: [], std: [] }, limit };
  const options = file ? forModel(neutral, file.model, file.inputs) : neutral;
  const unlabelled = judgedByModel(study.task?.kind ?? "agreement");
  const test = await attempt(() => openData(options, "test", { unlabelled }));
  const train = await attempt(() => openData(options, "train", { unlabelled }));
  notes.push(...new Set([...(test?.notes ?? []), ...(train?.notes ?? [])]));
  const data = test ?? train;
  const fed = data && (await attempt(() => checkNormalisation(study, data)));
  if (!file) return { problems, notes };
  const inspection = await attempt(() =>
    inspectAny(file.model, engine, data ? withShapesOf(data, file.model, file.inputs) : file.inputs),
  );
  if (!inspection) return { problems, notes };
  notes.push(...inspection.troubles.map(({ message }) => message));
  await attempt(() => staysOf(study, inspection));
  if (study.explore.scenarios.includes("SC")) await attempt(() => checkCandidates(study, inspection));
  if (!data) return { problems, notes };
  const fits = await attempt(() => samplesFor(data, inspection, options));
  notes.push(...(fits?.notes.filter((note) => !notes.includes(note)) ?? []));
  if (fits) await attempt(() => checkBatches(study, fits));
  if (fits) notes.push(...((await attempt(() => streamNotes(study, fits))) ?? []));
  const { task, notes: taken } = chooseTask(study.task, data, file.model);
  notes.push(...taken);
  const exam = await attempt(() => examOf(task, inspection, data));
  notes.push(...(exam?.binding.notes ?? []));
  await attempt(() => inWordsOf(task, study));
  const agrees = judgedByModel(task.spec.kind);
  const truths = exam && !agrees && (await attempt(() => (exam.truth(0), true)));
  const without = exam && fits && (await attempt(() => saliencyNotes(study, inspection, exam, agrees)));
  notes.push(...(without || []));
  if (data.classes.length > 0 && !agrees) await attempt(() => saliencyImages(data, study.explore.saliency));
  const samples = train?.count === opened ? study.data.limit.train : (train?.count ?? study.data.limit.train);
  if (exam) await attempt(() => checkExits(study, inspection, exam, samples));
  const inputs = await attempt(() => remoteInputs(study.explore, data, inspection));
  if (baseline && fits && truths && fed) {
    const normalised = { ...options, normalise: study.data.normalise };
    const warnings = await attempt(async () => {
      const fedAsTold = samplesFor(await openData(normalised, "test"), inspection, normalised);
      const { expect } = study.task ?? {};
      const examined = examOf(task, inspection, fedAsTold);
      return baselineWarnings({
        engine,
        inspection,
        data: fedAsTold,
        exam: examined,
        options: normalised,
        expect,
        signal,
      });
    });
    // A known quality that is not reached ends a run; all else is to be known.
    const reached = await attempt(() => (checkExpected(warnings ?? []), true));
    if (reached) notes.push(...(warnings ?? []).map(baselineText));
  }
  return { problems, notes, ...(inputs && { inputs }), numbers: numbersOf(data) };
}

const numbersOf = (data: Dataset): Contents["numbers"] => (data.empty ? "none" : data.image ? "pixels" : "values");

function checkNormalisation({ data: { normalise, layout } }: Study, data: Dataset): true {
  if (data.empty) return true;
  const { dims } = data.batch([0]);
  const channels = data.image?.channels ?? (dims.length === 4 ? dims[layout === "NCHW" ? 1 : 3]! : 1);
  checkNormalise(normalise, channels);
  return true;
}

/**
 * What stood in the way of a run, with everything else that would: found one at a time, mistakes cost a run each.
 *
 * @returns the error itself where it is alone
 */
export async function allAgainst(error: InputError, study: Study, signal: AbortSignal): Promise<InputError> {
  const { problems } = await checkContents(study, signal, false);
  const all = problems.includes(error.message) ? problems : [error.message, ...problems];
  if (all.length === 1) return error;
  return new InputError("ERR_STUDY", [`${all.length} problems with model and data`, ...all].join("\n"), {
    cause: error,
  });
}
