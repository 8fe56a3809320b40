/** @file What a study's model and data say against it, all at once and before work starts. */
import { InputError } from "@split-et-impera/core/errors";
import { inspectModel, type Inspection } from "@split-et-impera/core/onnx";
import type { Study } from "@split-et-impera/core/study";
import { agreement, baselineText, classification, factsOf, type AnyTask } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import { checkNormalise } from "../../data/normalise.ts";
import { forModel, openData, type Dataset } from "../../data/index.ts";
import { readModelFile } from "../../model/index.ts";
import { nearest } from "../../nearest.ts";
import { baselineWarnings, checkFits, chooseImages } from "../answers/index.ts";

export interface Contents {
  /** What stands in the way of a run, each as one line. */
  problems: string[];
  /** What people should know: how pictures are fitted, what is passed over, what is doubtful about the baseline. */
  notes: string[];
}

/** Samples of each split that are opened. */
const opened = 100;

/**
 * Opens a study's model and a few of its data, as `sei design` will, and tells everything that would stop it: types and
 * shapes, channels, classes, outputs, cuts that are not there.
 */
export async function checkContents(study: Study, signal: AbortSignal): Promise<Contents> {
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
  const file = await attempt(() => readModelFile(study.model));
  // Normalisation is looked at apart, so that it hides nothing.
  const limit = { test: Math.min(opened, study.data.limit.test), train: Math.min(opened, study.data.limit.train) };
  const neutral = { ...study.data, normalise: { mean: [], std: [] }, limit };
  const options = file ? forModel(neutral, file.model) : neutral;
  const unlabelled = study.task?.kind === "agreement";
  const test = await attempt(() => openData(options, "test", { unlabelled }));
  const train = await attempt(() => openData(options, "train", { unlabelled }));
  notes.push(...new Set([...(test?.notes ?? []), ...(train?.notes ?? [])]));
  const data = test ?? train;
  const fed = data && (await attempt(() => checkNormalisation(study, data)));
  if (!file) return { problems, notes };
  const proposed = data?.batch([0]).dims.slice(1);
  const inspection = await attempt(() => inspectModel(file.model, engine, proposed ? { proposed } : {}));
  if (!inspection) return { problems, notes };
  await attempt(() => checkCandidates(study, inspection));
  if (!data) return { problems, notes };
  const fits = await attempt(() => (checkFits(data, data.batch([0]).dims, inspection), true));
  const { expect, output } = study.task ?? {};
  const { classes } = data;
  const chosen = output !== undefined && { output };
  const task: Pick<AnyTask, "bind"> = unlabelled
    ? agreement({ kind: "agreement", by: "class", ...chosen })
    : classification({ kind: "classification", classes, ...chosen });
  const binding = await attempt(() => task.bind(factsOf(inspection)));
  notes.push(...(binding?.notes ?? []));
  if (!unlabelled) await attempt(() => chooseImages(data, study.explore.saliency.classes, 1));
  if (study.explore.scenarios.includes("RC") && !data.image)
    problems.push(
      `explore.scenarios: RC sends 8-bit images, but ${data.name} holds other numbers; leave RC out of the list`,
    );
  if (fits && binding && fed && !unlabelled) {
    const normalised = { ...options, normalise: study.data.normalise };
    const warnings = await attempt(async () =>
      baselineWarnings({
        inspection,
        data: await openData(normalised, "test"),
        options: normalised,
        output,
        expect,
        signal,
      }),
    );
    notes.push(...(warnings ?? []).map(baselineText));
  }
  return { problems, notes };
}

function checkNormalisation({ data: { normalise, layout } }: Study, data: Dataset): true {
  const { dims } = data.batch([0]);
  const channels = data.image?.channels ?? (dims.length === 4 ? dims[layout === "NCHW" ? 1 : 3]! : 1);
  checkNormalise(normalise, channels);
  return true;
}

/** Throws where a cut that the study names is none. */
function checkCandidates({ explore: { candidates } }: Study, { cuts }: Inspection): void {
  if (candidates.from !== "names") return;
  const legal = cuts.map(({ tensors: [name] }) => name!);
  const unknown = candidates.names.filter((name) => !legal.includes(name));
  if (unknown.length === 0) return;
  const named = unknown.map((name) => `"${name}" is no legal cut${nearest(name, legal)}`);
  throw new InputError("ERR_CUT_UNKNOWN", `explore.candidates: ${named.join("; ")}; \`sei inspect\` lists them`);
}
