/** @file What a study can say of its task: fields for each kind, in a table. */
import { formNames, layoutNames, mostOutputs, tasks, taskKinds, type TaskKind } from "@split-et-impera/core/task";
import { parseNumber, parseShare } from "@split-et-impera/core/units";
import { z } from "zod";
import { quantity } from "./fields.ts";

const share = quantity(parseShare);
const positive = z.number().positive();
const whole = z.int().min(0);

const output = z
  .string()
  .min(1)
  .optional()
  .meta({ description: "The output that answers. Default: the first that fits.", examples: ["scores"] });

/** The quality that a study asserts, by the first metric of its task: a share, or a number as it is. */
function expect(kind: TaskKind) {
  const isShare = tasks[kind].metrics[0]!.unit === "share";
  return quantity(isShare ? parseShare : parseNumber)
    .optional()
    .meta({
      description:
        "The quality that the whole model is known to have on such data; a run that finds surely less ends with an " +
        "error that says what may be wrong.",
      examples: ["98 %"],
    });
}

/** How a model numbers the data's classes. */
const numbering = {
  numbers: z
    .array(whole)
    .min(1)
    .max(100_000)
    .optional()
    .meta({
      description: "The model's number of each of the data's classes.",
      examples: [[1, 2, 3, 5]],
    }),
  firstClass: whole.optional().meta({
    description:
      "The model's number of the first of the data's classes; the others follow. Default: as its outputs usually have it.",
  }),
};

const chosen = {
  confidence: share.optional().meta({ description: "Less sure ones are left out. Default 0.1 %." }),
  overlap: share.optional().meta({
    description:
      "The share of their union from which two boxes overlap too much, where the model does not choose itself. Default 70 %.",
  }),
  most: z.int().min(1).max(10_000).optional().meta({ description: "Per picture at most, the surest. Default 300." }),
};

/** As many as a script has, and more. */
const mostCharacters = 1_000_000;

const sides = z.array(positive).min(1).max(100);

