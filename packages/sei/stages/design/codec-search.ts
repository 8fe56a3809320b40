/** @file The codec of a cut with the fewest bytes whose quality is within what a study allows, found on training samples. */
import { codecKinds } from "@split-et-impera/core/wire";
import { datagramPayload } from "@split-et-impera/core/design";
import { internal } from "@split-et-impera/core/errors";
import type { Stage } from "../context.ts";
import type { Pieces } from "./pieces.ts";
import { loadPieces } from "./split-design.ts";
import { searchSteps, type CodecChoice } from "./step-search.ts";
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

/** Undefined where no codec is within what is allowed. */
export const codecSearchStage: Stage<CodecSearchInput, { least?: CodecChoice }> = {
  name: "codec-search",
  version: 1,
  key: ({ subject, pieces }) => [pieces.key, subject.trainKey, allowedBy(subject), subject.study.explore.datagrams],
  async run({ subject, pieces }, context) {
    const { taught, train, exam } = subject;
    const [metric] = exam.task.metrics;
    if (!metric || !taught) throw internal("a search without a judge");
    const rehearsed = { ...subject, test: train, exam: { ...exam, truth: taught } };
    await using loaded = await loadPieces(rehearsed, pieces, context);
    const { least } = await searchSteps(
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
    return { ...(least && { least }) };
  },
};

/**
 * Half of what a requirement allows the task's first metric to drop, in its own numbers, or the usual share. What uses up all of
 * it on training samples would hardly be sure to meet it on others.
 */
function allowedBy({ study, exam }: Subject): { drop: number; allowed?: number } {
  const name = `${exam.task.metrics[0]?.name}-drop`;
  const bounds = study.requirements.filter(({ metric, operator }) => metric === name && operator === "<=");
  return { drop: usualDrop, ...(bounds.length > 0 && { allowed: Math.min(...bounds.map(({ value }) => value)) / 2 }) };
}
