/** @file The verdict of a result, and the statements that explain it. */
import { z } from "zod";
import { bound } from "./design-fields.ts";
import { aim, metric, number, text, whole } from "./words.ts";

/** A placement of the model itself: `cut` where it is split. */
export const placementName = {
  kind: z.enum(["LC", "RC", "SC"]),
  cut: text.optional(),
  codec: text.optional(),
  hosts: z
    .array(text)
    .optional()
    .meta({ description: "In studies of more than two hosts, those that run it; `cut` has ` + ` between several." }),
  input: text.optional().meta({ description: "What is sent to the first of them, where that does not capture." }),
};

const figure = {
  metric: metric,
  statistic: z.enum(["median", "mean", "p95", "p99", "max"]).optional(),
  host: text.optional(),
  value: bound,
};
export const overload = { offered: number, sustained: number, busiest: text.optional() };
const placement = z.strictObject(placementName);
const phrase = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("nothing") }),
  z.strictObject({ kind: z.enum(["choose", "nearest"]), design: text }),
  z.strictObject({ kind: z.literal("unsure"), design: text, decides: z.array(z.enum(["images", "frames", "times"])) }),
  z.strictObject({ kind: z.literal("figure"), ...figure, bound: number.optional() }),
  z.strictObject({ kind: z.literal("unanswered"), frames: whole }),
  z.strictObject({ kind: z.literal("overloaded"), ...overload }),
  z.strictObject({ kind: z.literal("relax"), requirement: text, to: text }),
  z.strictObject({ kind: z.literal("misses"), requirement: text, ...figure, bound: number }),
  z.strictObject({ kind: z.literal("undecided"), requirement: text, ...figure, lo: bound, hi: bound }),
  z.strictObject({ kind: z.enum(["worse", "even"]), aim, value: bound, than: bound }),
  z.strictObject({ kind: z.literal("tie") }),
  z.strictObject({ kind: z.literal("best-placement"), of: whole, placement, host: text, seconds: number }),
  z.strictObject({ kind: z.enum(["candidate", "no-candidate", "none-tried"]) }),
  z.strictObject({ kind: z.literal("gives-up"), placement, seconds: number, share: number, unsure: number.optional() }),
  z.strictObject({
    kind: z.literal("simulated"),
    medians: z.array(number),
    added: z.array(z.strictObject({ coding: number, waiting: number, sending: number })).optional(),
  }),
  z.strictObject({ kind: z.literal("beyond"), design: text, median: number }),
]);
export const phrases = z
  .array(phrase)
  .meta({ id: "phrases", description: "Statements in order, as kinds, names and numbers." });

export const verdict = z
  .strictObject({
    says: phrases,
    fitting: z.array(text),
    recommended: text.optional().meta({ description: "Absent when nothing fits." }),
    ties: z.array(text),
    runnerUp: z.strictObject({ id: text, because: phrases }).optional(),
    instead: z
      .array(z.strictObject({ id: text, because: phrases }))
      .meta({ description: "Why not LC or RC, where the verdict does not name one." }),
    nearest: z
      .strictObject({ id: text, relax: z.array(z.strictObject({ requirement: text, to: text })) })
      .optional()
      .meta({ description: "When nothing fits: what comes nearest, and bounds under which it would." }),
  })
  .meta({ id: "verdict" });
