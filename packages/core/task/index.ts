/** @file Tasks: what a model is for, how its answers are judged, and the metric over a set. */
export {
  agreement,
  mostOutputs,
  type AgreementAnswer,
  type AgreementBinding,
  type AgreementSpec,
} from "./agreement.ts";
export {
  classification,
  type ClassAnswer,
  type ClassBinding,
  type ClassificationSpec,
} from "./classification/classification.ts";
export {
  detection,
  layoutNames,
  layouts,
  type Detection,
  type DetectionBinding,
  type DetectionSpec,
  type LayoutName,
  type Matches,
  type Thing,
} from "./detection/index.ts";
export {
  polygonPixels,
  runPixels,
  segmentation,
  usualRegions,
  type ClassMap,
  type MapForm,
  type RegionRules,
  type SegmentationBinding,
  type SegmentationSpec,
  type SegmentEvidence,
  type Segments,
} from "./segmentation/index.ts";
export {
  formNames,
  forms,
  keypoints,
  type Figure,
  type FormName,
  type KeypointsBinding,
  type KeypointsEvidence,
  type KeypointsSpec,
  type PckRules,
  type TrueFigure,
} from "./keypoints/index.ts";
export {
  lacking,
  voidClass,
  type Annotation,
  type ClassMask,
  type ObjectAnnotation,
  type RunLengths,
} from "./annotation.ts";
export { meanMetric, ratioMetric, type Metric, type MetricWords } from "./metric.ts";
export {
  dropsOf,
  judges,
  pairedOf,
  pairedOfScores,
  pairedScores,
  qualitiesOf,
  qualityOf,
  type Judged,
  type Quality,
} from "./quality.ts";
export { areProbabilities, scoresBy } from "./outputs.ts";
export type { Binding, CompactAnswer, Learning, ModelFacts, Target, Task, TaskRow } from "./task.ts";
export {
  factsOf,
  isSteady,
  judgedByModel,
  openTask,
  taskKinds,
  tasks,
  taskMetrics,
  type AnyTask,
  type Evidence,
  type TaskKind,
  type TaskSpec,
} from "./tasks.ts";
export type { ClassEvidence } from "./classification/metrics.ts";
export { baselineText } from "./baseline-text.ts";
export { chanceOf, doubtBaseline, type BaselineOptions, type BaselineWarning } from "./baseline.ts";
export {
  channelScale,
  refeed,
  usualNormalisations,
  variantsOf,
  type Feeding,
  type Normalisation,
  type Variant,
} from "./variants.ts";
export { activityMetrics, type FramesEvidence } from "./activity/metrics.ts";
export { axesOf, walkOf, type Axes, type Walk } from "./sequence/axes.ts";
export { bestPath, classCharacters, collapse } from "./sequence/ctc.ts";
export { judgeText, textMetrics, textMetricsFor, type TextEvidence } from "./sequence/text.ts";
export { sequence, type SequenceBinding, type SequenceSpec } from "./sequence/sequence.ts";
export { ignored } from "./sequence/learning.ts";
export { tokens, type Tokens, type TokensAnswer, type TokensEvidence, type TokensSpec } from "./sequence/tokens.ts";
export { multilabel, type Labels, type LabelsAnswer, type MultilabelSpec } from "./multilabel/multilabel.ts";
export {
  auroc,
  aurocWords,
  macroF1,
  macroF1Words,
  mapWords,
  meanAveragePrecision,
  type ScoredLabels,
} from "./multilabel/metrics.ts";
export { regression, type NumbersBinding, type RegressionSpec } from "./regression/regression.ts";
export type { NumbersEvidence } from "./regression/metrics.ts";
export { embedding, type EmbeddingSpec } from "./embedding/embedding.ts";
export { activity, type ActivitySpec, type Frames, type FramesAnswer } from "./activity/activity.ts";
