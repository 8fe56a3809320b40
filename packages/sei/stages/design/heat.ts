/** @file A split on a few test samples, twice as many at a time: whether it surely misses what a study asks of its answers. */
import { normalQuantile, z95 } from "@split-et-impera/core/statistics";
import type { Design } from "@split-et-impera/core/design";
import { randomStream } from "@split-et-impera/core/random";
import { droppedMetric, type Requirement } from "@split-et-impera/core/study";
import { pairedOf, qualityOf, type AnyTask, type Evidence } from "@split-et-impera/core/task";
import type { Context, Kept, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import type { Pieces } from "./pieces.ts";
import type { SentCapture } from "./prepared.ts";
import { codedKey, isExact } from "./sent.ts";
import { answersThrough, codedFor, loadPieces, type SplitInput } from "./split-design.ts";
import type { Subject } from "./subject.ts";

/** Samples of the first look, and how many times fewer the last one takes than there are. */
const firstSamples = 32;
const lastShare = 4;
/** How sure a look has to be that a requirement is missed, of one side. */
const confidence = 0.9995;
const wider = normalQuantile(confidence) / z95;

/** What was seen. */
export interface Heat {
  /** Samples that were looked at. */
  samples: number;
  /** The requirements that are surely missed, as they are written. */
  misses: string[];
}

interface HeatInput extends SplitInput {
  /** Per test image, the unchanged model's answer judged. */
  baseline: readonly Evidence[];
}

const heatStage: Stage<HeatInput, Heat> = {
  name: "heat",
  version: 1,
  key: ({ subject: { study, testKey }, pieces, coded, capture }) => [
    [pieces.key, coded.map(codedKey), testKey, capture?.key],
    [study.requirements.map(({ text }) => text), study.seed],
  ],
  async run(input, context) {
    const { subject, pieces, baseline } = input;
    const { exam, study, test } = subject;
    await using loaded = await loadPieces(subject, pieces, context);
    return looks(
      { requirements: study.requirements, metrics: exam.task.metrics, baseline, seed: study.seed },
      async (samples) => {
        const found: Evidence[] = [];
        for (let from = 0; from < samples.length; from += test.atOnce) {
          context.signal.throwIfAborted();
          found.push(...(await answersThrough(loaded, input, samples.slice(from, from + test.atOnce))));
        }
        return found;
      },
    );
  },
};

/** How a split does on a part of the test samples. */
export function heatOf(
  subject: Subject,
  design: Design,
  pieces: Pieces,
  baseline: readonly Evidence[],
  context: Context,
  capture?: SentCapture,
): Promise<Kept<Heat>> {
  const coded = codedFor(subject, design, pieces);
  // It answers as the whole model does.
  const exact = !pieces.bottleneck && coded.every(isExact) && (capture?.exact ?? true);
  if (exact) return Promise.resolve({ value: { samples: 0, misses: [] }, cached: true });
  return runStage(heatStage, { subject, pieces, coded, baseline, ...(capture && { capture }) }, context);
}

interface Asked {
  requirements: readonly Requirement[];
  metrics: AnyTask["metrics"];
  /** Per sample. */
  baseline: readonly Evidence[];
  seed: number;
}

/**
 * Looks at samples drawn by `seed`, then at as many more, up to a quarter of all, until a requirement is surely missed.
 * @param answers what is answered to these samples, judged
 */
export async function looks(asked: Asked, answers: (samples: number[]) => Promise<Evidence[]>): Promise<Heat> {
  const { baseline, seed } = asked;
  const order = Array.from(randomStream(seed, "race").permutation(baseline.length));
  const last = Math.floor(baseline.length / lastShare);
  const found: Evidence[] = [];
  let misses: string[] = [];
  for (let most = firstSamples; most <= last && misses.length === 0; most *= 2) {
    found.push(...(await answers(order.slice(found.length, most))));
    misses = surelyMissed(
      asked,
      order.slice(0, most).map((sample) => baseline[sample]!),
      found,
    );
  }
  return { samples: found.length, misses };
}

/** Of metrics that are means of scores alone: intervals of others by few samples tell little. */
function surelyMissed(
  { requirements, metrics }: Pick<Asked, "requirements" | "metrics">,
  baseline: readonly Evidence[],
  found: readonly Evidence[],
): string[] {
  return requirements.flatMap(({ metric: name, operator, value, text }) => {
    const dropped = droppedMetric(name);
    const metric = metrics.find((one) => one.name === (dropped ?? name));
    if (!metric?.score) return [];
    const { lo, hi } =
      dropped === undefined
        ? qualityOf(metric, { evidence: found })
        : pairedOf(metric, { evidence: baseline }, { evidence: found });
    const [middle, half] = [(lo + hi) / 2, (wider * (hi - lo)) / 2];
    return (operator === "<=" ? middle - half > value : middle + half < value) ? [text] : [];
  });
}
