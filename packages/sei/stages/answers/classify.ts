/** @file Which class a model says. */
import type { Engine, Session } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { firstNotFinite, observe, serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import { argMax } from "@split-et-impera/core/saliency";
import { classification } from "@split-et-impera/core/task";
import type { Tensor, Tensors } from "@split-et-impera/core/tensor";
import type { Dataset } from "../../data/index.ts";

/** Images at once through a session. */
export const batchSize = 50;

/**
 * The class of each row: the largest score's, or of one score whether it lies above `threshold`. Throws `InputError` where
 * the scores are not finite.
 *
 * @param feeds the batch is the first dimension of each
 */
export async function classify(session: Session, feeds: Tensors, output: string, threshold = 0): Promise<Uint32Array> {
  const rows = Object.values(feeds)[0]!.dims[0]!;
  const { [output]: scores } = await session.run(feeds, [output]);
  const values = scores!.data as Float32Array;
  const classes = values.length / rows;
  for (const value of values) {
    if (!Number.isFinite(value))
      throw new InputError("ERR_NOT_FINITE", `the output "${output}" holds NaN or infinite scores`);
  }
  return Uint32Array.from({ length: rows }, (_, row) =>
    classes === 1 ? Number(values[row]! > threshold) : argMax(values, row * classes, classes),
  );
}

/** Explains scores that are not finite: the operator at which they begin. */
async function explainNotFinite(
  engine: Engine,
  error: unknown,
  inspection: Inspection,
  input: Tensor,
): Promise<unknown> {
  if (!(error instanceof InputError) || error.code !== "ERR_NOT_FINITE") return error;
  const seen = await observe(inspection.model, engine, { [inspection.input.name]: input });
  const culprit = firstNotFinite(inspection.model, seen);
  return new InputError(error.code, `${error.message}${culprit ? `; they begin at ${culprit}` : ""}`, { cause: error });
}

/** 1 where a class is the image's own. */
export function hits(classes: ArrayLike<number>, labels: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: classes.length }, (_, i) => (classes[i] === labels[i] ? 1 : 0));
}

/**
 * Per image, 1 where a model is right: by its largest score, or by the sign of one logit for two classes. Throws
 * `InputError` that names the operator where scores are not finite, and where no output has scores for the data's classes.
 *
 * @param chosen which output holds the scores; default the first with one per class
 */
export async function rightAnswers(
  engine: Engine,
  inspection: Inspection,
  data: Dataset,
  signal: AbortSignal,
  onProgress: (done: number) => void,
  chosen?: string,
): Promise<Uint8Array> {
  const { model, input, batch } = inspection;
  const { classes } = data;
  const task = classification({ kind: "classification", classes, ...(chosen !== undefined && { output: chosen }) });
  const binding = task.bind(inspection);
  const session = await engine.load(serialiseModel(model));
  const answer = async (indices: number[]): Promise<Uint8Array> => {
    const value = data.batch(indices);
    const found = await session.run({ [input.name]: value }, binding.outputs);
    try {
      return hits(
        task.answers(binding, found),
        indices.map((i) => data.label(i)),
      );
    } catch (error) {
      throw await explainNotFinite(engine, error, inspection, value);
    }
  };
  try {
    return await inBatches(data.count, batch ? batchSize : 1, signal, answer, onProgress);
  } finally {
    await session.release();
  }
}

/** Calls `work` for batches of 0..count-1 and joins what it gives. */
export async function inBatches(
  count: number,
  size: number,
  signal: AbortSignal,
  work: (indices: number[]) => Promise<Uint8Array>,
  onProgress?: (done: number) => void,
): Promise<Uint8Array> {
  const all = new Uint8Array(count);
  for (let from = 0; from < count; from += size) {
    signal.throwIfAborted();
    all.set(await work(Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i)), from);
    onProgress?.(Math.min(count, from + size));
  }
  return all;
}
