/** @file Sequences: text read from scores per step, with connectionist temporal classification's blank. */
import { InputError } from "../../errors/index.ts";
import { lacking } from "../annotation.ts";
import { finiteNumbers, listOutputs } from "../outputs.ts";
import type { Binding, Task, TaskRow } from "../task.ts";
import { stepScores, type StepScores } from "./bind.ts";
import { bestPath, classCharacters, collapse } from "./ctc.ts";
import { stepTarget } from "./learning.ts";
import { judgeText, textMetrics, textMetricsFor, type TextEvidence } from "./text.ts";
import { walkOf } from "./axes.ts";

export interface SequenceSpec {
  kind: "sequence";
  /** The characters of the classes in the model's order, without the blank. */
  alphabet: readonly string[];
  /** The blank's class; -1 for the last. Default 0. */
  blank?: number;
  /** Whether a space comes behind the alphabet. Default: where the model has a class more than blank and alphabet. */
  space?: boolean;
  /** Whether spaces are no part of the texts. Default: they are. */
  ignoreSpaces?: boolean;
  /** Which output holds the scores. Default: the first that has one per class. */
  output?: string;
}

export interface SequenceBinding extends Binding, StepScores {}

/** The task. Truths and answers are texts; evidence counts edits. */
export function sequence(spec: SequenceSpec): Task<string, string, TextEvidence, SequenceBinding> {
  const { alphabet, space, output } = spec;
  if (!alphabet) {
    const expected = "expected the characters of the model's classes, in its order";
    throw new InputError("ERR_STUDY", `task.alphabet: ${expected}, as the task sequence needs them, got none`);
  }
  const plain = alphabet.length + 1;
  return {
    spec,
    metrics: textMetricsFor(spec),
    bind(facts) {
      const sizes = space === undefined ? [plain, plain + 1] : [plain + Number(space)];
      const found = stepScores(facts, sizes, output);
      if (!found) {
        const withSpace = space === undefined ? ` (${plain + 1} with a space)` : "";
        throw new InputError(
          "ERR_TASK_OUTPUT",
          `expected scores [batch, steps, ${sizes[0]}] for the blank and the ${alphabet.length} characters of the ` +
            `alphabet${space ? ` and a space` : withSpace}, got ${listOutputs(facts)}`,
        );
      }
      const notes =
        space === undefined && found.classes > plain
          ? ["the last class is taken for a space, which the alphabet lacks"]
          : [];
      return { outputs: [found.output], decides: [found.scores], notes, ...found };
    },
    answers({ output: name, axes, classes }, outputs) {
      const { [name]: scores } = outputs;
      const values = finiteNumbers(scores!, name);
      const walk = walkOf(scores!.dims, axes);
      const blank = spec.blank === -1 ? classes - 1 : (spec.blank ?? 0);
      const characters = classCharacters(alphabet, blank, classes > plain);
      return Array.from({ length: walk.samples }, (_, sample) =>
        collapse(bestPath(values, walk, sample), blank)
          .map((label) => characters[label]!)
          .join(""),
      );
    },
    truth: ({ text }) => text ?? lacking("a text", "sequence"),
    judge: (answer, truth) => judgeText(answer, truth, spec),
    target: (g, binding) => [stepTarget(g, binding)],
  };
}

export const sequenceRow: TaskRow<SequenceSpec, string, string, TextEvidence, SequenceBinding> = {
  means:
    "text read from scores per step (CTC: the likeliest class of every step, repeats merged, blanks dropped); its quality " +
    "is the share of texts without fault",
  metrics: textMetrics,
  classes: false,
  truth: "labels",
  open: sequence,
};
