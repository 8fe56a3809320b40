/** @file A cut of a model, opened: what crosses for each sample, and what is made of what arrives. */
import { joinBottleneck, type Bottleneck } from "@split-et-impera/core/bottleneck";
import type { Cut } from "@split-et-impera/core/design";
import type { Engine } from "@split-et-impera/core/engine";
import { serialiseModel, splitSegments, type Inspection, type ModelProto } from "@split-et-impera/core/onnx";
import type { Evidence } from "@split-et-impera/core/task";
import { sizeOf, type Tensors } from "@split-et-impera/core/tensor";
import type { Samples } from "../../data/index.ts";
import { examine, inBatches, type Exam } from "../answers/index.ts";
import { createObserver, crossingOf, fedTo, type Sent } from "../design/sent.ts";

/** Samples whose tensors set ranges, tables and means: as in a study. */
const calibrated = 256;
/** Bytes of tensors that are kept, so that the head runs once; of more it runs each time. */
const mostKept = 1e9;

export interface OpenedCut extends AsyncDisposable {
  /** What crosses, with what was seen of it over training samples. */
  sent: readonly Sent[];
  /** Training samples that were looked at. */
  seen: number;
  /** The tensors of these samples, of which there is one batch. */
  tensors(samples: readonly number[]): Promise<Tensors>;
  answers(arrived: Tensors, samples: readonly number[]): Promise<Evidence[]>;
  /** Every test sample's evidence, batch by batch. */
  each(work: (tensors: Tensors, samples: readonly number[]) => Promise<Evidence[]>): Promise<Evidence[]>;
}

export interface CutOptions {
  inspection: Inspection;
  cut: Cut;
  /** What makes fewer values cross there, where the cut is of one tensor; absent: nothing. */
  bottleneck?: Bottleneck;
  /** Whether one step is right for all channels: coefficients of orthonormal vectors are in the tensor's own units. */
  alike?: boolean;
  train: Samples;
  test: Samples;
  exam: Exam;
  engine: Engine;
  signal: AbortSignal;
}

export async function openCut(options: CutOptions): Promise<OpenedCut> {
  const { inspection, cut, bottleneck, alike = false, train, test, exam, engine, signal } = options;
  const { front, back, crosses } = modelsAt(inspection, cut, bottleneck);
  const head = await engine.load(serialiseModel(front));
  const tail = await engine.load(serialiseModel(back));
  const names = splitNames(crosses, tail.inputs);
  const observer = createObserver(names, !alike);
  const seen = Math.min(calibrated, train.count);
  await inBatches(seen, train.atOnce, signal, async (samples) => {
    observer.add(await crossingOf(head, train.feeds(samples), names), samples.length);
    return [];
  });
  const sent = observer.result();
  const kept = new Map<number, Tensors>();
  const keeps = 4 * test.count * sent.reduce((sum, { dims }) => sum + sizeOf(dims), 0) <= mostKept;
  const tensors = async (samples: readonly number[]): Promise<Tensors> => {
    const known = kept.get(samples[0]!);
    if (known) return known;
    const found = await crossingOf(head, test.feeds(samples), names);
    if (keeps) kept.set(samples[0]!, found);
    return found;
  };
  return {
    sent,
    seen,
    tensors,
    answers: (arrived, samples) => examine(exam, tail, fedTo(tail, arrived), samples),
    each: (work) =>
      inBatches(test.count, test.atOnce, signal, async (samples) => work(await tensors(samples), samples)),
    async [Symbol.asyncDispose]() {
      await head.release();
      await tail.release();
    },
  };
}

function modelsAt(
  inspection: Inspection,
  cut: Cut,
  bottleneck: Bottleneck | undefined,
): { front: ModelProto; back: ModelProto; crosses: Cut } {
  if (bottleneck) {
    const { head, tail, tensor } = joinBottleneck(inspection, bottleneck);
    return { front: head, back: tail, crosses: [tensor] };
  }
  const [front, back] = splitSegments(inspection, [cut]).models;
  return { front: front!, back: back!, crosses: cut };
}

/** The tensors that cross: those of the cut, and what the tail takes beside them. */
const splitNames = (cut: Cut, taken: readonly string[]): string[] => [...new Set([...cut, ...taken])];
