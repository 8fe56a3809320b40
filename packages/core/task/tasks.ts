/** @file The table of tasks: a file and a row each. The study's `task` and its documentation are made from it. */
import { isSizedByValues, withoutState, type Survey } from "../onnx/index.ts";
import { activityRow, type ActivitySpec } from "./activity/activity.ts";
import { agreementRow, type AgreementSpec } from "./agreement.ts";
import { classificationRow, type ClassificationSpec } from "./classification/classification.ts";
import { detectionRow, type DetectionSpec } from "./detection/index.ts";
import { embeddingRow, type EmbeddingSpec } from "./embedding/embedding.ts";
import { keypointsRow, type KeypointsSpec } from "./keypoints/index.ts";
import { multilabelRow, type MultilabelSpec } from "./multilabel/multilabel.ts";
import { regressionRow, type RegressionSpec } from "./regression/regression.ts";
import { segmentationRow, type SegmentationSpec } from "./segmentation/index.ts";
import { sequenceRow, type SequenceSpec } from "./sequence/sequence.ts";
import { tokensRow, type TokensSpec } from "./sequence/tokens.ts";
import type { MetricWords } from "./metric.ts";
import type { ModelFacts, Task, TaskRow } from "./task.ts";

/** By the word that a study uses. */
export const tasks = {
  classification: classificationRow,
  detection: detectionRow,
  segmentation: segmentationRow,
  keypoints: keypointsRow,
  multilabel: multilabelRow,
  sequence: sequenceRow,
  tokens: tokensRow,
  regression: regressionRow,
  embedding: embeddingRow,
  activity: activityRow,
  agreement: agreementRow,
} as const;

export type TaskKind = keyof typeof tasks;
export type TaskSpec =
  | ClassificationSpec
  | DetectionSpec
  | SegmentationSpec
  | KeypointsSpec
  | MultilabelSpec
  | SequenceSpec
  | TokensSpec
  | RegressionSpec
  | EmbeddingSpec
  | ActivitySpec
  | AgreementSpec;

/** In the table's order. */
export const taskKinds = Object.keys(tasks) as [TaskKind, ...TaskKind[]];

/** One answer judged, of a task of any kind: plain data. */
export type Evidence = number | object;

/** A task of any kind: truths, answers and evidence are its own affair. */
export type AnyTask = Task<unknown, unknown, Evidence>;
type AnyRow = TaskRow<TaskSpec, unknown, unknown, Evidence>;

/** Of all metrics of all tasks, by name, what they are alike in wherever several tasks have one of a name. */
export const taskMetrics: ReadonlyMap<string, Pick<MetricWords, "better" | "unit">> = new Map(
  taskKinds.flatMap((kind) => {
    const metrics: readonly MetricWords[] = tasks[kind].metrics;
    return metrics.map(({ name, better, unit }) => [name, { better, unit }] as const);
  }),
);

/** The row of a task's kind, or of an opened task, whose specification is one of the table's. */
const rowOf = (kind: string): Pick<AnyRow, "truth" | "steady"> => tasks[kind as TaskKind];

/** Whether the unchanged model's answers are the truth that answers are judged by: data then need to say nothing. */
export const judgedByModel = (kind: string): boolean => rowOf(kind).truth === "model";

/** Whether truths of such a task stay true of a picture that is mirrored or shifted. */
export const isSteady = (kind: string): boolean => rowOf(kind).steady === true;

/** The task of a specification. */
export function openTask(spec: TaskSpec): AnyTask {
  const { open } = tasks[spec.kind] as { open(spec: TaskSpec): AnyTask };
  return open(spec);
}

/** An inspected model as a task sees it: a free batch was run with `batch.size` images. */
export function factsOf({
  index,
  seen,
  batch,
  declared,
  sizes,
  state = [],
}: Pick<ModelFacts, "index" | "seen"> & { batch?: { size: number } } & Partial<
    Pick<Survey, "declared" | "sizes" | "state">
  >): ModelFacts {
  const varying = declared && sizes ? index.outputs.filter((name) => isSizedByValues({ declared, sizes }, name)) : [];
  // State that is made is no answer.
  const answers = { ...index, outputs: withoutState(index, state).outputs };
  return {
    index: state.length > 0 ? answers : index,
    seen,
    rows: batch?.size ?? 1,
    ...(varying.length > 0 && { varying: new Set(varying) }),
  };
}
