/** @file The model's graph, as it stands in result.json. */
import { z } from "zod";
import { number, text, whole } from "./words.ts";

const places = z.array(whole);

const blockFields = {
  label: text,
  alike: whole.meta({ description: "Blocks with the same number are made of the same operators." }),
  from: whole.meta({ description: "Place in `operators`." }),
  to: whole.meta({ description: "The place behind its last one." }),
};

export interface Block {
  label: string;
  alike: number;
  from: number;
  to: number;
  blocks?: Block[] | undefined;
}

const block: z.ZodType<Block> = z
  .lazy(() => z.strictObject({ ...blockFields, blocks: z.array(block).optional() }))
  .meta({ id: "block" });

export const graph = z
  .strictObject({
    tensors: z.array(
      z.strictObject({
        name: text,
        shape: z.array(whole).optional().meta({ description: "Without the batch." }),
        bytes: number.optional().meta({ description: "For one sample." }),
        end: z.enum(["input", "output"]).optional(),
      }),
    ),
    operators: z
      .array(
        z.strictObject({
          type: text,
          name: text,
          reads: places.meta({ description: "Places in `tensors`." }),
          makes: places,
          parameters: whole,
          macs: number,
        }),
      )
      .meta({ description: "In an order in which they can run." }),
    blocks: z.array(block),
    cuts: z.array(
      z.strictObject({
        tensors: places,
        bytes: number.meta({ description: "For one sample." }),
        head: z.array(z.tuple([whole, whole])).meta({ description: "Stretches of `operators` that come before it." }),
      }),
    ),
    times: z
      .array(
        z.strictObject({
          host: text,
          whole: number,
          heads: z.array(number.nullable()).meta({ description: "Seconds, by cut; null: not timed." }),
          entry: number.meta({ description: "Seconds more for a tail than what is left of the whole." }),
        }),
      )
      .optional(),
  })
  .optional()
  .meta({
    description: "The model as it can be drawn; absent for very many operators, and in results of older versions.",
  });
