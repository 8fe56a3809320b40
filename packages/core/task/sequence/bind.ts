/** @file Which output holds scores of classes per step, and how they lie. */
import { areNumbers, logitsBefore, possibleOutputs, softmaxes } from "../outputs.ts";
import type { ModelFacts } from "../task.ts";
import { axesOf, type Axes } from "./axes.ts";

/** How scores per step are read. */
export interface StepScores {
  output: string;
  /** How they lie in the output. */
  axes: Axes;
  classes: number;
  /** The output, or the logits before its softmax, where saliency begins; and how they lie there. */
  scores: string;
  scoreAxes: Axes;
  /** Whether these are probabilities and not logits: all between 0 and 1. */
  probabilities: boolean;
}

/** The first output with one of these numbers of classes, those that have them last before others. Undefined where none has. */
export function stepScores(
  facts: ModelFacts,
  sizes: readonly number[],
  output: string | undefined,
): StepScores | undefined {
  const found = possibleOutputs(facts, output).flatMap(({ name }) => {
    const { type, dims } = facts.seen.get(name)!;
    if (!areNumbers(type)) return [];
    return sizes.flatMap((classes) => {
      const axes = axesOf(dims, facts.rows, classes);
      return axes ? [{ name, classes, axes, last: axes.class === dims.length - 1 }] : [];
    });
  });
  const chosen = found.find(({ last }) => last) ?? found[0];
  if (!chosen) return undefined;
  const { name, classes, axes } = chosen;
  const before = logitsBefore(facts, name, softmaxes).name;
  const scoreAxes = axesOf(facts.seen.get(before)!.dims, facts.rows, classes);
  const scores = scoreAxes ? before : name;
  const { min, max } = facts.seen.get(scores)!;
  return { output: name, axes, classes, scores, scoreAxes: scoreAxes ?? axes, probabilities: min >= 0 && max <= 1 };
}
