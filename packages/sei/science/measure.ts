/** @file The stage that measures all cuts at once, by one pass forward and back over some training samples. */
import type { Engine, Session } from "@split-et-impera/core/engine";
import { addGradients, observeGrown, raiseModel } from "@split-et-impera/core/gradient";
import { createBuilder, serialiseModel, type GraphBuilder, type Inspection } from "@split-et-impera/core/onnx";
import { fisherOf, measuresOf, pooled, ridgeAccuracy, type Measures } from "@split-et-impera/core/predict";
import { aimOf } from "@split-et-impera/core/saliency";
import type { Target } from "@split-et-impera/core/task";
import { float32, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import type { Stage } from "../stages/context.ts";
import { shuffled, taken, type Matter } from "./subject.ts";

/** Samples at once: activations and gradients of all cuts are held. */
const atOnce = 10;

/** By cut, per sample; the probe is one number, NaN where answers are no classes. */
export interface Measured extends Measures {
  fisher: Float64Array;
  probe: number;
}

export interface MeasureInput {
  matter: Matter;
  images: number;
}

export interface MeasuredAll {
  cuts: Measured[];
  /** Classes of the samples; empty where they have none. */
  labels: number[];
  seconds: number;
}

export const measureStage: Stage<MeasureInput, MeasuredAll> = {
  name: "science-measures",
  version: 1,
  key: ({ matter: { key }, images }) => [key, images],
  async run({ matter, images }, { engine, signal, update }) {
    const started = performance.now();
    const { inspection, train, rehearsal, cuts } = matter;
    const chosen = taken(shuffled(matter, 0), 0, Math.min(images, train.count));
    const wrt = cuts.map(({ tensor }) => tensor);
    const aim = aimOf(rehearsal.task, inspection, "label", rehearsal.truth(0));
    const like = aim.by === "label" ? aim.task.learn!.truths([aim.truth]) : undefined;
    const truth = like && { name: "science/truth", type: like.type, dims: ["batch", ...like.dims.slice(1)] };
    const forwardBack = await openGradients(engine, inspection, wrt, aim.binding.decides, (g) =>
      aim.task.target(g, aim.binding, truth && g.input(truth.name, truth.type, truth.dims)),
    );
    const { scores, columns = 0 } = aim.binding as { scores?: string; columns?: number };
    const classes = scores !== undefined && columns > 1 && aim.by === "label";
    const likelihood = classes
      ? await openGradients(engine, inspection, wrt, [], (g) => {
          const seed = g.input("science/seed", "float32", ["batch", columns]);
          return [{ tensor: scores, seed: g.reshapeLike(seed, scores) }];
        })
      : undefined;
    const found = cuts.map(() => ({
      measures: [] as Measures[],
      fisher: [] as Float64Array[],
      features: [] as Float64Array[],
    }));
    const labels: number[] = [];
    for (let from = 0; from < chosen.length; from += atOnce) {
      signal.throwIfAborted();
      const samples = chosen.slice(from, from + atOnce);
      const truths = samples.map(rehearsal.truth);
      const feeds = train.feeds(samples);
      const all = await forwardBack.run({ ...feeds, ...(truth && { [truth.name]: aim.task.learn!.truths(truths) }) });
      const own = classes ? truths.map(Number) : [];
      labels.push(...own);
      const back =
        likelihood && (await likelihood.run({ ...feeds, "science/seed": seedOf(all[scores!]!, own, columns) }));
      cuts.forEach(({ tensor, channels }, i) => {
        const activation = all[tensor] as Tensor<"float32">;
        found[i]!.measures.push(measuresOf(activation, forwardBack.gradient(all, tensor), channels));
        found[i]!.features.push(pooled(activation, channels));
        if (back && likelihood)
          found[i]!.fisher.push(fisherOf(activation, likelihood.gradient(back, tensor), channels));
      });
      update(`${from + samples.length} of ${chosen.length} samples`);
    }
    await forwardBack.session.release();
    await likelihood?.session.release();
    const measured = found.map(({ measures, fisher, features }, i): Measured => ({
      saliency: joined(measures.map((one) => one.saliency)),
      energy: joined(measures.map((one) => one.energy)),
      gradientNorm: joined(measures.map((one) => one.gradientNorm)),
      gradientActivation: joined(measures.map((one) => one.gradientActivation)),
      fisher: joined(fisher),
      probe: classes
        ? ridgeAccuracy({ data: joined(features), columns: widthOf(cuts[i]!) }, labels, Math.floor(labels.length / 2))
        : Number.NaN,
    }));
    return { cuts: measured, labels, seconds: (performance.now() - started) / 1000 };
  },
};

const widthOf = ({ shape, channels }: Matter["cuts"][number]): number => shape[channels - 1]!;

/** The gradient of the log-likelihood of the labels by the scores: one less the probability at the label, less it elsewhere. */
function seedOf({ data }: Tensor, labels: readonly number[], columns: number): Tensor<"float32"> {
  const seed = new Float32Array(labels.length * columns);
  labels.forEach((label, n) => {
    const own = Array.from({ length: columns }, (_, c) => Number(data[n * columns + c]));
    const most = Math.max(...own);
    const weights = own.map((score) => Math.exp(score - most));
    const sum = weights.reduce((a, b) => a + b, 0);
    weights.forEach((weight, c) => (seed[n * columns + c] = (c === label ? 1 : 0) - weight / sum));
  });
  return float32([labels.length, columns], seed);
}

export interface Gradients {
  session: Session;
  run(feeds: Tensors): Promise<Tensors>;
  gradient(found: Tensors, tensor: string): Tensor<"float32">;
}

/** A session that gives tensors of the model, and the gradients of a score by them. */
export async function openGradients(
  engine: Engine,
  inspection: Inspection,
  wrt: readonly string[],
  more: readonly string[],
  of: (g: GraphBuilder) => Target[],
): Promise<Gradients> {
  const { model, seen } = raiseModel(inspection.model, inspection.seen);
  const { others } = await observeGrown(engine, model, inspection.feeds(inspection.rows), seen);
  const g = createBuilder(model);
  model.graph!.output = [];
  g.scope("science/");
  const gradients = addGradients(g, { of: of(g), wrt, seen, others: others.map((one) => one.seen), sized: false });
  g.scope("");
  for (const name of new Set([...wrt, ...Object.values(gradients.of), ...more])) g.output(name, "float32");
  const session = await engine.load(serialiseModel(model));
  return {
    session,
    run: (feeds) => session.run(Object.fromEntries(session.inputs.map((name) => [name, feeds[name]!]))),
    gradient: (found, tensor) => found[gradients.of[tensor]!] as Tensor<"float32">,
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
