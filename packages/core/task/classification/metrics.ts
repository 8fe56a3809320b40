/** @file How good answered classes are: the first right, the right one among the first five, by class, by ranking. */
import { meanMetric, type Metric, type MetricWords } from "../metric.ts";
import { auroc, aurocWords, macroF1, macroF1Words, type ScoredLabels } from "../multilabel/metrics.ts";

/** A class that was answered, judged. */
export interface ClassEvidence {
  /** The class that holds. */
  label: number;
  /** The one that was answered; absent where none was. */
  said?: number;
  /** How many classes have higher scores than the one that holds; absent where the answered class alone is known. */
  rank?: number;
  /** By class, where they are wanted. */
  scores?: readonly number[];
}

const accuracy: MetricWords = {
  name: "accuracy",
  means: "share of images whose first class is right",
  better: "more",
  unit: "share",
};

/** Classes among which the right one may be. */
const first = 5;
const topWords: MetricWords = {
  name: `top-${first}`,
  means: `share of images whose class is among the ${first} with the highest scores (more than ${first} classes)`,
  better: "more",
  unit: "share",
};

/** Nothing is among the first where nothing was answered; NaN where only another class is known to have been. */
function amongFirst({ label, said, rank }: ClassEvidence): number {
  if (said === undefined) return 0;
  if (said === label) return 1;
  return rank === undefined ? Number.NaN : Number(rank < first);
}

const labelsOf = ({ label, said, scores }: ClassEvidence): ScoredLabels => ({
  answered: said === undefined ? [] : [said],
  labels: [label],
  scores,
});

const area = auroc({ ...aurocWords, means: `${aurocWords.means} (with \`details\`)` }, labelsOf);

/** The row's, in its order. */
export const classMetrics: readonly Metric<ClassEvidence>[] = [
  meanMetric(accuracy, ({ label, said }: ClassEvidence) => Number(said === label)),
  meanMetric(topWords, amongFirst),
  macroF1(macroF1Words, labelsOf),
  {
    ...area,
    over: (evidence) => (Array.from(evidence).some(scoreless) ? () => Number.NaN : area.over(evidence)),
  },
];

const scoreless = ({ said, scores }: ClassEvidence): boolean => said !== undefined && scores === undefined;

/** Those that tell something of so many classes. */
export const metricsFor = (classes: number, details: boolean): readonly Metric<ClassEvidence>[] =>
  classMetrics.filter(
    ({ name }) => (name !== topWords.name || classes > first) && (name !== aurocWords.name || details),
  );
