/** @file Embeddings: vectors, judged by whether alike things lie near each other, or by the vectors they should be. */
import { InputError } from "../../errors/index.ts";
import { lacking } from "../annotation.ts";
import { ratioMetric, type Metric } from "../metric.ts";
import { rowOutput, rowsOf } from "../outputs.ts";
import type { NumbersBinding } from "../regression/regression.ts";
import type { Task, TaskRow } from "../task.ts";
import { recallAt, type LabelledVector } from "./recall.ts";

export interface EmbeddingSpec {
  kind: "embedding";
  /** What the data say of a sample: its label, or the vector that it should have. Default: label. */
  by?: "label" | "vector";
  /** Which output holds the vectors. Default: the first that is a row of numbers per sample. */
  output?: string;
}

export interface EmbeddingTruth {
  label?: number;
  vector?: readonly number[];
}

export interface EmbeddingAnswer {
  vector: readonly number[];
}

/** A vector with its label, or its cosine to the one that it should be. */
export type EmbeddingEvidence = Partial<LabelledVector> & { cosine?: number };

const cosine: Metric<EmbeddingEvidence> = ratioMetric(
  {
    name: "cosine",
    means: "mean cosine of the angle between the vectors and those that they should be; 0 where there is none",
    better: "more",
    unit: "number",
  },
  (evidence) => [evidence.cosine ?? Number.NaN, 1],
);
const recalls = [1, 5, 10].map(recallAt) as readonly Metric<EmbeddingEvidence>[];

/** The task. */
export function embedding(
  spec: EmbeddingSpec,
): Task<EmbeddingTruth, EmbeddingAnswer, EmbeddingEvidence, NumbersBinding> {
  const { by = "label", output } = spec;
  return {
    spec,
    metrics: by === "label" ? recalls : [cosine],
    bind(facts) {
      const { name, columns } = rowOutput(facts, output, {
        least: 2,
        expected: "a vector for every sample, [batch, n]",
      });
      return { outputs: [name], decides: [name], notes: [], columns };
    },
    answers: ({ outputs: [name], columns }, outputs) => rowsOf(outputs, name!, columns).map((vector) => ({ vector })),
    truth: ({ label, values }) =>
      by === "label"
        ? { label: label ?? lacking("a label", "embedding") }
        : { vector: values ?? lacking("a vector", "embedding by vector") },
    compact: ({ columns }) => ({ kind: "values", columns, says: (vector) => ({ vector }) }),
    judge(answer, { label, vector }) {
      if (by === "label") return { ...(answer && { vector: answer.vector }), ...(label !== undefined && { label }) };
      return { cosine: answer && vector ? cosineOf(answer.vector, vector) : 0 };
    },
    // y is half the squared length, so that each number counts as much as it is large.
    target: (g, { decides: [name] }) => [{ tensor: name!, seed: g.op("Identity", [name!]) }],
  };
}

function cosineOf(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length)
    throw new InputError("ERR_TASK_TRUTH", `expected vectors of ${a.length} numbers, as the model's, got ${b.length}`);
  let [both, own, other] = [0, 0, 0];
  a.forEach((x, k) => {
    both += x * b[k]!;
    own += x * x;
    other += b[k]! * b[k]!;
  });
  return own === 0 || other === 0 ? 0 : both / Math.sqrt(own * other);
}

export const embeddingRow: TaskRow<EmbeddingSpec, EmbeddingTruth, EmbeddingAnswer, EmbeddingEvidence, NumbersBinding> =
  {
    means:
      "vectors; their quality is the share of samples whose nearest other has the same label, or the mean cosine to the " +
      "vectors that the data have",
    metrics: [...recalls, cosine],
    classes: false,
    truth: "labels",
    open: embedding,
  };
