/** @file The saliency stage: the curve, the candidates, and Grad-CAM maps of a few images for the report. */
import type { Cut, SaliencyExample, SaliencyResult } from "@split-et-impera/core/design";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { buildSaliencyGraph, labelInput, saidClass, saliencyCurve, scoresOutput } from "@split-et-impera/core/saliency";
import { batchesOf, batchSize, chooseImages } from "../answers/index.ts";
import { namedCuts } from "../check/index.ts";
import type { Context, Stage } from "../context.ts";
import type { Subject } from "./subject.ts";

/** Images whose maps the report shows. */
const exampleImages = 4;

/** The curve over the study's images, with examples at its candidates. */
export const saliencyStage: Stage<Subject, SaliencyResult> = {
  name: "saliency",
  version: 4,
  key({ study, modelHash, testKey }) {
    const { target, classes, images } = study.explore.saliency;
    return [modelHash, testKey, target, classes, images];
  },
  async run(subject, context) {
    const { study, inspection, test } = subject;
    const { engine, signal, update } = context;
    const { target, classes, images } = study.explore.saliency;
    const indices = chooseImages(test, classes, images);
    const onProgress = (done: number): void => update(`${done} of ${indices.length} images`);
    const batches = batchesOf(test, indices, inspection, { size: batchSize, signal, onProgress });
    const curve = await saliencyCurve(engine, inspection, batches, subject.aim);
    const candidates = curve.points.filter(({ candidate }) => candidate).map((point) => point.tensor);
    const examples = await exampleMaps(subject, indices, candidates, context);
    const { points, notes } = curve;
    return { target, classes, images: curve.images, points, examples, ...(notes.length > 0 && { notes }) };
  },
};

/** Grad-CAM maps of the first image of each of the first classes. */
async function exampleMaps(
  { inspection, test, aim }: Subject,
  indices: readonly number[],
  candidates: readonly string[],
  { engine }: Context,
): Promise<SaliencyExample[]> {
  const { image } = test;
  if (!image || candidates.length === 0) return [];
  const byClass = new Map<number, number>();
  for (const i of indices) if (!byClass.has(test.label(i))) byClass.set(test.label(i), i);
  const chosen = [...byClass.values()].slice(0, exampleImages);
  const { task, binding } = aim;
  const { model, maps } = await buildSaliencyGraph(engine, inspection, aim, { mapsOf: candidates });
  const session = await engine.load(serialiseModel(model));
  const examples: SaliencyExample[] = [];
  for (const i of chosen) {
    const found = await session.run({
      [inspection.input.name]: test.batch([i]),
      ...(aim.by === "label" && { [labelInput]: task.learn!.truths([test.label(i)]) }),
    });
    const scores = found[scoresOutput]!.data as Float32Array;
    examples.push({
      image: { width: image.width, height: image.height, rgb: toRgb(image.pixels(i), image.channels) },
      label: test.classes[test.label(i)]!,
      predicted: test.classes[saidClass(scores, 0, binding.columns)] ?? "?",
      maps: candidates.map((name) => {
        const map = found[maps[name]!]!;
        return {
          tensor: name,
          height: map.dims[1]!,
          width: map.dims[2]!,
          values: Array.from(map.data as Float32Array),
        };
      }),
    });
  }
  await session.release();
  return examples;
}

function toRgb(pixels: Uint8Array, channels: number): number[] {
  return channels === 3 ? [...pixels] : Array.from(pixels).flatMap((grey) => [grey, grey, grey]);
}

/**
 * The cuts to evaluate: the candidates with the highest saliency, or those that the study names (see `checkCandidates`),
 * in the model's order.
 */
export function chooseCuts({ study, inspection }: Subject, saliency: SaliencyResult | undefined): Cut[] {
  const { candidates } = study.explore;
  if (candidates.from === "names") return namedCuts(candidates.names, inspection);
  const best = new Set(
    (saliency?.points ?? [])
      .filter(({ candidate }) => candidate)
      .sort((a, b) => b.cs - a.cs)
      .slice(0, candidates.most)
      .map((point) => point.tensor),
  );
  return inspection.cuts.map(({ tensors }) => tensors).filter(([name]) => best.has(name!));
}
