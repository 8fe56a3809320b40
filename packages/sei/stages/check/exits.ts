/** @file Whether a study's early exits can be made: of its task, at its tensors, with its samples. */
import { fewestTrials, planExit, type ExitPlan, type ExitScores } from "@split-et-impera/core/exits";
import { InputError } from "@split-et-impera/core/errors";
import { batchAxis, type Inspection } from "@split-et-impera/core/onnx";
import type { Study } from "@split-et-impera/core/study";
import type { ClassBinding } from "@split-et-impera/core/task";
import { formatPercent } from "@split-et-impera/core/units";
import type { Exam } from "../answers/index.ts";
import { cutProblem } from "./candidates.ts";

/** Of the samples to train with, those by which thresholds are found: every third. */
export const heldSamples = (count: number): number => Math.floor(count / 3);

/**
 * What an exit's answers are to be like.
 * @throws InputError `ERR_EXIT` where the task's answers have no confidence: nothing says then when an exit is sure
 */
export function exitScores({ task, binding }: Pick<Exam, "task" | "binding">): ExitScores {
  if (task.compact?.(binding)?.kind !== "class")
    throw new InputError(
      "ERR_EXIT",
      `explore.exits: expected a task with one of several classes as its answer, whose probability says how sure an exit is; got ${task.spec.kind}`,
    );
  const { scores, columns, outputs } = binding as ClassBinding;
  return { output: outputs[0]!, logits: scores, columns };
}

/**
 * Sees before long work that all exits that the study names can be made and judged.
 * @param samples to train with
 * @throws InputError `ERR_EXIT`, `ERR_CUT_UNKNOWN`
 */
export function checkExits(
  { explore: { exits } }: Pick<Study, "explore">,
  inspection: Inspection,
  exam: Pick<Exam, "task" | "binding">,
  samples: number,
): void {
  if (!exits) return;
  const scores = exitScores(exam);
  const said = (exits.at ?? []).flatMap((name) => cutProblem([name], inspection) ?? []);
  if (said.length > 0)
    throw new InputError("ERR_CUT_UNKNOWN", `explore.exits.at: ${said.join("; ")}; \`sei inspect\` lists them`);
  for (const name of exits.at ?? []) planExit(inspection, name, exits.hidden, scores);
  const other = inspection.inputs.find(({ name }) => batchAxis(inspection, name) !== 0);
  if (other)
    throw new InputError(
      "ERR_EXIT",
      `explore.exits: the input "${other.name}" has no batch as its first dimension, which training needs`,
    );
  const [state] = inspection.state;
  if (state)
    throw new InputError(
      "ERR_EXIT",
      `explore.exits: the model carries state from frame to frame ("${state.input}"), which frames that leave early would not pass on`,
    );
  const [held, wanted] = [heldSamples(samples), fewestTrials(exits)];
  if (held < wanted)
    throw new InputError(
      "ERR_EXIT",
      `explore.exits: ${held} of the ${samples} training samples are held back to find thresholds; to be ` +
        `${formatPercent(exits.confidence)} sure that no more than ${formatPercent(exits.loss)} is lost takes ${wanted} at least: expected ` +
        `data.limit.train of ${3 * wanted} or more, a larger loss or less confidence`,
    );
}

/** The plan of an exit at a tensor of one sample's numbers; undefined, with why, where there can be none. */
export function exitAt(
  { explore: { exits } }: Pick<Study, "explore">,
  inspection: Inspection,
  exam: Pick<Exam, "task" | "binding">,
  tensor: string,
): { plan: ExitPlan } | { why: string } {
  try {
    return { plan: planExit(inspection, tensor, exits!.hidden, exitScores(exam)) };
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== "ERR_EXIT") throw error;
    return { why: error.message };
  }
}
