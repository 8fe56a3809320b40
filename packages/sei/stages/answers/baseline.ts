/** @file Whether the whole model's accuracy can be right on these data, or they are fed in another way than it was made for. */
import { InputError } from "@split-et-impera/core/errors";
import { serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import type { DataOptions } from "@split-et-impera/core/study";
import {
  baselineText,
  chanceOf,
  classification,
  doubtBaseline,
  factsOf,
  type BaselineWarning,
} from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import type { Dataset } from "../../data/index.ts";
import { batchSize, hits } from "./classify.ts";

export interface BaselineCheck {
  inspection: Inspection;
  data: Dataset;
  /** How the data are fed. */
  options: Pick<DataOptions, "normalise" | "layout">;
  signal: AbortSignal;
  /** Per sample, 1 where the model is right; found on the first samples where absent. */
  right?: Uint8Array;
  /** Which output holds the scores; the first that fits where absent. */
  output?: string | undefined;
  /** The accuracy that is asserted, as a share. */
  expect?: number | undefined;
}

/** Samples that other ways of feeding are tried on. */
const probed = 200;

/**
 * Everything that speaks against the baseline, a few hundred answers' worth of work where it is weak, none where it is
 * sound and known.
 *
 * @throws InputError `ERR_NOT_FINITE` where the answers as they are fed hold NaN
 */
export async function baselineWarnings(asked: BaselineCheck): Promise<BaselineWarning[]> {
  const { inspection, data, options, signal, expect: expected } = asked;
  const { model, input, batch } = inspection;
  const { classes } = data;
  const task = classification({ kind: "classification", classes, ...(asked.output && { output: asked.output }) });
  const binding = task.bind(factsOf(inspection));
  const count = Math.min(probed, data.count);
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const session = await engine.load(serialiseModel(model));
  const judgeOwn = async (value: ReturnType<Dataset["batch"]>, from: number): Promise<Uint8Array> => {
    signal.throwIfAborted();
    const labels = range(from, from + value.dims[0]!).map((i) => data.label(i));
    return hits(task.answers(binding, await session.run({ [input.name]: value }, binding.outputs)), labels);
  };
  const judge: typeof judgeOwn = (value, from) =>
    judgeOwn(value, from).catch((error: unknown) => {
      // Numbers far from what a model expects may overflow in it: that is no better way to feed it.
      if (error instanceof InputError && error.code === "ERR_NOT_FINITE") return new Uint8Array(value.dims[0]!);
      throw error;
    });
  const size = batch ? batchSize : 1;
  const feed = (from: number, to: number): ReturnType<Dataset["batch"]> => data.batch(range(from, to));
  try {
    const evidence = asked.right ?? new Uint8Array(count);
    for (let from = 0; !asked.right && from < count; from += size)
      evidence.set(await judgeOwn(feed(from, Math.min(count, from + size)), from), from);
    return await doubtBaseline({
      evidence,
      chance: chanceOf(
        range(0, evidence.length).map((i) => data.label(i)),
        data.classes.length,
      ),
      ...(expected !== undefined && { expected }),
      probe: { own: { ...options, order: "RGB" }, count, size, batch: feed, judge },
    });
  } finally {
    await session.release();
  }
}

/** Throws `InputError` where the accuracy is below what is asserted, with all that may explain it. */
export function checkExpected(warnings: readonly BaselineWarning[]): void {
  if (!warnings.some(({ kind }) => kind === "below-expected")) return;
  throw new InputError("ERR_BASELINE", warnings.map(baselineText).join("; "));
}
