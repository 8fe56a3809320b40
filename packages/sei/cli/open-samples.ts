/** @file A model and its data as flags name them, for commands that take no study: opened as a study's are. */
import { inspectModel, withConstants, type Inspection, type ModelProto } from "@split-et-impera/core/onnx";
import type { DataOptions, TaskOptions } from "@split-et-impera/core/study";
import { judgedByModel } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import { forModel, openData, samplesFor, withShapesOf, type Samples } from "../data/index.ts";
import { readModel } from "../model/index.ts";
import { inspectAny } from "../stages/check/index.ts";
import { dataOptions } from "./data-options.ts";
import type { ModelFlags } from "./model-options.ts";

export interface Opening {
  /** With `model`, its file. */
  args: Parameters<typeof dataOptions>[0] & { model: string };
  flags: ModelFlags;
  splits: readonly ("train" | "test")[];
  /** What is said of the task. */
  task?: TaskOptions | undefined;
  /** The model that is looked at in place of the file's. */
  rewritten?(model: ModelProto): ModelProto;
  signal: AbortSignal;
}

export interface OpenedSamples {
  inspection: Inspection;
  data: DataOptions;
  /** As many as `splits`, in their order. */
  samples: Samples[];
}

/**
 * Inputs may be several, of any types; what the data do not name is fed as `samplesFor` says.
 * @throws InputError where the model or the data cannot be read, or do not fit each other
 */
export async function openSamples({ args, flags, splits, task, rewritten, signal }: Opening): Promise<OpenedSamples> {
  const { constants, ...said } = flags;
  const read = withConstants(await readModel(args.model), { constants });
  const model = rewritten?.(read) ?? read;
  const seen = await inspectModel(model, engine, { ...said, any: true, signal });
  const data = forModel(await dataOptions(args, seen), model, said);
  const unlabelled = judgedByModel(task?.kind ?? "agreement");
  const opened = await Promise.all(splits.map((split) => openData(data, split, { unlabelled })));
  const output = task?.output;
  const inspection = await inspectAny(model, engine, {
    ...withShapesOf(opened[0]!, model, said),
    ...(output !== undefined && { output }),
    signal,
  });
  return { inspection, data, samples: opened.map((one) => samplesFor(one, inspection, data)) };
}