const fields = {
  classification: {
    output,
    details: z.boolean().optional().meta({
      description: "Whether `auroc` is wanted too, for which the scores of all classes are kept.",
    }),
  },
  detection: {
    ...numbering,
    ...chosen,
    outputs: z
      .enum(layoutNames)
      .optional()
      .meta({ description: "The form of the outputs. Default: the first that fits." }),
    details: z.boolean().optional().meta({
      description: "Whether the metrics by size of things, and those of 1 and 10 detections, are wanted too.",
    }),
    anchors: z
      .strictObject({
        boxes: z
          .union([
            z
              .array(z.tuple([z.number(), z.number(), positive, positive]))
              .min(1)
              .max(1_000_000),
            z.strictObject({
              strides: sides.meta({ description: "Pixels from centre to centre, of each grid." }),
              sizes: z
                .array(sides)
                .min(1)
                .max(100)
                .meta({ description: "Of each grid the sides of its boxes, in pixels." }),
              ratios: sides.optional().meta({ description: "Height over width of the boxes. Default: 0.5, 1, 2." }),
              offset: z.number().optional().meta({ description: "Where the first centre is, in strides. Default: 0." }),
            }),
          ])
          .meta({ description: "All boxes, four numbers each, or the grids that they lie on." }),
        divide: z.tuple([positive, positive, positive, positive]).optional().meta({
          description: "What the numbers for x, y, width and height are divided by. Default: 1.",
        }),
      })
      .optional()
      .meta({
        description:
          "Of the form `anchors`: the boxes that its numbers move (x and y of the centre, width, height, in pixels), or the " +
          "grids that they lie on: `strides`, `sizes` by stride, `ratios`, `offset`; `divide` is what the numbers are divided by.",
      }),
  },
  segmentation: {
    ...numbering,
    output,
    outputs: z.enum(["logits", "labels", "probability"]).optional().meta({
      description: "The form of the output. Default: by its type and dimensions.",
    }),
    threshold: share
      .optional()
      .meta({ description: "Of a probability: pixels above it are of the class. Default 50 %." }),
    background: z.boolean().optional().meta({
      description:
        "Whether pixels of no object are a class of their own, where the data tell objects. Default: where there is one class.",
    }),
    regions: z
      .strictObject({
        threshold: share.optional().meta({ description: "Pixels above it belong to a region. Default 30 %." }),
        least: whole.optional().meta({ description: "Pixels of a region at least. Default 30." }),
        score: share.optional().meta({ description: "Mean probability of a region at least. Default 50 %." }),
        grow: z.number().min(0).optional().meta({
          description: "How far a region's box is grown, for models that learn shrunk regions. Default 1.5.",
        }),
        overlap: share.optional().meta({
          description: "Intersection over union from which a box is that of a thing. Default 50 %.",
        }),
      })
      .optional()
      .meta({
        description: "Judge the boxes of a probability's regions, and not pixels.",
        examples: [{ threshold: "30 %" }],
      }),
  },
  keypoints: {
    ...numbering,
    ...chosen,
    outputs: z
      .enum(formNames)
      .optional()
      .meta({ description: "The form of the outputs. Default: the first that fits." }),
    sigmas: z.array(positive).min(1).max(1000).optional().meta({
      description:
        "How far keypoints are usually off, as shares of the root of the thing's area. Default: COCO's for 17.",
    }),
    pck: z
      .strictObject({
        of: z.union([z.enum(["box-diagonal", "box-longer"]), z.tuple([whole, whole])]).meta({
          description:
            "The length: the box's diagonal or longer side, or the distance between two keypoints, by number.",
          examples: [[5, 6]],
        }),
        within: share.meta({ description: "The share of it that a keypoint may be off.", examples: ["20 %"] }),
      })
      .optional()
      .meta({
        description:
          "Rank by the share of keypoints that are near enough, by a length of the box or between two keypoints.",
        examples: [{ of: "box-diagonal", within: "20 %" }],
      }),
    shift: z.boolean().optional().meta({
      description:
        "Of heatmaps: whether the place moves a quarter of a pixel towards the larger neighbour. Default: yes.",
    }),
  },
  multilabel: {
    output,
    threshold: share.optional().meta({ description: "Probability from which on a label holds. Default 50 %." }),
  },
  sequence: {
    output,
    alphabet: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(mostCharacters)])
      .optional()
      .meta({
        description:
          "The characters of the classes in the model's order, without the blank: a list, or a text file with one a line, " +
          "relative to the study or the model. Default: what the model's metadata say (`character`).",
        examples: ["alphabet.txt"],
      }),
    blank: z.int().min(-1).optional().meta({ description: "The blank's class; -1 for the last. Default 0." }),
    space: z.boolean().optional().meta({
      description: "Whether a space comes behind the alphabet. Default: where the model has a class more.",
    }),
    ignoreSpaces: z
      .boolean()
      .optional()
      .meta({ description: "Whether spaces are no part of the texts. Default: they are." }),
  },
  tokens: {
    output,
    vocabulary: z.int().min(2).max(10_000_000).meta({ description: "How many tokens there are." }),
  },
  regression: { output },
  embedding: {
    output,
    by: z.enum(["label", "vector"]).optional().meta({
      description: "What the data say of a sample: its label, or the vector that it should have. Default: `label`.",
    }),
  },
  activity: {
    output,
    threshold: share.optional().meta({ description: "Probability from which on a frame is active. Default 50 %." }),
  },
  agreement: {
    output,
    outputs: z
      .union([z.literal("all"), z.array(z.string().min(1)).min(1).max(mostOutputs)])
      .optional()
      .meta({
        description:
          "Several outputs that are compared, such as the heads of a shared trunk: their names, or `all` that hold " +
          "numbers; in place of `output`.",
        examples: ["all", ["kind", "angle"]],
      }),
    by: z.enum(["class", "values"]).optional().meta({
      description: "Whether the largest number is the answer, or all numbers are. Default: `class` for rows of scores.",
    }),
  },
} satisfies Record<TaskKind, z.ZodRawShape>;

/** A task by its kind alone, or with what is to be said of it. Without a kind: what the data are for. */
export const task = z.union([
  z.enum(taskKinds).transform((kind) => ({ kind })),
  z.discriminatedUnion("kind", [
    // Without a kind it is what the data are for, which takes the same fields.
    of("classification").extend({ kind: z.literal("classification").optional() }),
    of("detection"),
    of("segmentation"),
    of("keypoints"),
    of("multilabel"),
    of("sequence"),
    of("tokens"),
    of("regression"),
    of("embedding"),
    of("activity"),
    of("agreement"),
  ]),
]);

function of<K extends TaskKind>(kind: K) {
  const { means } = tasks[kind];
  return z.strictObject({
    kind: z.literal(kind).meta({ description: `${means}.` }),
    ...fields[kind],
    expect: expect(kind),
  });
}
