/** @file Texts judged against what should stand there: exact match, errors by characters and by words. */
import { meanMetric, ratioMetric, type Metric } from "../metric.ts";
import { editDistance } from "./edit-distance.ts";

/** A text judged: edits that would make it right, and what they are counted over. */
export interface TextEvidence {
  exact: number;
  edits: number;
  characters: number;
  wordEdits: number;
  words: number;
}

export interface TextOptions {
  /** Whether spaces are no part of the text: it then has no words. */
  ignoreSpaces?: boolean | undefined;
}

/** Characters are Unicode code points, as they stand; words are what white space separates. No text is the empty one. */
export function judgeText(answer: string | undefined, truth: string, { ignoreSpaces }: TextOptions = {}): TextEvidence {
  const clean = (text: string): string => (ignoreSpaces ? text.replaceAll(/\s+/g, "") : text);
  const [found, wanted] = [Array.from(clean(answer ?? "")), Array.from(clean(truth))];
  const [foundWords, wantedWords] = [wordsOf(answer ?? ""), wordsOf(truth)];
  const edits = editDistance(found, wanted);
  return {
    // A frame that never arrived is not right even where there is nothing to read.
    exact: answer !== undefined && edits === 0 ? 1 : 0,
    edits,
    characters: wanted.length,
    wordEdits: editDistance(foundWords, wantedWords),
    words: wantedWords.length,
  };
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

const exactMatch: Metric<TextEvidence> = meanMetric(
  { name: "exact-match", means: "share of samples whose whole text is right", better: "more", unit: "share" },
  ({ exact }) => exact,
);

const cer: Metric<TextEvidence> = ratioMetric(
  {
    name: "cer",
    means: "character error rate: edits (Levenshtein) that make the texts right, over the characters of the right ones",
    better: "less",
    unit: "share",
  },
  ({ edits, characters }) => [edits, characters],
);

const wer: Metric<TextEvidence> = ratioMetric(
  {
    name: "wer",
    means: "word error rate: edits of words that make the texts right, over the words of the right ones",
    better: "less",
    unit: "share",
  },
  ({ wordEdits, words }) => [wordEdits, words],
);

export const textMetrics: readonly Metric<TextEvidence>[] = [exactMatch, cer, wer];

/** Those that make sense of texts read so. */
export function textMetricsFor({ ignoreSpaces }: TextOptions): readonly Metric<TextEvidence>[] {
  return ignoreSpaces ? [exactMatch, cer] : textMetrics;
}
