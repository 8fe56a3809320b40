/** @file What a study can say of tables and of sound. */
import type { ColumnRole } from "@split-et-impera/core/study";
import { z } from "zod";
import { usualColumns } from "../data/table/index.ts";

const whole = (least: number, most: number) => z.int().min(least).max(most);

const column = (role: ColumnRole, what: string, example: string) =>
  z
    .string()
    .min(1)
    .optional()
    .meta({ description: `${what} Default: ${usualColumns[role].join(", ")}.`, examples: [example] });

export const columns = z
  .strictObject({
    file: column("file", "The file of a sample, or of Parquet the picture itself.", "photo"),
    text: column("text", "What is to be read or heard.", "plate"),
    label: column("label", "The class.", "species"),
    labels: column("labels", "Several classes, in a list or with `|` between them.", "tags"),
    value: column("value", "A number to be met, or a list of numbers.", "age"),
    start: column("start", "Of sound: from when something is heard, in seconds.", "from"),
    end: column("end", "Until when.", "to"),
    split: column("split", "Which rows are for training and which for testing: `train`, and `test` or `val`.", "part"),
  })
  .optional()
  .meta({
    description: "Of `table` and `audio`: the names of columns, where they are not usual ones.",
    examples: [{ file: "photo", text: "plate" }],
  });

export const inputNames = z
  .record(z.string().min(1), z.string().min(1))
  .optional()
  .meta({
    description:
      "Of `npy` and `table`, for models of several inputs: by input the array or column that holds it. Default: the one of " +
      "the input's name. What the data do not have is fed with seeded numbers, which is said.",
    examples: [{ input_ids: "ids", attention_mask: "mask" }],
  });

/** Samples of a sound: an hour at 192 kHz. */
const most = 2 ** 30;

export const sound = z
  .strictObject({
    rate: whole(1000, 768_000)
      .optional()
      .meta({ description: "Samples a second that the model takes. Default: 16000.", examples: [16_000] }),
    window: whole(1, most)
      .optional()
      .meta({
        description:
          "New samples of a window. Default: whole clips, or, where the data have times, what the model takes less `context`.",
        examples: [512],
      }),
    step: whole(1, most)
      .optional()
      .meta({ description: "Samples from one window to the next. Default: a window.", examples: [160] }),
    context: whole(0, most)
      .optional()
      .meta({
        description: "Samples before the new ones, zeros where a clip begins. Default: 0.",
        examples: [64],
      }),
    mel: z
      .strictObject({
        size: whole(2, 65_536).meta({ description: "Samples of a transform.", examples: [400] }),
        hop: whole(1, 65_536).meta({ description: "Samples from one to the next.", examples: [160] }),
        bands: whole(1, 1024).meta({ description: "Mel bands.", examples: [80] }),
        window: whole(1, 65_536)
          .optional()
          .meta({ description: "Samples of Hann's window, in the middle of the transform. Default: `size`." }),
        low: z.number().min(0).optional().meta({ description: "Hertz at which the bands begin. Default: 0." }),
        high: z.number().positive().optional().meta({ description: "And end. Default: half the rate." }),
        scale: z.enum(["slaney", "htk"]).default("slaney").meta({ description: "Whose formula of mel." }),
        norm: z
          .enum(["area", "height"])
          .default("area")
          .meta({ description: "Whether bands have one area, or one height." }),
        power: z
          .union([z.literal(1), z.literal(2)])
          .default(2)
          .meta({ description: "Of the magnitude." }),
        centre: z
          .boolean()
          .optional()
          .meta({ description: "Whether the first transform's middle is the first sample. Default: yes." }),
        log: z.enum(["ln", "log10", "db"]).optional().meta({ description: "What is taken of it. Default: nothing." }),
        floor: z
          .number()
          .positive()
          .optional()
          .meta({ description: "Least value of which a logarithm is taken. Default: 1e-10." }),
      })
      .optional()
      .meta({
        description: "Gives the model a mel spectrogram [bands, frames], as librosa computes it, in place of samples.",
        examples: [{ size: 400, hop: 160, bands: 80, log: "log10" }],
      }),
  })
  .optional()
  .meta({ description: "Of `audio`: how sound is read.", examples: [{ window: 512, context: 64 }] });
