/** @file What a result says of the whole model beside its quality: where its saliency lies, and what speaks against that quality. */
import { z } from "zod";
import { estimate } from "./design-fields.ts";
import { number, share, text, whole } from "./words.ts";

export const saliency = z.strictObject({
  target: z.enum(["label", "predicted"]),
  classes: z.array(text),
  images: whole,
  points: z.array(
    z.strictObject({
      tensor: text,
      operator: text,
      shape: z.array(whole).meta({ description: "Without the batch." }),
      bytes: whole,
      cs: number.meta({ description: "Cumulative Saliency, linear; the curve shows log10." }),
      lo: number,
      hi: number,
      legal: z.boolean(),
      candidate: z.boolean(),
      sends: text.optional().meta({
        description: "Of a candidate: the tensor that is cut at in its place, of fewer bytes (quantised, say).",
      }),
    }),
  ),
  examples: z.array(
    z.strictObject({
      image: z.strictObject({ width: whole, height: whole, rgb: z.array(whole) }),
      label: text,
      predicted: text,
      maps: z.array(z.strictObject({ tensor: text, width: whole, height: whole, values: z.array(number) })),
    }),
  ),
  notes: z.array(text).optional().meta({ description: "What the curve should be read with." }),
});

const numbers = z.array(number);

/** Whose quality it is; absent: accuracy. */
const metric = text.optional();

export const baselineWarning = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("near-chance"), metric, quality: estimate, chance: share }),
  z.strictObject({
    kind: z.literal("feeding"),
    metric,
    quality: estimate,
    other: estimate,
    variant: z.strictObject({
      name: text,
      normalise: z.strictObject({ mean: numbers, std: numbers }),
      order: z.enum(["RGB", "BGR"]),
      layout: z.enum(["NCHW", "NHWC"]),
    }),
  }),
  z.strictObject({ kind: z.literal("below-expected"), metric, quality: estimate, expected: number }),
]);
