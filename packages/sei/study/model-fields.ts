/** @file Fields of a study that say which model it is of, and what its files do not say of its inputs. */
import { shown } from "@split-et-impera/core/units";
import { z } from "zod";
import { list } from "./fields.ts";

const modelFile = z
  .string()
  .min(1)
  .meta({
    description: "The ONNX file, relative to the study. `--model` overrides it.",
    examples: ["parts.onnx"],
  });

const part = z
  .union(
    [
      modelFile.transform((path) => ({ path })),
      z.strictObject({
        path: modelFile,
        name: z
          .string()
          .min(1)
          .refine((name) => !name.includes("/"), {
            error: ({ input }) => `expected a name without "/", got ${shown(input)}`,
          })
          .optional()
          .meta({ description: "Its tensors are called `name/tensor`. Default: the file's name without its ending." }),
        feeds: z
          .record(z.string().min(1), z.string().min(1))
          .optional()
          .meta({
            description:
              "By input: the tensor `part/tensor` of an earlier part that it is fed. Default: the outputs of the same names, or " +
              "those of the part before in order.",
            examples: [{ input: "mel/spectrogram" }],
          }),
      }),
    ],
    { error: ({ input }) => `expected a path, or fields with a path, got ${shown(input)}` },
  )
  .meta({ description: "A model of a pipeline." });

/** One file, or several of which one feeds the next. */
const modelPath = z.union([modelFile, z.array(part).min(1).max(64)], {
  error: ({ input }) => `expected a path or a list of models, got ${shown(input)}`,
});

const dims = z
  .array(
    z
      .int()
      .min(1)
      .max(2 ** 28),
  )
  .max(16);
const constant = z.union([
  z.number(),
  z.boolean().transform(Number),
  z
    .array(z.number())
    .min(1)
    .max(2 ** 20),
]);

const model = z.strictObject({
  path: modelPath.optional(),
  shapes: z
    .record(z.string().min(1), dims)
    .optional()
    .meta({
      description: "Whole shapes of inputs that the model leaves open, by name. `--shape` adds to them.",
      examples: [{ input_ids: [1, 128] }],
    }),
  constants: z
    .record(
      z.string().min(1),
      constant.transform((value) => [value].flat()),
    )
    .optional()
    .meta({
      description:
        "Inputs that are values once and for all: a number, or a list of all elements. `--constant` adds to them.",
      examples: [{ sr: 16000 }],
    }),
  state: list(z.strictObject({ input: z.string().min(1), output: z.string().min(1) }))
    .optional()
    .meta({
      description:
        "What the model carries from step to step: the output of one step that is the input of the next. Default: what names " +
        "tell, such as `past_key_values.0.key` and `present.0.key`; `[]`: nothing. `--state` replaces it.",
      examples: [[{ input: "state", output: "stateN" }]],
    }),
});

/** The `model` of a study: always its path or parts, with what is said of its inputs. */
export const modelFields = z
  .union([modelPath.transform((path) => ({ path })), model], {
    error: ({ input }) => `expected a path or a list of models, or fields with that as \`path\`, got ${shown(input)}`,
  })
  .optional()
  .meta({
    description:
      "The ONNX model: its path, or a list of models of which one feeds the next, cut and placed as one graph; or that " +
      "with what the file does not say of its inputs.",
    examples: ["parts.onnx", ["mel.onnx", "words.onnx"], { path: "speech.onnx", constants: { sr: 16000 } }],
  });
