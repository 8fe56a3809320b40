/**
 * @file The stage that splits at a cut without training, at several numbers of bytes: a linear bottleneck fitted to training samples,
 * an entropy code with one step for all coefficients that is as wide as the bytes allow, the unchanged tail behind.
 */
import { fitLinear, joinBottleneck, latentName, planLinear, type Bottleneck } from "@split-et-impera/core/bottleneck";
import type { Engine } from "@split-et-impera/core/engine";
import { createLoss } from "@split-et-impera/core/network";
import { extractModel, serialiseModel, valueInfo, type Inspection } from "@split-et-impera/core/onnx";
import { randomStream } from "@split-et-impera/core/random";
import { aimOf } from "@split-et-impera/core/saliency";
import { float32, rows, sizeOf, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import { calibratedCodec, createCalibrator, packetPlan, leastUnit } from "@split-et-impera/core/wire";
import type { Samples } from "../data/index.ts";
import { examine, type Exam } from "../stages/answers/index.ts";
import type { Context, Stage } from "../stages/context.ts";
import { bytesOfSamples, carriedOver, holed, type Coded } from "../stages/design/sent.ts";
import { openForward } from "../stages/forward.ts";
import { openGradients } from "./measure.ts";
import { scoresOf, shuffled, taken, valuesOf, type LayerCut, type Matter } from "./subject.ts";

export interface TrialInput {
  matter: Matter;
  cut: LayerCut;
  /** Bytes of a message in the mean. */
  budgets: readonly number[];
  /** Of the training samples that it is fitted to. */
  seed: number;
  counts: { fit: number; rehearse: number };
}

/** At one number of bytes. */
export interface Trial {
  asked: number;
  /** Mean bytes of the messages of test samples. */
  bytes: number;
  /** Of test samples. */
  scores: Float32Array;
  /** Of rehearsed training samples, which other things are predicted by. */
  rehearsed: Float32Array;
  /** Per rehearsed sample: squared error of the tensor by its squares about the mean; squared change of the score to first order. */
  error: Float64Array;
  change: Float64Array;
  /** Of test samples, where datagrams of 32 bytes are lost. */
  lossy?: Float32Array;
}

export interface Trials {
  trials: Trial[];
  /** What the rehearsal took, fitting included, and what judging took. */
  rehearsalSeconds: number;
  judgingSeconds: number;
}

/** Coefficients that are coded, for each byte; most are zero. */
const coefficientsPerByte = 16;
/** Of blocks of positions: as JPEG has them. */
const leastSide = 8;
/** Share of datagrams lost, one by one. */
export const lossRate = 0.1;

export const trialStage: Stage<TrialInput, Trials> = {
  name: "science-trial",
  version: 3,
  key: ({ matter: { key }, cut: { tensor }, budgets, seed, counts }) => [key, tensor, budgets, seed, counts],
  async run(input, context) {
    const { matter, cut, budgets, seed, counts } = input;
    const { engine } = context;
    const { inspection, train, test, exam, rehearsal } = matter;
    const started = performance.now();
    const order = shuffled(matter, seed);
    const fitted = taken(order, 0, counts.fit);
    const rehearsed = taken(order, counts.fit, counts.rehearse);
    await using forward = await openForward(engine, inspection.model, inspection, [cut.tensor]);
    const featuresOf = async (data: Samples, samples: readonly number[]): Promise<Tensor<"float32">> =>
      (await forward.run(data.feeds(samples)))[cut.tensor] as Tensor<"float32">;
    const seen = await featuresOf(train, fitted);
    const tried = { features: await featuresOf(train, rehearsed), samples: rehearsed, exam: rehearsal };
    const gradient = await gradientsAt(matter, cut, rehearsed, engine);
    let rehearsalSeconds = (performance.now() - started) / 1000;
    let judgingSeconds = 0;
    const all = Array.from({ length: test.count }, (_, i) => i);
    const judged = { features: await featuresOf(test, all), samples: all, exam };
    const trials: Trial[] = [];
    for (const budget of budgets) {
      context.signal.throwIfAborted();
      const before = performance.now();
      await using split = await openSplit(engine, inspection, cut, seen, budget);
      const [latents, sent] = [await split.encode(seen), await split.encode(tried.features)];
      const coded = codedWithin(latents, sent, budget);
      const { scores, arrived } = await answersTo(matter, split, tried, carriedOver(coded, { [latentName]: sent }));
      const { error, change } = distortion(tried.features, arrived, gradient);
      const middle = performance.now();
      const own = await split.encode(judged.features);
      const lengths = bytesOfSamples(coded, { [latentName]: own }, test.count);
      const result = await answersTo(matter, split, judged, carriedOver(coded, { [latentName]: own }));
      const trial: Trial = {
        asked: budget,
        bytes: lengths.reduce((sum, length) => sum + length, 0) / test.count,
        scores: result.scores,
        rehearsed: scores,
        error,
        change,
      };
      judgingSeconds += (performance.now() - middle) / 1000;
      if (budget === Math.max(...budgets))
        trial.lossy = await underLoss(matter, split, judged, latents, sent, own, budget);
      trials.push(trial);
      rehearsalSeconds += (middle - before) / 1000;
      context.update(`${cut.tensor}, seed ${seed}, ${budget} B`);
    }
    return { trials, rehearsalSeconds, judgingSeconds };
  },
};

interface Judged {
  features: Tensor<"float32">;
  samples: readonly number[];
  exam: Exam;
}

interface Split extends AsyncDisposable {
  /** Coefficients of samples, in groups of alike ones: see `grouped`. */
  encode(features: Tensor<"float32">): Promise<Tensor<"float32">>;
  /** Decoder and tail; with the decoded tensor among the outputs. */
  tail: Awaited<ReturnType<Engine["load"]>>;
  tensor: string;
  /** Shape of one sample's latent, as the decoder takes it. */
  latent: readonly number[];
}

/** Groups of coefficients that share a table, at most: they are in the order of their strength, so neighbours are alike. */
const mostGroups = 32;

/** [samples, coefficients, ...positions] as [samples, groups, the rest], the same numbers in the same order. */
function grouped({ dims, data }: Tensor<"float32">): Tensor<"float32"> {
  const [samples = 0, coefficients = 1, ...positions] = dims;
  let groups = Math.min(mostGroups, coefficients);
  while (coefficients % groups !== 0) groups--;
  return float32([samples, groups, (coefficients / groups) * sizeOf(positions)], data);
}

async function openSplit(
  engine: Engine,
  inspection: Inspection,
  cut: LayerCut,
  seen: Tensor<"float32">,
  budget: number,
): Promise<Split> {
  const compression = Math.max(1, valuesOf(cut) / (coefficientsPerByte * budget));
  const plan = planLinear(cut.shape, compression, cut.channels - 1, leastSide);
  const bottleneck: Bottleneck = {
    tensor: cut.tensor,
    plan,
    parameters: fitLinear(plan, seen),
    history: { frozen: [], joint: [] },
  };
  const { head, tail: joined } = joinBottleneck(inspection, bottleneck);
  const rowsOf = inspection.batch?.symbol ?? 1;
  const features = valueInfo(cut.tensor, "float32", [rowsOf, ...cut.shape]);
  const encoder = await engine.load(serialiseModel(extractModel(head, [features], head.graph!.output)));
  joined.graph!.output.push(valueInfo(cut.tensor, "float32"));
  const tail = await engine.load(serialiseModel(joined));
  return {
    tail,
    tensor: cut.tensor,
    encode: async (x) => grouped((await encoder.run({ [cut.tensor]: x }))[latentName] as Tensor<"float32">),
    latent: plan.latent,
    async [Symbol.asyncDispose]() {
      await encoder.release();
      await tail.release();
    },
  };
}

/** Coded with steps as narrow as the bytes allow, or the narrowest there are. */
function codedWithin(latents: Tensor<"float32">, sent: Tensor<"float32">, budget: number, payload = 1400): Coded {
  const calibrator = createCalibrator();
  calibrator.add(latents);
  const calibration = calibrator.result();
  const dims = [1, ...latents.dims.slice(1)];
  const count = sent.dims[0]!;
  const withStep = (step: number): Coded => ({
    sent: [{ name: latentName, type: "float32", dims, calibration }],
    codecs: [calibratedCodec("rans8", calibration, { payload, dims, step })],
  });
  const bytes = (coded: Coded): number =>
    bytesOfSamples(coded, { [latentName]: sent }, count).reduce((sum, length) => sum + length, 0) / count;
  // Steps of 1/255 of the range to all of it.
  let [narrow, wide] = [0, 8];
  if (bytes(withStep(1)) <= budget) return withStep(1);
  for (let i = 0; i < 8; i++) {
    const middle = (narrow + wide) / 2;
    if (bytes(withStep(2 ** middle)) <= budget) wide = middle;
    else narrow = middle;
  }
  return withStep(2 ** wide);
}

/** Scores of answers, and the tensors that the tail made of what arrived. */
async function answersTo(
  matter: Matter,
  split: Split,
  { samples, exam }: Judged,
  arrived: Tensors,
): Promise<{ scores: Float32Array; arrived: Tensor<"float32"> }> {
  const {
    dims: [count = 0],
    data: sent,
  } = arrived[latentName] as Tensor<"float32">;
  const latents = float32([count, ...split.latent], sent);
  const size = matter.test.atOnce;
  const scores = new Float32Array(samples.length);
  const parts: Float32Array[] = [];
  let dims: readonly number[] = [];
  for (let from = 0; from < samples.length; from += size) {
    const some = samples.slice(from, from + size);
    const feeds = { [latentName]: rows(latents, from, from + some.length) };
    const decoded: Tensors = {};
    const session = {
      ...split.tail,
      run: async (fed: Tensors, wanted?: readonly string[]) => {
        const found = await split.tail.run(fed, [...(wanted ?? []), split.tensor]);
        decoded[split.tensor] = found[split.tensor]!;
        return found;
      },
    };
    scores.set(scoresOf(matter, await examine(exam, session, feeds, some)), from);
    parts.push(decoded[split.tensor]!.data as Float32Array);
    dims = decoded[split.tensor]!.dims;
  }
  const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { scores, arrived: float32([samples.length, ...dims.slice(1)], data) };
}

/** Gradients of the answers' scores at the cut. */
async function gradientsAt(
  { inspection, train, rehearsal }: Matter,
  cut: LayerCut,
  samples: readonly number[],
  engine: Context["engine"],
): Promise<Float32Array> {
  const aim = aimOf(rehearsal.task, inspection, "predicted", undefined);
  const open = await openGradients(engine, inspection, [cut.tensor], [], (g) => aim.task.target(g, aim.binding));
  const size = sizeOf(cut.shape);
  const all = new Float32Array(samples.length * size);
  for (let from = 0; from < samples.length; from += 25) {
    const found = await open.run(train.feeds(samples.slice(from, from + 25)));
    all.set(open.gradient(found, cut.tensor).data, from * size);
  }
  await open.session.release();
  return all;
}

function distortion(
  features: Tensor<"float32">,
  arrived: Tensor<"float32">,
  gradient: Float32Array,
): { error: Float64Array; change: Float64Array } {
  const samples = features.dims[0]!;
  const size = features.data.length / samples;
  const mean = new Float64Array(size);
  features.data.forEach((value, i) => (mean[i % size]! += value / samples));
  let spread = 0;
  features.data.forEach((value, i) => (spread += (value - mean[i % size]!) ** 2 / samples));
  const error = new Float64Array(samples);
  const change = new Float64Array(samples);
  features.data.forEach((value, i) => {
    const gap = arrived.data[i]! - value;
    const n = Math.floor(i / size);
    error[n]! += gap * gap;
    change[n]! += gap * gradient[i]!;
  });
  return { error: error.map((sum) => sum / spread), change: change.map((sum) => sum * sum) };
}

/** The largest messages in datagrams of 32 bytes, each of which is lost by itself; lost coefficients become their means. */
async function underLoss(
  matter: Matter,
  split: Split,
  judged: Judged,
  latents: Tensor<"float32">,
  sent: Tensor<"float32">,
  own: Tensor<"float32">,
  budget: number,
): Promise<Float32Array> {
  const coded = codedWithin(latents, sent, budget, leastUnit);
  const tensors = { [latentName]: own };
  const missing = bytesOfSamples(coded, tensors, judged.samples.length).map((length, i) => {
    const plan = packetPlan({ kind: "none" }, length, leastUnit);
    const link = createLoss({ rate: lossRate }, randomStream(1, `science/loss ${judged.samples[i]}`));
    return plan.repair([...plan.sizes.keys()].filter(() => link?.drops(0)));
  });
  return (await answersTo(matter, split, judged, holed(coded, tensors, missing))).scores;
}
