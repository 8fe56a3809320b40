/** @file What a model's answers are worth: read in its outputs as the task reads them, judged by what is known of the samples. */
import type { Engine, Session } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { firstNotFinite, observe, serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import type { AnyTask, Binding, Evidence } from "@split-et-impera/core/task";
import type { Tensors } from "@split-et-impera/core/tensor";
import type { Samples } from "../../data/index.ts";
import { openStream } from "../stream.ts";

/** How the answers of a model, or of its tail, to the samples of a data set are judged. */
export interface Exam {
  task: AnyTask;
  binding: Binding;
  /** By sample. */
  truth(sample: number): unknown;
}

/**
 * Runs what gives the model's outputs, and judges its answers.
 *
 * @param samples which sample each row of the feeds is
 * @param onAnswer told of each answer, in their order
 * @throws InputError ERR_NOT_FINITE where the outputs cannot be read
 */
export async function examine(
  { task, binding, truth }: Exam,
  session: Session,
  feeds: Tensors,
  samples: readonly number[],
  onAnswer?: (answer: unknown) => void,
): Promise<Evidence[]> {
  const truths = samples.map(truth);
  const answers = task.answers(binding, await session.run(feeds, binding.outputs), truths);
  if (onAnswer) answers.forEach(onAnswer);
  return truths.map((one, row) => task.judge(answers[row], one));
}

/** Of a sample that was never answered. */
export const unanswered = ({ task, truth }: Exam, sample: number): Evidence => task.judge(undefined, truth(sample));

/** The whole model's answers to all samples, judged: see `askWhole`. */
export function examineWhole(
  engine: Engine,
  inspection: Inspection,
  data: Samples,
  exam: Exam,
  signal: AbortSignal,
  onProgress?: (done: number) => void,
  onAnswer?: (answer: unknown) => void,
): Promise<Evidence[]> {
  const ask = (session: Session, feeds: Tensors, samples: readonly number[]): Promise<Evidence[]> =>
    examine(exam, session, feeds, samples, onAnswer);
  return askWhole(engine, inspection, data, signal, ask, onProgress);
}

/** What is found in the whole model's outputs, sample by sample. Throws `InputError` that names the operator where they are not finite. */
export async function askWhole<T>(
  engine: Engine,
  inspection: Inspection,
  data: Samples,
  signal: AbortSignal,
  ask: (session: Session, feeds: Tensors, samples: readonly number[]) => Promise<T[]>,
  onProgress?: (done: number) => void,
): Promise<T[]> {
  const { model } = inspection;
  const session = await openStream(engine, serialiseModel(model), data);
  const explained = async (samples: number[]): Promise<T[]> => {
    const feeds = data.feeds(samples);
    session.enter(samples);
    try {
      return await ask(session, feeds, samples);
    } catch (error) {
      throw await explainNotFinite(engine, error, inspection, feeds);
    }
  };
  try {
    return await inBatches(data.count, data.atOnce, signal, explained, onProgress);
  } finally {
    await session.release();
  }
}

/** Explains outputs that are not finite: the operator at which they begin. */
async function explainNotFinite(
  engine: Engine,
  error: unknown,
  { model }: Inspection,
  feeds: Tensors,
): Promise<unknown> {
  if (!(error instanceof InputError) || error.code !== "ERR_NOT_FINITE") return error;
  const culprit = firstNotFinite(model, await observe(model, engine, feeds));
  return new InputError(error.code, `${error.message}${culprit ? `; they begin at ${culprit}` : ""}`, { cause: error });
}

/** Calls `work` for batches of 0..count-1 and joins what it gives. */
export async function inBatches<T>(
  count: number,
  size: number,
  signal: AbortSignal,
  work: (indices: number[]) => Promise<readonly T[]>,
  onProgress?: (done: number) => void,
): Promise<T[]> {
  const all: T[] = [];
  for (let from = 0; from < count; from += size) {
    signal.throwIfAborted();
    all.push(...(await work(Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i))));
    onProgress?.(Math.min(count, from + size));
  }
  return all;
}
