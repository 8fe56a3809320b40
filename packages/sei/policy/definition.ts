/** @file What stands in a policy file: the definition that checks it and describes it (docs/policy.md). */
import { z } from "zod";

/** Values of an axis, designs and cells of a table at most. */
const mostValues = 64;
const mostDesigns = 256;

/** Seconds: what is shorter holds no frame to measure a link by. */
export const shortestWindow = 0.01;

const text = z.string().max(4096);
const share = z.number().min(0).max(1);
const place = z
  .int()
  .min(0)
  .max(mostDesigns - 1);

const axis = (of: z.ZodNumber, description: string) =>
  z
    .array(of)
    .min(1)
    .max(mostValues)
    .refine((values) => values.every((value, i) => i === 0 || value > values[i - 1]!), {
      error: "expected values that rise",
    })
    .meta({ description });

const cell = z
  .strictObject({
    best: place.meta({ description: "The design that is best here, by its place among the designs." }),
    fits: z.boolean().meta({ description: "Whether it is sure to meet every requirement." }),
    worth: z.array(share).meta({
      description:
        "Of each design, share of frames answered in time, less what its answers are worse than the unchanged model's.",
    }),
  })
  .meta({ id: "cell" });

/** Format 1. */
export const policyFile = z
  .strictObject({
    $schema: z.string().optional().meta({ description: "For editors." }),
    format: z.literal(1),
    study: text.meta({ description: "Name of the study." }),
    model: text.optional().meta({ description: "SHA-256 of the model file, in hexadecimal digits." }),
    link: z.tuple([text, text]).meta({ description: "The hosts of the link that the conditions are of: from, to." }),
    frames: z.strictObject({
      rate: z.number().positive().meta({ description: "Frames per second." }),
      deadline: z.number().positive().meta({ description: "Seconds from capture to the answer." }),
    }),
    every: z
      .number()
      .min(shortestWindow)
      .meta({ description: "Seconds over which a condition is measured: what runs may change after each." }),
    pause: z.number().min(0).meta({ description: "Seconds without an answer while another design is taken up." }),
    axes: z
      .strictObject({
        rates: axis(z.number().positive(), "Of the link, bit/s."),
        rtts: axis(z.number().min(0), "Seconds there and back without waiting."),
        losses: axis(z.number().min(0).max(1), "Shares of packets."),
      })
      .meta({
        description:
          "A cell stands for what is nearest to its values: borders are at the geometric mean of neighbours, beside 0 at half of the other.",
      }),
    designs: z
      .array(
        z.strictObject({
          id: text,
          kind: z.enum(["LC", "RC", "SC", "EE"]),
          bundle: text.optional().meta({ description: "Folder of the files that deploy it, beside this file." }),
        }),
      )
      .min(1)
      .max(mostDesigns),
    cells: z
      .array(z.array(z.array(cell)))
      .meta({ description: "By loss, round trip and rate, in the order of the axes." }),
  })
  .superRefine(({ axes, designs, cells }, context) => {
    const wrong = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    const { losses, rtts, rates } = axes;
    for (const [i, { id }] of designs.entries())
      if (designs.findIndex((one) => one.id === id) < i)
        wrong(["designs", i, "id"], `expected each design once, got ${id} twice`);
    if (cells.length !== losses.length) wrong(["cells"], `expected ${losses.length} losses, got ${cells.length}`);
    for (const [l, row] of cells.entries()) {
      if (row.length !== rtts.length) wrong(["cells", l], `expected ${rtts.length} round trips, got ${row.length}`);
      for (const [r, column] of row.entries()) {
        if (column.length !== rates.length)
          wrong(["cells", l, r], `expected ${rates.length} rates, got ${column.length}`);
        for (const [i, { best, worth }] of column.entries()) {
          const path = ["cells", l, r, i];
          if (best >= designs.length)
            wrong([...path, "best"], `expected one of ${designs.length} designs, got ${best}`);
          if (worth.length !== designs.length)
            wrong([...path, "worth"], `expected one for each of ${designs.length} designs, got ${worth.length}`);
        }
      }
    }
  })
  .meta({
    title: "Split-Et-Impera policy",
    description: "Which design is best under which conditions of the link, for hosts to follow.",
  });

/** The JSON Schema (draft 7) of a policy. */
export function policySchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(policyFile, { io: "input", target: "draft-7" }) };
}
