/** @file The metric that designs are ranked by, as people read it: its word, and its numbers. */
import { mainMetric, qualityOf, type Result } from "@split-et-impera/core/design";
import { metricRule, moreIsBetter, type Metric } from "@split-et-impera/core/study";
import { formatPercent } from "@split-et-impera/core/units";
import type { Estimate } from "@split-et-impera/core/statistics";
import { interval, percent, plusMinus } from "./format.ts";

export interface QualityWords {
  /** In a sentence: `accuracy`, `AP50`. */
  word: string;
  /** At its beginning. */
  Word: string;
  /** What an answer is: a `class`, or an `answer` of another kind. */
  answer: string;
  /** Whether it is a share, in per cent. */
  share: boolean;
  /** Whether more of it is better. */
  more: boolean;
  show(value: number): string;
  /** On an axis. */
  tick(value: number): string;
  /** `± 0.6`, half the interval: percentage points of a share. */
  give(estimate: Estimate): string;
  /** With its interval spelt out. */
  full(estimate: Estimate): string;
}

/** Of the task's first metric. */
export function qualityWords({ whole }: Pick<Result, "whole">): QualityWords {
  const metric = mainMetric(whole.quality);
  const { format } = metricRule(metric);
  const share = format === formatPercent;
  const word = metricWord(metric);
  const show = share ? (value: number): string => percent(value) : (value: number): string => format(value, 3);
  return {
    word,
    Word: word[0]!.toUpperCase() + word.slice(1),
    answer: metric === "accuracy" ? "class" : "answer",
    share,
    more: moreIsBetter(metric),
    show,
    tick: share ? (value) => percent(value, 0) : show,
    give: share ? plusMinus : ({ lo, hi }) => `±${format((hi - lo) / 2, 2)}`,
    full: (estimate) => interval(estimate, show),
  };
}

/** The unchanged model by the task's first metric. */
export function mainEstimate({ whole }: Pick<Result, "whole">): { metric: string; whole: Estimate } {
  return { metric: mainMetric(whole.quality), whole: qualityOf(whole.quality) };
}

/** A metric in a sentence: `accuracy`, `AP50`, `AP50-drop`. */
export function metricWord(metric: Metric): string {
  const [, name = metric, drop = ""] = /^(.*?)(-drop)?$/.exec(metric) ?? [];
  const word = acronyms[name] ?? name;
  return drop === "" ? word : word.includes(" ") ? `${word} drop` : `${word}${drop}`;
}

/** What a sample is called: an `image`, a `window` of sound, a `sample` of anything else. */
export function sampleNoun({ study, model }: Pick<Result, "study" | "model">): string {
  if (study.data.format === "audio") return "window";
  return model.input.shape.length >= 3 ? "image" : "sample";
}

const acronyms: Readonly<Record<string, string>> = {
  ap: "AP",
  ap50: "AP50",
  ap75: "AP75",
  auroc: "AUROC",
  cer: "CER",
  "exact-match": "exact match",
  "frame-f1": "frame F1",
  "macro-f1": "macro F1",
  "region-f1": "region F1",
  mae: "MAE",
  map: "mAP",
  miou: "mIoU",
  "oks-ap": "OKS AP",
  pck: "PCK",
  rmse: "RMSE",
  r2: "R²",
  wer: "WER",
};
