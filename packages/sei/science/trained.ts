/** @file The stage that trains an autoencoder at a cut to send so many bytes, with everything else frozen, and judges it. */
import { joinBottleneck, latentName, trainBottleneck, type Phases } from "@split-et-impera/core/bottleneck";
import { InputError, internal } from "@split-et-impera/core/errors";
import { extractModel, serialiseModel, valueInfo } from "@split-et-impera/core/onnx";
import type { AutoencoderOptions } from "@split-et-impera/core/study";
import { float32, rowsAt, rows, sizeOf, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import { fed, learnableTensors, meanSquareOf, outputsObjective } from "@split-et-impera/core/training";
import { calibratedCodec, createCalibrator } from "@split-et-impera/core/wire";
import { examine } from "../stages/answers/index.ts";
import type { Stage } from "../stages/context.ts";
import { carriedOver, type Coded } from "../stages/design/sent.ts";
import { openForward } from "../stages/forward.ts";
import { keep, keyOf, recall } from "../stages/run-stage.ts";
import { scoresOf, shuffled, taken, valuesOf, type LayerCut, type Matter } from "./subject.ts";

export interface TrainedInput {
  matter: Matter;
  cut: LayerCut;
  /** Bytes of a message, at most. */
  budget: number;
  seed: number;
  /** Training samples and passes over them. */
  samples: number;
  epochs: number;
}

export interface Trained {
  /** Of a message. */
  bytes: number;
  /** Of test samples. */
  scores: Float32Array;
  trainingSeconds: number;
}

/** Undefined where none can be built, or its latent has more numbers than the message bits. */
export const trainedStage: Stage<TrainedInput, { trained?: Trained }> = {
  name: "science-trained",
  version: 1,
  key: ({ matter: { key }, cut: { tensor }, budget, seed, samples, epochs }) => [
    key,
    tensor,
    budget,
    seed,
    samples,
    epochs,
  ],
  async run(input, context) {
    const { matter, cut, budget, seed, samples, epochs } = input;
    const { engine, signal, update } = context;
    const { inspection, train, test, exam } = matter;
    const started = performance.now();
    const wanted = learnableTensors(inspection, exam.binding.decides);
    await using forward = await openForward(engine, inspection.model, inspection, [cut.tensor, ...wanted]);
    const known = await forward.run(train.feeds(taken(shuffled(matter, seed), 0, Math.min(samples, train.count))));
    const of = (name: string, indices: Uint32Array): Tensor => rowsAt(known[name] as Tensor<"float32">, indices);
    const targets = wanted.map((name) => ({
      name,
      dims: inspection.seen.get(name)!.dims,
      meanSquare: meanSquareOf(known[name]!.data as Float32Array),
    }));
    const options: AutoencoderOptions = {
      compression: valuesOf(cut) / budget,
      epochs: { frozen: epochs, joint: 0 },
      learningRate: 0.005,
      batch: 48,
      augment: [],
    };
    const at = keyOf({ name: "science-checkpoint", version: 1 }, trainedStage.key(input), context);
    const checkpoint = await recall<Phases["checkpoint"]>(at, context);
    const made = await trainBottleneck(
      engine,
      inspection,
      cut.tensor,
      options,
      {
        count: known[cut.tensor]!.dims[0]!,
        objective: outputsObjective(targets),
        lessons: {
          frozen: (indices) => ({
            input: of(cut.tensor, indices),
            truths: Object.fromEntries(wanted.map((name) => [fed.wanted(name), of(name, indices)])),
          }),
          joint: () => {
            throw internal("a phase of no epochs");
          },
        },
      },
      seed,
      {
        signal,
        ...(checkpoint && { checkpoint }),
        onCheckpoint: (reached) => keep(at, reached, context),
        onProgress: (_, { epoch, secondsLeft }) =>
          update(
            `${cut.tensor}, ${budget} B, seed ${seed}: epoch ${epoch + 1} of ${epochs}, ${Math.ceil(secondsLeft)} s left`,
          ),
      },
    ).catch((error: unknown) => {
      if (error instanceof InputError && error.code === "ERR_BOTTLENECK") return undefined;
      throw error;
    });
    if (!made || sizeOf(made.plan.latent) > 8 * budget) return {};
    const trainingSeconds = (performance.now() - started) / 1000;
    const { head, tail } = joinBottleneck(inspection, made);
    const features = valueInfo(cut.tensor, "float32", [inspection.batch?.symbol ?? 1, ...cut.shape]);
    const encoder = await engine.load(serialiseModel(extractModel(head, [features], head.graph!.output)));
    const back = await engine.load(serialiseModel(tail));
    const latentsOf = async (x: Tensor): Promise<Tensor<"float32">> =>
      (await encoder.run({ [cut.tensor]: x }))[latentName] as Tensor<"float32">;
    const coded = packed(
      budget,
      await latentsOf(rows(known[cut.tensor]!, 0, Math.min(256, known[cut.tensor]!.dims[0]!))),
    );
    const scores = new Float32Array(test.count);
    for (let from = 0; from < test.count; from += test.atOnce) {
      const some = Array.from({ length: Math.min(test.atOnce, test.count - from) }, (_, i) => from + i);
      const latents = await latentsOf((await forward.run(test.feeds(some), [cut.tensor]))[cut.tensor]!);
      const arrived: Tensors = carriedOver(coded, { [latentName]: latents });
      scores.set(scoresOf(matter, await examine(exam, back, arrived, some)), from);
    }
    await encoder.release();
    await back.release();
    await context.store.remove(at);
    const { dims } = coded.sent[0]!;
    return { trained: { bytes: coded.codecs[0]!.bytesFor(dims), scores, trainingSeconds } };
  },
};

/** A byte for each number of the latent, or as many bits as there is room for. */
function packed(budget: number, latents: Tensor<"float32">): Coded {
  const room = (8 * budget) / sizeOf(latents.dims.slice(1));
  const bits = ([8, 6, 5, 4, 3, 2] as const).find((one) => one <= room) ?? 1;
  const calibrator = createCalibrator({ perChannel: true });
  calibrator.add(float32(latents.dims, latents.data));
  const calibration = calibrator.result();
  const dims = [1, ...latents.dims.slice(1)];
  return {
    sent: [{ name: latentName, type: "float32", dims, calibration }],
    codecs: [calibratedCodec(`uint${bits}`, calibration, { dims })],
  };
}
