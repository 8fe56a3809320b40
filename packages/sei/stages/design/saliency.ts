/** @file The saliency stage: the curve, the candidates, and Grad-CAM maps of a few images for the report. */
import type { Cut, SaliencyExample, SaliencyResult } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { aimOf, buildSaliencyGraph, saliencyCurve, truthInput, type Aim } from "@split-et-impera/core/saliency";
import type { Dataset } from "../../data/index.ts";
import { batchesOf, batchSize, saliencyImages, type Exam } from "../answers/index.ts";
import { checkStateless, namedCuts, pointKinds } from "../check/index.ts";
import type { Context, Stage } from "../context.ts";
import type { Subject } from "./subject.ts";

/** Images whose maps the report shows. */
const exampleImages = 4;

/** The curve over the study's images, with examples at its candidates. */
export const saliencyStage: Stage<Subject, SaliencyResult> = {
  name: "saliency",
  version: 8,
  key({ study, modelHash, testKey }) {
    const { target, classes, images } = study.explore.saliency;
    return [modelHash, testKey, target, classes, images];
  },
  async run(subject, context) {
    const { study, inspection, test, exam } = subject;
    const { engine, signal, update } = context;
    const { target, classes } = study.explore.saliency;
    checkStateless(inspection);
    const aim = aimOf(exam.task, inspection, target, exam.truth(0));
    const indices = saliencyImages(test, study.explore.saliency);
    const onProgress = (done: number): void => update(`${done} of ${indices.length} images`);
    const batches = batchesOf(test, exam.truth, indices, { size: batchSize, signal, onProgress });
    const kinds = pointKinds(inspection, aim);
    const curve = await saliencyCurve(engine, inspection, batches, aim, kinds);
    const candidates = curve.points.filter(({ candidate }) => candidate).map((point) => point.tensor);
    const examples = await exampleMaps(subject, aim, indices, candidates, context);
    const { points, notes } = curve;
    return {
      target: aim.by,
      classes,
      images: curve.images,
      points,
      examples,
      ...(notes.length > 0 && { notes }),
    };
  },
};

/** What is to be said where the curve proposes no cut. */
export function nothingSalient({ points, images }: SaliencyResult): string {
  const why = points.every(({ cs }) => cs === 0)
    ? `it is 0 everywhere, so that over ${images} samples no tensor changes the answer`
    : "it has no maximum at a tensor that a design can cut";
  return `saliency proposes no cut: ${why}; the split is the best of all cuts by bytes and times, and explore.candidates can name others`;
}

/** Grad-CAM maps of the first image of each of the first classes. */
async function exampleMaps(
  subject: Subject,
  aim: Aim,
  indices: readonly number[],
  candidates: readonly string[],
  context: Context,
): Promise<SaliencyExample[]> {
  const { test } = subject;
  if (!test.image || candidates.length === 0) return [];
  const labelled = indices.filter((i) => test.annotation(i).label !== undefined);
  const byClass = new Map(labelled.toReversed().map((i) => [test.annotation(i).label, i]));
  const chosen = (byClass.size > 0 ? [...byClass.values()].toSorted((a, b) => a - b) : indices).slice(0, exampleImages);
  return mapsOf(subject, aim, chosen, candidates, context);
}

/**
 * Where the model looks at one test image, at a tensor of the curve.
 * @param sample its place among the test images
 * @throws InputError `ERR_SALIENCY` where the data are no pictures, there is no such one, or the tensor has no map
 */
export async function mapAt(
  subject: Subject,
  sample: number,
  tensor: string,
  context: Context,
): Promise<SaliencyExample> {
  const { study, inspection, test, exam } = subject;
  if (!test.image) throw new InputError("ERR_SALIENCY", `expected data of pictures, got ${test.name}`);
  if (!Number.isInteger(sample) || sample < 0 || sample >= test.count)
    throw new InputError("ERR_SALIENCY", `expected an image from 0 to ${test.count - 1}, got ${sample}`);
  checkStateless(inspection);
  const aim = aimOf(exam.task, inspection, study.explore.saliency.target, exam.truth(0));
  const [found] = await mapsOf(subject, aim, [sample], [tensor], context);
  return found!;
}

/** @throws InputError `ERR_SALIENCY` where a tensor has no map */
async function mapsOf(
  { inspection, test, exam }: Subject,
  aim: Aim,
  chosen: readonly number[],
  candidates: readonly string[],
  { engine }: Context,
): Promise<SaliencyExample[]> {
  const image = test.image!;
  const { task, binding } = aim;
  const { model, maps } = await buildSaliencyGraph(engine, inspection, aim, {
    ...pointKinds(inspection, aim),
    mapsOf: candidates,
  });
  const unknown = candidates.find((tensor) => !Object.hasOwn(maps, tensor));
  if (unknown !== undefined) throw new InputError("ERR_SALIENCY", `expected a tensor of the curve, got "${unknown}"`);
  const session = await engine.load(serialiseModel(model));
  const examples: SaliencyExample[] = [];
  for (const i of chosen) {
    const found = await session.run({
      ...test.feeds([i]),
      ...(aim.by === "label" && { [truthInput]: task.learn!.truths([exam.truth(i)]) }),
    });
    const [answer] = task.answers(binding, found);
    examples.push({
      image: { width: image.width, height: image.height, rgb: toRgb(image.pixels(i), image.channels) },
      label: textOf(exam, test, exam.truth(i)),
      predicted: textOf(exam, test, answer),
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

/** An answer, or what is known of a sample where that is told alike, in a few words. */
function textOf({ task }: Exam, { classes }: Dataset, answer: unknown): string {
  if (typeof answer === "string") return answer;
  const label = typeof answer === "number" ? answer : (answer as { class?: number }).class;
  return label === undefined ? (task.text?.(answer) ?? "") : (classes[label] ?? "?");
}

function toRgb(pixels: Uint8Array, channels: number): number[] {
  return channels === 3 ? [...pixels] : Array.from(pixels).flatMap((grey) => [grey, grey, grey]);
}

/**
 * The cuts to evaluate: the candidates with the highest saliency, or those that the study names (see `checkCandidates`),
 * in the model's order. Of a candidate with a quantised form, that is the cut; what bottlenecks are made for is its own tensor.
 */
export function chooseCuts({ study, inspection }: Subject, saliency: SaliencyResult | undefined): Cut[] {
  const { candidates, bottlenecks } = study.explore;
  if (candidates.from === "names") return namedCuts(candidates.names, inspection);
  const best = new Set(
    (saliency?.points ?? [])
      .filter(({ candidate }) => candidate)
      .sort((a, b) => b.cs - a.cs)
      .slice(0, candidates.most)
      .flatMap(({ tensor, sends }) =>
        sends === undefined ? [tensor] : bottlenecks.length > 0 ? [sends, tensor] : [sends],
      ),
  );
  return inspection.cuts.map(({ tensors }) => tensors).filter(([name]) => best.has(name!));
}
