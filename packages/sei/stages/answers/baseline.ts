/** @file Whether the whole model's quality can be right on these data, or they are fed in another way than it was made for. */
import type { Engine } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import type { DataOptions } from "@split-et-impera/core/study";
import { baselineText, chanceOf, doubtBaseline, type BaselineWarning, type Evidence } from "@split-et-impera/core/task";
import type { Dataset, Samples } from "../../data/index.ts";
import { openStream } from "../stream.ts";
import { examine, unanswered, type Exam } from "./exam.ts";

export interface BaselineCheck {
  engine: Engine;
  inspection: Inspection;
  data: Samples;
  exam: Exam;
  /** How the data are fed. */
  options: Pick<DataOptions, "normalise" | "layout">;
  signal: AbortSignal;
  /** Per sample, the model's answers judged; found on the first samples where absent. */
  evidence?: readonly Evidence[];
  /** The quality that is asserted, by the task's first metric. */
  expect?: number | undefined;
}

/** Samples that other ways of feeding are tried on, fewer of large models: so many multiply-accumulates a way. */
const probed = { most: 200, least: 20, macs: 2e10 };

/**
 * Everything that speaks against the baseline, a few hundred answers' worth of work where it is weak, none where it is
 * sound and known.
 *
 * @throws InputError `ERR_NOT_FINITE` where the answers as they are fed hold NaN
 */
export async function baselineWarnings(asked: BaselineCheck): Promise<BaselineWarning[]> {
  const { engine, inspection, data, exam, options, signal, expect: expected } = asked;
  const { model, macs } = inspection;
  const able = Math.max(probed.least, Math.min(probed.most, Math.floor(probed.macs / Math.max(1, macs))));
  const count = Math.min(able, data.count);
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const session = await openStream(engine, serialiseModel(model), data);
  const ask = (samples: readonly number[], value?: ReturnType<Dataset["batch"]>): Promise<Evidence[]> => {
    signal.throwIfAborted();
    session.enter(samples);
    return examine(exam, session, data.feeds(samples, value), samples);
  };
  const judge = (value: ReturnType<Dataset["batch"]>, from: number): Promise<Evidence[]> =>
    ask(range(from, from + value.dims[0]!), value).catch((error: unknown) => {
      // Numbers far from what a model expects may overflow in it: that is no better way to feed it.
      if (!(error instanceof InputError) || error.code !== "ERR_NOT_FINITE") throw error;
      return range(from, from + value.dims[0]!).map((sample) => unanswered(exam, sample));
    });
  const size = data.atOnce;
  const feed = (from: number, to: number): ReturnType<Dataset["batch"]> => data.batch(range(from, to));
  try {
    const evidence: Evidence[] = [...(asked.evidence ?? [])];
    for (let from = 0; !asked.evidence && from < count; from += size)
      evidence.push(...(await ask(range(from, Math.min(count, from + size)))));
    const labels = range(0, evidence.length).map((i) => data.annotation(i).label);
    return await doubtBaseline({
      metric: exam.task.metrics[0]!,
      evidence,
      ...(exam.task.spec.kind === "classification" && { chance: chanceOf(labels as number[], data.classes.length) }),
      ...(expected !== undefined && { expected }),
      // Only numbers that are normalised can be normalised otherwise; a stream goes by once.
      ...(data.main !== undefined &&
        !data.stream &&
        data.fed[data.main] === "data" && {
          probe: { own: { ...options, order: options.normalise.channels ?? "RGB" }, count, size, batch: feed, judge },
        }),
    });
  } finally {
    await session.release();
  }
}

/** Throws `InputError` where the quality is not what is asserted, with all that may explain it. */
export function checkExpected(warnings: readonly BaselineWarning[]): void {
  if (!warnings.some(({ kind }) => kind === "below-expected")) return;
  throw new InputError("ERR_BASELINE", warnings.map(baselineText).join("; "));
}
