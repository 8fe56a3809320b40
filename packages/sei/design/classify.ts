/** @file Which class a model says. */
import type { Session } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { firstNotFinite, observe, type Inspection } from "@split-et-impera/core/onnx";
import { argMax } from "@split-et-impera/core/saliency";
import type { Tensor } from "@split-et-impera/core/tensor";
import { engine } from "../engine/index.ts";

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
export async function explainNotFinite(error: unknown, inspection: Inspection, input: Tensor): Promise<unknown> {
  if (!(error instanceof InputError) || error.code !== "ERR_NOT_FINITE") return error;
  const seen = await observe(inspection.model, engine, { [inspection.input.name]: input });
  const culprit = firstNotFinite(inspection.model, seen);
  return new InputError(error.code, `${error.message}${culprit ? `; they begin at ${culprit}` : ""}`, { cause: error });
}

/** 1 where a class is the image's own. */
export function hits(classes: ArrayLike<number>, labels: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: classes.length }, (_, i) => (classes[i] === labels[i] ? 1 : 0));
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
