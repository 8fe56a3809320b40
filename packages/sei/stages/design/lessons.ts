/** @file What a bottleneck learns from: the cut tensor of training images, and the truths, or the whole model's outputs. */
import type { Lesson, TrainingImages } from "@split-et-impera/core/bottleneck";
import { InputError } from "@split-et-impera/core/errors";
import { batchAxis, type Inspection } from "@split-et-impera/core/onnx";
import type { AutoencoderOptions, Study } from "@split-et-impera/core/study";
import { elementBytes, rowsAt, sizeOf, zeros, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import {
  fed,
  learnableTensors,
  meanSquareOf,
  outputsObjective,
  truthsObjective,
  type Objective,
  type Wanted,
} from "@split-et-impera/core/training";
import { augmentedBatch } from "../../data/augment.ts";
import { batchSize } from "../answers/index.ts";
import type { Context } from "../context.ts";
import { openForward } from "../forward.ts";
import { isSteady } from "@split-et-impera/core/task";
import type { Subject } from "./subject.ts";

/** Most bytes of features, and of what the outputs should be, that are kept while a bottleneck trains. */
const keptBytes = 2 ** 30;
/** Augmented copies of the training images that are kept; epochs take turns on them. */
const mostCopies = 4;

/** What is taught with: the model, training samples, what is known of them, and the seed and normalisation of a study. */
export type Classroom = Pick<Subject, "inspection" | "train" | "exam" | "taught"> & {
  study: Pick<Study, "seed"> & { data: Pick<Study["data"], "normalise" | "layout"> };
};

export interface LessonsOptions {
  subject: Classroom;
  cut: string;
  options: Pick<AutoencoderOptions, "augment" | "epochs">;
}

/**
 * The task's own loss against what is known of the training images; of a task without one, or where nothing is known,
 * the whole model's outputs.
 */
export async function openLessons(
  { subject, cut, options: { augment, epochs } }: LessonsOptions,
  { engine, signal, update }: Pick<Context, "engine" | "signal" | "update">,
): Promise<TrainingImages & AsyncDisposable> {
  const { inspection, train, study, exam } = subject;
  const other = inspection.inputs.find(({ name }) => batchAxis(inspection, name) !== 0);
  if (other)
    throw new InputError(
      "ERR_BOTTLENECK",
      `the input "${other.name}" has no batch as its first dimension, which training needs`,
    );
  const known = truthsOf(subject);
  const wanted = known ? [] : learnableTensors(inspection, exam.binding.decides);
  const names = [cut, ...wanted];
  const forward = await openForward(engine, inspection.model, inspection, names);
  const kinds = known && !isSteady(exam.task.spec.kind) ? [] : augment;
  const fedWith = (indices: ArrayLike<number>, seed?: number): Tensors => {
    const own = seed === undefined || train.main === undefined || kinds.length === 0;
    return train.feeds(indices, own ? undefined : augmentedBatch(train, indices, study.data, seed, kinds));
  };
  const varied = train.image !== undefined && kinds.length > 0;
  const count = Math.min(train.count, Math.max(1, Math.floor(keptBytes / bytesOf(inspection, names))));
  const room = Math.max(1, Math.floor(keptBytes / bytesOf(inspection, names) / count));
  const copies = varied ? Math.min(mostCopies, Math.max(1, epochs.frozen), room) : 1;
  try {
    const kept: Rows[] = [];
    for (let copy = 0; copy < copies; copy++) {
      const all = roomFor(inspection, names, count);
      for (const part of parts(count, batchSize)) {
        signal.throwIfAborted();
        const found = await forward.run(fedWith(part, copy === 0 ? undefined : study.seed - copy));
        for (const [name, { data, dims }] of all)
          data.set(found[name]!.data as Float32Array, part[0]! * sizeOf(dims.slice(1)));
        update(`features of ${copy * count + part.at(-1)! + 1} of ${copies * count} images`);
      }
      kept.push(all);
    }
    const targets = wanted.map((name): Wanted => ({
      name,
      dims: inspection.seen.get(name)!.dims,
      meanSquare: meanSquareOf(kept[0]!.get(name)!.data),
    }));
    const truths = async (indices: Uint32Array, made: () => Promise<Tensors>): Promise<Tensors> => {
      if (known) return known.feeds(indices);
      const found = await made();
      return Object.fromEntries(wanted.map((name) => [fed.wanted(name), found[name]!]));
    };
    const frozen = async (indices: Uint32Array, epoch: number): Promise<Lesson> => {
      const all = kept[epoch % copies]!;
      const of = (name: string): Tensor => rowsAt(all.get(name)!, indices);
      const outputs = async (): Promise<Tensors> => Object.fromEntries(wanted.map((name) => [name, of(name)]));
      return { input: of(cut), truths: await truths(indices, outputs) };
    };
    const joint = async (indices: Uint32Array, epoch: number): Promise<Lesson> => {
      // What the first phase learned from has served.
      kept.length = 0;
      const all = fedWith(indices, study.seed + epoch);
      const input = all[inspection.input.name]!;
      return { input, beside: all, truths: await truths(indices, () => forward.run(all, wanted)) };
    };
    return {
      count,
      objective: known ? known.objective : outputsObjective(targets),
      lessons: { frozen, joint },
      [Symbol.asyncDispose]: () => forward[Symbol.asyncDispose](),
    };
  } catch (error) {
    await forward[Symbol.asyncDispose]();
    throw error;
  }
}

/** What is known of the training images, where the task learns from it. */
function truthsOf({
  exam: { task, binding },
  taught,
}: Classroom): { objective: Objective; feeds(indices: Uint32Array): Tensors } | undefined {
  const { learn } = task;
  if (!learn?.loss || !taught) return undefined;
  const truths = (indices: ArrayLike<number>): Tensor => learn.truths(Array.from(indices, taught));
  try {
    const objective = truthsObjective(binding.decides, truths([0]), (g, name) => learn.loss!(g, binding, name));
    return { objective, feeds: (indices) => ({ [fed.truths]: truths(indices) }) };
  } catch (error) {
    // Only the test images say what is true of them.
    if (error instanceof InputError && error.code === "ERR_TASK_TRUTH") return undefined;
    throw error;
  }
}

/** Tensors of images, one after the other, by name. */
type Rows = ReadonlyMap<string, Tensor<"float32">>;

const roomFor = ({ seen }: Inspection, names: readonly string[], count: number): Rows =>
  new Map(names.map((name) => [name, zeros("float32", [count, ...seen.get(name)!.dims.slice(1)])]));

/** Bytes of these tensors for one image. */
const bytesOf = ({ seen }: Inspection, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + elementBytes("float32") * sizeOf(seen.get(name)!.dims.slice(1)), 0);

/** 0..count-1 in runs of `size`. */
export function parts(count: number, size: number): number[][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, k) =>
    Array.from({ length: Math.min(size, count - k * size) }, (_, i) => k * size + i),
  );
}
