/** @file Which class a model says. */
import type { Engine, Session } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { firstNotFinite, observe, serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import { argMax } from "@split-et-impera/core/saliency";
import type { Tensor } from "@split-et-impera/core/tensor";
import type { Dataset } from "../../data/index.ts";

/** Images at once through a session. */
export const batchSize = 50;

/** The arg-max class of each row. Throws `InputError` where the scores are not finite. */
export async function classify(
  session: Session,
  feed: { name: string; value: Tensor },
  output: string,
): Promise<Uint32Array> {
  const rows = feed.value.dims[0]!;
  const { [output]: scores } = await session.run({ [feed.name]: feed.value }, [output]);
  const values = scores!.data as Float32Array;
  const classes = values.length / rows;
  for (const value of values) {
    if (!Number.isFinite(value))
      throw new InputError("ERR_NOT_FINITE", `the output "${output}" holds NaN or infinite scores`);
  }
  return Uint32Array.from({ length: rows }, (_, row) => argMax(values, row * classes, classes));
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

/** Per image, 1 where a model is right. Throws `InputError` that names the operator where scores are not finite. */
export async function rightAnswers(
  engine: Engine,
  inspection: Inspection,
  data: Dataset,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Uint8Array> {
  const { model, input, output, batch } = inspection;
  const session = await engine.load(serialiseModel(model));
  const answer = async (indices: number[]): Promise<Uint8Array> => {
    const value = data.batch(indices);
    const classes = await classify(session, { name: input.name, value }, output.name).catch(async (error: unknown) => {
      throw await explainNotFinite(engine, error, inspection, value);
    });
    return hits(
      classes,
      indices.map((i) => data.label(i)),
    );
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
