/**
 * @file How long a bottleneck trains on cached features: the fourth block of the VGG16, 10,000 images, five epochs.
 *
 *     node bench/gradient/bottleneck.ts [MODEL.onnx [DATA]]
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { engine, openData } from "split-et-impera";
import { labelOf } from "split-et-impera/data";
import { trainBottleneck, type Lesson } from "../../packages/core/bottleneck/index.ts";
import type { AutoencoderOptions } from "../../packages/core/study/index.ts";
import { inspectModel, serialiseModel, headAndTail, type ModelProto } from "../../packages/core/onnx/index.ts";
import { classAim } from "../../packages/core/saliency/index.ts";
import { int64, rowsAt, sizeOf, zeros, type Tensor } from "../../packages/core/tensor/index.ts";
import { classObjective, fed } from "../../packages/core/training/index.ts";
import { network } from "./network.ts";

const images = 10_000;
const goal = 60;
const options: AutoencoderOptions = {
  compression: 64,
  epochs: { frozen: 5, joint: 0 },
  augment: [],
  learningRate: 0.002,
  batch: 64,
};

export interface BottleneckTime {
  /** The tensor that is made smaller, and its shape for one image. */
  tensor: string;
  shape: readonly number[];
  images: number;
  epochs: number;
  /** Of the training alone, and of the features that it uses, computed once before. */
  seconds: number;
  cpuSeconds: number;
  featureSeconds: number;
  /** Of the last epoch, on the images it learned from. */
  accuracy: number;
  met: boolean;
}

/** Trains at the last tensor of 2 x 2 positions with four poolings before it; `data` is CIFAR-10's folder. */
export async function timeBottleneck(model: ModelProto, data: string): Promise<BottleneckTime> {
  const inspection = await inspectModel(model, engine);
  const tensor = fourthPooling(inspection.index.nodes);
  const training = await openData(
    {
      format: "cifar10",
      path: data,
      normalise: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
      layout: "NCHW",
      limit: { train: images, test: 1 },
    },
    "train",
  );
  const shape = inspection.seen.get(tensor)!.dims.slice(1);
  const features = zeros("float32", [training.count, ...shape]);
  const began = performance.now();
  const session = await engine.load(serialiseModel(headAndTail(inspection, tensor).head));
  for (let from = 0; from < training.count; from += 50) {
    const part = Array.from({ length: Math.min(50, training.count - from) }, (_, i) => from + i);
    const found = await session.run({ [inspection.input.name]: training.batch(part) }, [tensor]);
    features.data.set(found[tensor]!.data as Float32Array, from * sizeOf(shape));
  }
  await session.release();
  const started = performance.now();
  const startedCpu = process.cpuUsage();
  const lesson = (indices: Uint32Array, input: Tensor): Lesson => ({
    input,
    truths: {
      [fed.labels]: int64(
        [indices.length],
        Array.from(indices, (i) => labelOf(training, i)),
      ),
    },
  });
  const { history } = await trainBottleneck(
    engine,
    inspection,
    tensor,
    options,
    {
      count: training.count,
      objective: classObjective(classAim(inspection, training.classes, "label").binding, { kind: "cross-entropy" }),
      lessons: {
        frozen: (indices) => lesson(indices, rowsAt(features, indices)),
        joint: (indices) => lesson(indices, training.batch(indices)),
      },
    },
    1,
  );
  const seconds = (performance.now() - started) / 1000;
  const cpu = process.cpuUsage(startedCpu);
  return {
    tensor,
    shape,
    images: training.count,
    epochs: options.epochs.frozen,
    seconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    featureSeconds: (started - began) / 1000,
    accuracy: history.frozen.at(-1)!.accuracy!,
    met: seconds < goal,
  };
}

function fourthPooling(nodes: readonly { opType: string; output: string[] }[]): string {
  return nodes.filter(({ opType }) => opType === "MaxPool")[3]!.output[0]!;
}

/** The benchmark's line, or why there is none. */
export async function bottleneckLine(file: string, data: string): Promise<string> {
  if (!existsSync(file) || !existsSync(data)) return "bottleneck was not timed: the model or CIFAR-10 is not there";
  const found = await timeBottleneck((await network(file)).model, data);
  return (
    `bottleneck ${found.seconds.toFixed(1)} s for ${found.images} images and ${found.epochs} epochs on features of ` +
    `"${found.tensor}" [${found.shape.join(", ")}] (${found.cpuSeconds.toFixed(0)} s of processor time; ` +
    `${found.featureSeconds.toFixed(1)} s before to compute the features), ` +
    `goal ${goal} s: ${found.met ? "met" : "missed"}`
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const [
    model = here("../../../shared/models/vgg16-cifar10.onnx"),
    data = here("../../../shared/data/cifar-10-batches-bin"),
  ] = process.argv.slice(2);
  console.log(await bottleneckLine(model, data));
}
