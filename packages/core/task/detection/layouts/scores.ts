/** @file Scores of classes per row, [N, rows, classes]: probabilities, or logits with or without a class for nothing. */
import { logitsBefore, sigmoids, softmaxes } from "../../outputs.ts";
import type { ModelFacts } from "../../task.ts";
import type { SeenOutput } from "./layout.ts";

/** The output with four numbers a row that are boxes: by its name, else the last, since a row of scores may have four. */
export function boxesAmong(outputs: readonly SeenOutput[]): SeenOutput | undefined {
  const possible = outputs.filter(({ dims }) => dims[2] === 4);
  return possible.find(({ name }) => /box|reg|loc|delta/i.test(name)) ?? possible.at(-1);
}

/** How the columns of a row become scores. */
export interface ScorePlace {
  scores: string;
  /** Numbers in a row. */
  size: number;
  /** `none`: they are scores. */
  squash: "sigmoid" | "softmax" | "none";
  /** Columns of classes: all but that for nothing, where there is one. */
  from: number;
  to: number;
}

/**
 * Of an output with a column more than classes one stands for nothing (`nothing` says where) and a row is a distribution;
 * else each column is sure or not by itself.
 */
export function scorePlace(
  facts: ModelFacts,
  { name, dims }: SeenOutput,
  { classes, nothing }: { classes: number; nothing: "first" | "last" },
): ScorePlace {
  const size = dims[2]!;
  const softmax = logitsBefore(facts, name, softmaxes).name !== name;
  const sigmoid = logitsBefore(facts, name, sigmoids).squashed;
  const background = softmax || (!sigmoid && size !== classes);
  return {
    scores: name,
    size,
    squash: softmax || sigmoid ? "none" : background ? "softmax" : "sigmoid",
    from: background && nothing === "first" ? 1 : 0,
    to: background && nothing === "last" ? size - 1 : size,
  };
}

/** The scores of a row's columns. */
export function rowScores({ size, squash }: ScorePlace, values: ArrayLike<number>, at: number): Float64Array {
  const row = Float64Array.from({ length: size }, (_, c) => values[at + c]!);
  if (squash === "none") return row;
  if (squash === "sigmoid") return row.map((z) => 1 / (1 + Math.exp(-z)));
  const most = row.reduce((a, b) => Math.max(a, b));
  const powers = row.map((z) => Math.exp(z - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
