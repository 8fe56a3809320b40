/** @file The two pieces of a model split at a cut, with or without a bottleneck, and what their tensor looks like. */
import { joinBottleneck, trainBottleneck, type Bottleneck, type Phases } from "@split-et-impera/core/bottleneck";
import type { BottleneckOptions } from "@split-et-impera/core/study";
import type { Session } from "@split-et-impera/core/engine";
import { serialiseModel, headAndTail, type ModelProto } from "@split-et-impera/core/onnx";
import { float32, sizeOf, type Tensor } from "@split-et-impera/core/tensor";
import { createCalibrator, type Calibration } from "@split-et-impera/core/wire";
import { augmentedBatch } from "../../data/augment.ts";
import { engine } from "@split-et-impera/ort";
import { batchSize } from "../answers/index.ts";
import type { Workbench } from "./workbench.ts";

export interface Pieces {
  cut: string;
  bottleneck?: { options: BottleneckOptions; trained: Bottleneck };
  head: ModelProto;
  tail: ModelProto;
  /** The tensor on the wire and its shape without the batch. */
  tensor: string;
  shape: number[];
  sessions: { head: Session; tail: Session };
  /** Ranges and means over training images. */
  calibration: Calibration;
  /** What the pieces depend on, for keys. */
  key: unknown;
}

/** Training images whose tensors set the quantiser's range and the fill values. */
const calibrationImages = 256;
/** Most bytes of features kept in memory while a bottleneck trains. */
const featureBytes = 2 ** 30;

/** Splits at a cut; with bottleneck options, trains one there first (or takes it from the cache). */
export async function makePieces(
  bench: Workbench,
  cut: string,
  options: BottleneckOptions | undefined,
  update: (status: string) => void,
): Promise<{ pieces: Pieces; cached: boolean }> {
  const { inspection } = bench;
  let trained: { value: Bottleneck; cached: boolean } | undefined;
  if (options) trained = await bottleneckAt(bench, cut, options, update);
  const plain = headAndTail(inspection, cut);
  const { head, tail, tensor } = trained ? joinBottleneck(inspection, trained.value) : plain;
  const shape = trained ? [...trained.value.plan.latent] : inspection.seen.get(cut)!.dims.slice(1);
  const sessions = { head: await engine.load(serialiseModel(head)), tail: await engine.load(serialiseModel(tail)) };
  const key = [bench.modelHash, cut, options && trainingKey(bench, cut, options)];
  const { value: calibration, cached } = await bench.cache.get("calibration", [key, bench.trainKey], async () => {
    const calibrator = createCalibrator();
    const count = Math.min(calibrationImages, bench.train.count);
    for (const part of parts(count, inspection.batch ? batchSize : 1)) {
      const found = await sessions.head.run({ [inspection.input.name]: bench.train.batch(part) }, [tensor]);
      calibrator.add(found[tensor] as Tensor<"float32">);
    }
    return calibrator.result();
  });
  const pieces: Pieces = {
    cut,
    head,
    tail,
    tensor,
    shape,
    sessions,
    calibration,
    key,
    ...(options && trained && { bottleneck: { options, trained: trained.value } }),
  };
  return { pieces, cached: cached && (trained?.cached ?? true) };
}

function trainingKey({ modelHash, trainKey, study }: Workbench, cut: string, options: BottleneckOptions): unknown {
  return [modelHash, trainKey, cut, options, study.seed];
}

async function bottleneckAt(
  bench: Workbench,
  cut: string,
  options: BottleneckOptions,
  update: (status: string) => void,
): Promise<{ value: Bottleneck; cached: boolean }> {
  const { cache, inspection, train, study, signal } = bench;
  const key = trainingKey(bench, cut, options);
  return cache.get("bottleneck", key, async () => {
    const features = await headFeatures(bench, cut, options, update);
    const checkpoint = await cache.read<Phases["checkpoint"]>("checkpoint", key);
    const trained = await trainBottleneck(
      engine,
      inspection,
      cut,
      options,
      {
        count: features.count,
        label: (i) => train.label(i),
        features: features.of,
        inputs: (indices, epoch) => augmentedBatch(train, indices, study.data, study.seed + epoch, options.augment),
      },
      study.seed,
      {
        signal,
        ...(checkpoint && { checkpoint }),
        onCheckpoint: (at) => cache.write("checkpoint", key, at),
        onProgress: (phase, { epoch, epochs, loss, accuracy, secondsLeft }) =>
          update(
            `${phase} epoch ${epoch + 1}/${epochs}, loss ${loss.toFixed(3)}, accuracy ${(100 * accuracy).toFixed(1)} %, ${Math.ceil(secondsLeft)} s left`,
          ),
      },
    );
    await cache.remove("checkpoint", key);
    return trained;
  });
}

interface Features {
  count: number;
  of(indices: Uint32Array, epoch: number): Tensor<"float32">;
}

/** Augmented copies of the training images whose features are kept; epochs take turns on them. */
const mostCopies = 4;

/** The cut tensor of the training images, unchanged and augmented, as many as memory may hold. */
async function headFeatures(
  { inspection, train, study, signal }: Workbench,
  cut: string,
  { augment, epochs }: BottleneckOptions,
  update: (status: string) => void,
): Promise<Features> {
  const shape = inspection.seen.get(cut)!.dims.slice(1);
  const size = sizeOf(shape);
  const room = Math.floor(featureBytes / (4 * size));
  const count = Math.min(train.count, room);
  const varied = train.image !== undefined && augment.length > 0;
  const copies = varied ? Math.max(1, Math.min(mostCopies, epochs.frozen, Math.floor(room / count))) : 1;
  const session = await engine.load(serialiseModel(headAndTail(inspection, cut).head));
  const all = Array.from({ length: copies }, () => new Float32Array(count * size));
  try {
    for (const [copy, data] of all.entries()) {
      for (const part of parts(count, inspection.batch ? batchSize : 1)) {
        signal.throwIfAborted();
        const input =
          copy === 0 ? train.batch(part) : augmentedBatch(train, part, study.data, study.seed - copy, augment);
        const found = await session.run({ [inspection.input.name]: input }, [cut]);
        data.set(found[cut]!.data as Float32Array, part[0]! * size);
        update(`features of ${copy * count + part.at(-1)! + 1} of ${copies * count} images`);
      }
    }
  } finally {
    await session.release();
  }
  return {
    count,
    of(indices, epoch) {
      const source = all[epoch % copies]!;
      const data = new Float32Array(indices.length * size);
      indices.forEach((index, row) => data.set(source.subarray(index * size, (index + 1) * size), row * size));
      return float32([indices.length, ...shape], data);
    },
  };
}

/** 0..count-1 in runs of `size`. */
export function parts(count: number, size: number): number[][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, k) =>
    Array.from({ length: Math.min(size, count - k * size) }, (_, i) => k * size + i),
  );
}
