/** @file What the input of a job looks like, for whoever takes it from somewhere else: bounded, and nothing else in it. */
import { z } from "zod";
import { study } from "../../result/study-fields.ts";
import type { Recipe } from "./recipe.ts";

const most = 4096;
const digest = z.string().max(2 ** 16);
const tensor = z.string().min(1).max(most);

const aboutSchema = z.strictObject({ study, model: digest, test: digest, train: digest });

const cut = z.array(tensor).min(1).max(256);
const options = z.looseObject({ compression: z.number().positive() });

const input = z.strictObject({ format: z.string().max(40), quality: z.number().optional() });
const placement = z.looseObject({ kind: z.string().max(40) });

/** By kind, of which none is missing. */
const recipes = {
  local: z.strictObject({ kind: z.literal("local") }),
  remote: z.strictObject({ kind: z.literal("remote"), input }),
  cut: z.strictObject({ kind: z.literal("cut"), cut, bottleneck: options.optional() }),
  row: z.strictObject({
    kind: z.literal("row"),
    row: z.strictObject({ cuts: z.array(cut).min(1).max(256), input: input.optional() }),
    only: placement.optional(),
  }),
  exit: z.strictObject({ kind: z.literal("exit"), cut }),
} satisfies Record<Recipe["kind"], z.ZodType>;
const recipeSchema = z.union(Object.values(recipes));

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
