/** @file What a study can say of the machines. */
import { parseDuration, parseFactor, parseHourlyPrice, parseMemory, parsePower } from "@split-et-impera/core/units";
import { z } from "zod";
import { LARGEST_BATCH, MOST_CORES } from "@split-et-impera/core/frames";
import { count, list, phrase, quantity } from "./fields.ts";

const operators = list(
  z.union([
    z.string().min(1),
    z.strictObject({
      from: z
        .string()
        .min(1)
        .optional()
        .meta({ description: "The tensor behind which they begin. Default: the input." }),
      to: z.string().min(1).optional().meta({ description: "The tensor that they end with. Default: the output." }),
    }),
  ]),
).prefault([]);

/** A duration, or `hardware`: 0 of the host's own time. */
function parseCoding(input: unknown): number | string {
  if (input === "hardware") return 0;
  const value = parseDuration(input);
  return typeof value === "number" ? value : `${value}, or hardware`;
}

export const host = z.strictObject({
  speed: quantity(parseFactor)
    .optional()
    .meta({
      description: "How fast the host is, as a multiple of this machine. Default: 1, this machine.",
      examples: ["1/20", 0.05, 2],
    }),
  profile: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        "Times measured on the real host (`sei profile`), relative to the study; with `speed`, divided by it.",
      examples: ["camera.json"],
    }),
  memory: quantity(parseMemory)
    .optional()
    .meta({
      description:
        "Room for parameters and activations; a design that needs more is refused, as by the requirement " +
        "`memory on HOST`. Default: no bound.",
      examples: ["64 MB", "512 MiB"],
    }),
  encode: quantity(parseCoding)
    .optional()
    .meta({
      description:
        "What making a picture file of a frame takes on this host, for RC, whatever `speed` says: a duration, or `hardware` " +
        "where that takes none of its time. Default: measured.",
      examples: ["2 ms", "hardware"],
    }),
  decode: quantity(parseCoding)
    .optional()
    .meta({ description: "The same for reading a picture file.", examples: ["500 us", "hardware"] }),
  cores: count("cores", 1, MOST_CORES)
    .optional()
    .meta({
      description:
        "Pieces of work that it does at once, each in the time that it takes alone: profile it with the threads that one " +
        "of them has. `sei place` counts one. Default: 1.",
      examples: [4],
    }),
  batch: z
    .strictObject({
      size: count("frames", 2, LARGEST_BATCH).meta({ description: "Frames at once at most.", examples: [8] }),
      timeout: quantity(parseDuration)
        .prefault("0 ms")
        .meta({
          description:
            "How long a frame waits for others at most while a core is free; whatever waits when a core gets free is done together.",
          examples: ["2 ms"],
        }),
    })
    .optional()
    .meta({
      description:
        "Frames of the same work (of several cameras) are done together, in the time that the model was measured to take for " +
        "so many. Only for models that take several samples at once; `sei serve` does not do so for now. Default: each alone.",
      examples: [{ size: 8, timeout: "2 ms" }],
    }),
  power: quantity(parsePower)
    .optional()
    .meta({ description: "Drawn while it computes, for `sei place --objective energy`.", examples: ["4 W"] }),
  radio: quantity(parsePower)
    .optional()
    .meta({ description: "Drawn while it sends or receives.", examples: ["800 mW"] }),
  price: phrase(parseHourlyPrice)
    .optional()
    .meta({ description: "Of the time it computes, for `sei place --objective price`.", examples: ["0.40 EUR/h"] }),
  keep: list(z.string().min(1))
    .prefault([])
    .meta({
      description: "Tensors that must not leave this host (`input`: what is captured).",
      examples: [["input"]],
    }),
  copies: count("hosts", 1, 256)
    .optional()
    .meta({
      description:
        "How many there are of a host that captures, each with links of its own like those of the study: `camera` is then " +
        "`camera-1`, `camera-2` ... What they share lies behind their links, or is a `medium`. Default: one.",
      examples: [8],
    }),
  only: operators.meta({
    description:
      "Operators that run here and nowhere else: by name, kind or a tensor that they make, or from one tensor to another; " +
      "for `sei place`.",
    examples: [["NonMaxSuppression"], [{ from: "pool3" }]],
  }),
  never: operators.meta({ description: "Operators that cannot run here; for `sei place`.", examples: [["LSTM"]] }),
});
