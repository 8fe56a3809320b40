/** @file Regression: numbers to be met. */
import { InputError } from "../../errors/index.ts";
import { float32 } from "../../tensor/index.ts";
import { meanSquaredError } from "../../training/index.ts";
import { lacking } from "../annotation.ts";
import { rowOutput, rowsOf } from "../outputs.ts";
import type { Binding, Task, TaskRow } from "../task.ts";
import { regressionMetrics, type NumbersEvidence } from "./metrics.ts";

export interface RegressionSpec {
  kind: "regression";
  /** Which output holds the numbers. Default: the first that is a row of numbers per sample. */
  output?: string;
}

export interface NumbersBinding extends Binding {
  /** Numbers per sample. */
  columns: number;
}

/** The task. Truths and answers are numbers. */
export function regression(
  spec: RegressionSpec,
): Task<readonly number[], readonly number[], NumbersEvidence, NumbersBinding> {
  const { output } = spec;
  return {
    spec,
    metrics: regressionMetrics,
    bind(facts) {
      const expected = "numbers for every sample, [batch], [batch, 1] or [batch, n]";
      const { name, columns } = rowOutput(facts, output, { least: 1, expected });
      return { outputs: [name], decides: [name], notes: [], columns };
    },
    answers: ({ outputs: [name], columns }, outputs) => rowsOf(outputs, name!, columns),
    truth: ({ values }) => values ?? lacking("numbers", "regression"),
    compact: ({ columns }) => ({ kind: "values", columns, says: (values) => values }),
    judge(answer, truth) {
      if (!answer) return { truth };
      if (answer.length === truth.length) return { answer, truth };
      throw new InputError(
        "ERR_TASK_TRUTH",
        `expected ${answer.length} numbers of every sample, as the model's output has, got ${truth.length}`,
      );
    },
    // y is the sum of the numbers.
    target: (g, { decides: [name] }) => [{ tensor: name!, seed: g.op("Add", [g.zerosLike(name!), g.scalar(1)]) }],
    learn: {
      truths: (truths) => float32([truths.length, truths[0]?.length ?? 0], truths.flat()),
      loss(g, { decides: [name], columns }, truth) {
        const loss = meanSquaredError(g, g.reshape(name!, [-1, columns]), truth, 2);
        return { loss, metrics: {} };
      },
    },
  };
}

export const regressionRow: TaskRow<
  RegressionSpec,
  readonly number[],
  readonly number[],
  NumbersEvidence,
  NumbersBinding
> = {
  means: "numbers to be met; its quality is the root of the mean squared error",
  metrics: regressionMetrics,
  classes: false,
  truth: "labels",
  open: regression,
};
