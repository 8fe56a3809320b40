/** @file The flags of commands that read data without a study. */
import type { DataOptions } from "@split-et-impera/core/study";
import { InputError } from "@split-et-impera/core/errors";
import type { Inspection } from "@split-et-impera/core/onnx";
import { detectFormat, usualNormalise } from "../data/index.ts";

export const dataFlags = {
  data: {
    type: "string",
    valueHint: "PATH",
    description:
      "images: CIFAR-10 binary, IDX, image folders, .npy/.npz and others, or one of the words conveyor, belt and random (seeded numbers)",
  },
  mean: {
    type: "string",
    valueHint: "A,B,C",
    description: "subtracted from pixel/255, per channel (default: usual for the format)",
  },
  std: {
    type: "string",
    valueHint: "A,B,C",
    description: "divides the result, per channel (default: usual for the format)",
  },
  channels: {
    type: "enum",
    options: ["RGB", "BGR"] as ("RGB" | "BGR")[],
    description: "the order in which colours are fed (default: RGB)",
  },
  limit: { type: "string", valueHint: "N", description: "images to use, the first N", default: "1000" },
} as const;

/** Data options from flags; the layout follows the model's input. */
export async function dataOptions(
  args: {
    data?: string | undefined;
    mean?: string | undefined;
    std?: string | undefined;
    channels?: "RGB" | "BGR" | undefined;
    limit: string;
  },
  inspection: Inspection,
): Promise<DataOptions> {
  if (args.data === undefined) throw new InputError("ERR_USAGE", "expected --data with the path of the images");
  const format = await detectFormat(args.data);
  const usual = usualNormalise(format);
  const count = wholeNumber("limit", args.limit);
  return {
    format,
    ...(args.data !== format && { path: args.data }),
    normalise: {
      mean: numbers("mean", args.mean) ?? usual.mean,
      std: numbers("std", args.std) ?? usual.std,
      ...(args.channels && { channels: args.channels }),
    },
    layout: modelLayout(inspection),
    input: inspection.input.shape,
    limit: { test: count, train: count },
  };
}

/** Channels first where the first dimension can be channels. */
export function modelLayout({ input }: Inspection): DataOptions["layout"] {
  const [first = 0, , last = 0] = input.shape;
  return input.shape.length === 3 && first > 4 && last <= 4 ? "NHWC" : "NCHW";
}

export function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InputError("ERR_USAGE", `--${flag}: expected a whole number of at least 1, got "${text}"`);
  return value;
}

function numbers(flag: string, text: string | undefined): number[] | undefined {
  const values = text?.split(",").map(Number);
  if (values?.some((value) => !Number.isFinite(value)))
    throw new InputError("ERR_USAGE", `--${flag}: expected numbers like 0.5,0.5,0.5, got "${text}"`);
  return values;
}
