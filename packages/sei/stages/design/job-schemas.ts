/** @file What the input of a job looks like, for whoever takes it from somewhere else: bounded, and nothing else in it. */
import { z } from "zod";
import { study } from "../../result/study-fields.ts";

const most = 4096;
const digest = z.string().max(2 ** 16);
const tensor = z.string().min(1).max(most);

const aboutSchema = z.strictObject({ study, model: digest, test: digest, train: digest });

const cut = z.array(tensor).min(1).max(256);
const options = z.looseObject({ compression: z.number().positive() });

const recipeSchema = z.union([
  z.strictObject({ kind: z.literal("local") }),
  z.strictObject({
    kind: z.literal("remote"),
    input: z.strictObject({ format: z.string().max(40), quality: z.number().optional() }),
  }),
  z.strictObject({ kind: z.literal("cut"), cut, bottleneck: options.optional() }),
  z.strictObject({ kind: z.literal("exit"), cut }),
]);

const transport = z.looseObject({ kind: z.enum(["tcp", "udp"]) });
const cell = z.strictObject({
  rate: z.number().positive().optional(),
  loss: z.number().min(0).max(1),
  asked: z.literal(true).optional(),
});

export const saliencySchema = z.strictObject({ about: aboutSchema });
export const prepareSchema = z.strictObject({ about: aboutSchema, recipe: recipeSchema });
export const evaluateSchema = z.strictObject({
  about: aboutSchema,
  recipe: recipeSchema,
  name: tensor,
  transport: transport.optional(),
  grounds: z.string().max(64),
  cells: z.array(cell).min(1).max(10_000),
});
