/** @file The codec of a cut with the fewest bytes whose quality is within what a study allows, found on training samples. */
import { codecKinds } from "@split-et-impera/core/wire";
import { datagramPayload, type CodecSearchResult } from "@split-et-impera/core/design";
import { internal } from "@split-et-impera/core/errors";
import type { Stage } from "../context.ts";
import type { Pieces } from "./pieces.ts";
import { loadPieces } from "./split-design.ts";
import { searchSteps, type StepTrial } from "./step-search.ts";
import type { Subject } from "./subject.ts";

/** Where a study bounds the drop of no metric: half a point. */
const usualDrop = 0.005;

interface CodecSearchInput {
  subject: Subject;
  pieces: Pieces;
}

/** Why no codec can be searched for; undefined where it can. */
export function searchProblem({ taught, train }: Subject): string | undefined {
  if (train.stream) return "the model carries state from sample to sample";
  return taught ? undefined : "nothing is known of the training samples that answers could be judged by";
}

/** What a search found, of whichever cut. */
export type CodecSearch = Omit<CodecSearchResult, "cut" | "bottleneck">;

/** Without `least` where no codec is within what is allowed. */
export const codecSearchStage: Stage<CodecSearchInput, CodecSearch> = {
  name: "codec-search",
  version: 2,
  key: ({ subject, pieces }) => [pieces.key, subject.trainKey, allowedBy(subject), subject.study.explore.datagrams],
  async run({ subject, pieces }, context) {
    const { taught, train, exam } = subject;
    const [metric] = exam.task.metrics;
    if (!metric || !taught) throw internal("a search without a judge");
    const rehearsed = { ...subject, test: train, exam: { ...exam, truth: taught } };
    await using loaded = await loadPieces(rehearsed, pieces, context);
    const { whole, allowed, least, trials } = await searchSteps(
      {
        sent: pieces.crossings[0]!,
        count: train.count,
        atOnce: train.atOnce,
        tensors: (samples) => loaded.crossing(0, train.feeds(samples), samples),
        answers: (arrived, samples) => loaded.answers(arrived, samples),
      },
      {
        codecs: codecKinds,
        metric,
        datagrams: subject.study.explore.datagrams ?? [datagramPayload],
        signal: context.signal,
        update: context.update,
        ...allowedBy(subject),
      },
    );
    return { whole, allowed, ...(least && { least }), tried: columnsOf(trials) };
  },
};

/** Hundreds of trials by their columns, in as many digits as anyone reads. */
function columnsOf(trials: readonly StepTrial[]): CodecSearch["tried"] {
  const short = (value: number): number => Number(value.toPrecision(6));
  const intervals = trials.flatMap(({ interval }) => (interval ? [interval] : []));
  return {
    codec: trials.map(({ codec }) => codec),
    step: trials.map(({ step }) => step),
    bytes: trials.map(({ bytes }) => short(bytes)),
    drop: trials.map(({ drop }) => short(drop)),
    ...(intervals.length === trials.length && {
      lo: intervals.map(({ lo }) => short(lo)),
      hi: intervals.map(({ hi }) => short(hi)),
    }),
    samples: trials.map(({ samples }) => samples),
  };
}

/**
 * Half of what a requirement allows the task's first metric to drop, in its own numbers, or the usual share. What uses up all of
 * it on training samples would hardly be sure to meet it on others.
 */
function allowedBy({ study, exam }: Subject): { drop: number; allowed?: number } {
  const name = `${exam.task.metrics[0]?.name}-drop`;
  const bounds = study.requirements.filter(({ metric, operator }) => metric === name && operator === "<=");
  return { drop: usualDrop, ...(bounds.length > 0 && { allowed: Math.min(...bounds.map(({ value }) => value)) / 2 }) };
}
