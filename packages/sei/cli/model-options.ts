/** @file The flags that say what a model is fed: shapes of its inputs, and numbers for them. */
import { InputError } from "@split-et-impera/core/errors";
import { withConstants, type InputOptions, type ModelOptions, type ModelProto } from "@split-et-impera/core/onnx";
import { readFeeds } from "../model/index.ts";
import { wholeNumber } from "./data-options.ts";

/** What is said of a model's inputs, the same in every command that takes a model; each may be given again. */
export const modelFlags = {
  shape: {
    type: "string",
    valueHint: "NAME=1x3x224x224",
    description:
      "an input's shape where the model leaves it open, several with commas; of a model's one input also 3x224x224, without the batch",
  },
  constant: {
    type: "string",
    valueHint: "NAME=16000",
    description: "a value for an input that never changes, such as a sampling rate; several elements with commas",
  },
  state: {
    type: "string",
    valueHint: "INPUT=OUTPUT",
    description:
      "what is carried from step to step (default: what names tell, such as past_* and present_*; none: nothing)",
  },
} as const;

/** What these flags say. */
export type ModelFlags = Pick<InputOptions, "shape" | "shapes" | "constants" | "state">;

/** @param every all values of a flag, as a command is given it */
export function modelOptions(every: (flag: keyof typeof modelFlags) => string[]): ModelFlags {
  return { ...shapesFlag(every("shape")), ...constantsFlag(every("constant")), ...stateFlag(every("state")) };
}

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

/** The same as plain data, for a study. */
export function studyModelOptions(every: (flag: keyof typeof modelFlags) => string[]): ModelOptions {
  const { shape, shapes, constants, state } = modelOptions(every);
  return {
    ...(shape && { shape: [...shape] }),
    ...(shapes && { shapes: Object.fromEntries([...shapes].map(([name, sizes]) => [name, [...sizes]])) }),
    ...(constants && { constants: Object.fromEntries([...constants].map(([name, values]) => [name, [...values]])) }),
    ...(state && { state: [...state] }),
  };
}

/** What `--constant` says: `NAME=16000`, `NAME=320,320`, `NAME=true`. A name may hold signs of equality. */
export function constantsFlag(texts: readonly string[]): Pick<InputOptions, "constants"> {
  const constants = new Map<string, number[]>();
  for (const text of texts) {
    const [, name, list] = /^(.+)=([^=]+)$/s.exec(text) ?? [];
    const values = list?.split(",").map(constantValue);
    if (name === undefined || !values || values.includes(undefined))
      throw new InputError("ERR_USAGE", `--constant: expected NAME=16000 or NAME=320,320, got "${text}"`);
    constants.set(name, values as number[]);
  }
  return constants.size > 0 ? { constants } : {};
}

/** What `--state` says: `INPUT=OUTPUT`, once per pair, or `none`. */
export function stateFlag(texts: readonly string[]): Pick<InputOptions, "state"> {
  if (texts.length === 0) return {};
  if (texts.length === 1 && texts[0] === "none") return { state: [] };
  return {
    state: texts.map((text) => {
      const [, input, output] = /^(.+)=([^=]+)$/s.exec(text) ?? [];
      if (input === undefined || output === undefined)
        throw new InputError("ERR_USAGE", `--state: expected INPUT=OUTPUT, or none, got "${text}"`);
      return { input, output };
    }),
  };
}

function constantValue(text: string): number | undefined {
  const word = text.trim();
  if (word === "true" || word === "false") return Number(word === "true");
  const value = Number(word);
  return word === "" || !Number.isFinite(value) ? undefined : value;
}

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

/** What the flags of a model and `--feeds` say of its inputs. */
export async function inputOptions(
  model: ModelProto,
  options: ModelFlags,
  feeds: string | undefined,
): Promise<InputOptions> {
  if (feeds === undefined) return options;
  return { ...options, example: await readFeeds(feeds, withConstants(model, options)) };
}
