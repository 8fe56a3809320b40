/** @file The flags that say what a model is fed: shapes of its inputs, and numbers for them. */
import { InputError } from "@split-et-impera/core/errors";
import type { InputOptions, ModelProto } from "@split-et-impera/core/onnx";
import { readFeeds } from "../model/index.ts";
import { wholeNumber } from "./data-options.ts";

/** `--shape`, the same in every command that takes a model; it may be given again. */
export const shapeFlags = {
  shape: {
    type: "string",
    valueHint: "NAME=1x3x224x224",
    description:
      "an input's shape where the model leaves it open, several with commas; of a model's one input also 3x224x224, without the batch",
  },
} as const;

export const feedsFlags = {
  feeds: {
    type: "string",
    valueHint: "FILE.npz",
    description: "numbers to feed in place of random ones: an array for every input, under its name",
  },
} as const;

export const outputFlags = {
  output: {
    type: "string",
    valueHint: "NAME",
    description: "the output that holds the class scores (default: the first with one per class)",
  },
} as const;

/**
 * What `--shape` says, given once or again: `3x224x224` and `3,224,224` for a model's one input, without the batch;
 * `NAME=1x3x224x224,...` by input. A name may hold commas and signs of equality.
 */
export function shapesFlag(texts: readonly string[]): Pick<InputOptions, "shape" | "shapes"> {
  const shapes = new Map<string, number[]>();
  let shape: number[] | undefined;
  for (const text of texts) {
    if (!text.includes("=")) {
      shape = text.split(/[x,]/).map((size) => wholeNumber("shape", size));
      continue;
    }
    let end = 0;
    for (const [found, name, sizes] of text.matchAll(/(.+?)=(\d+(?:x\d+)*)(?:,|$)/gsy)) {
      end += found.length;
      shapes.set(
        name!,
        sizes!.split("x").map((size) => wholeNumber("shape", size)),
      );
    }
    if (end < text.length)
      throw new InputError("ERR_USAGE", `--shape: expected NAME=1x3x224x224,..., got "${text.slice(end)}"`);
  }
  return { ...(shape && { shape }), ...(shapes.size > 0 && { shapes }) };
}

/** What `--shape` and `--feeds` say of a model's inputs. */
export async function inputOptions(
  model: ModelProto,
  shapes: ReturnType<typeof shapesFlag>,
  feeds: string | undefined,
): Promise<InputOptions> {
  return { ...shapes, ...(feeds !== undefined && { example: await readFeeds(feeds, model) }) };
}
