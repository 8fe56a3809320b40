/** @file The early exits of a study, and the designs that have one. */
import { cutName, type Cut, type ExitResult } from "@split-et-impera/core/design";
import type { ExitOptions } from "@split-et-impera/core/study";
import type { Evidence } from "@split-et-impera/core/task";
import { formatPercent } from "@split-et-impera/core/units";
import { exitAt, namedCuts } from "../check/index.ts";
import type { Context, Kept, Outcome } from "../context.ts";
import type { ReadyExit } from "./exits.ts";
import type { Prepared } from "./prepared.ts";
import { prepareExit } from "./recipe.ts";
import type { Subject } from "./subject.ts";

export interface Early {
  ready: Prepared[];
  /** Every exit that was trained. */
  exits: ExitResult[];
  /** Which are in no design, or of no use, and why. */
  left: string[];
}

/**
 * Every early exit of the study, and the designs that have one.
 *
 * @param cuts where the model is split: where exits stand, if the study does not say
 * @param done what became of an exit's work that was done ahead
 */
export async function prepareEarly(
  subject: Subject,
  cuts: readonly Cut[],
  baseline: readonly Evidence[],
  stage: <T>(title: string, work: (context: Context) => Promise<Kept<T>>, done?: Outcome) => Promise<T>,
  done: (cut: Cut) => Outcome | undefined = () => undefined,
): Promise<Early> {
  const { study, inspection, exam } = subject;
  const found: Early = { ready: [], exits: [], left: [] };
  const { exits } = study.explore;
  if (!exits) return found;
  for (const cut of exitCuts(subject, cuts)) {
    const name = `the exit at "${cutName(cut)}"`;
    if (cut.length > 1) {
      found.left.push(`${name} is left out: it answers from one tensor, and ${cut.length} tensors cross there`);
      continue;
    }
    const planned = exitAt(study, inspection, exam, cut[0]!);
    if ("why" in planned) {
      found.left.push(`${name} is left out: ${planned.why}`);
      continue;
    }
    const outcome = done(cut);
    if (outcome?.state === "failed") {
      found.left.push(`${name} is left out: ${outcome.why}`);
      continue;
    }
    await stage(
      `exit at ${cutName(cut)}`,
      async (context) => {
        const { value, exit, cached } = (await prepareExit(subject, cut, baseline, context))!;
        found.exits.push(exit.result);
        found.ready.push(...value);
        found.left.push(...exitNotes(exit, exits));
        return { value: undefined, cached };
      },
      outcome,
    );
  }
  return found;
}

/** Where exits stand. */
export function exitCuts({ study: { explore }, inspection }: Subject, cuts: readonly Cut[]): readonly Cut[] {
  if (!explore.exits) return [];
  return explore.exits.at ? namedCuts(explore.exits.at, inspection) : cuts;
}

/** That an exit never answers, or always, or no test image leaves at it. */
function exitNotes({ result, confidence }: ReadyExit, { loss, confidence: sure }: ExitOptions): string[] {
  const { cut, calibration } = result;
  const { threshold, samples, share } = calibration;
  if (threshold === undefined)
    return [
      `the exit at "${cut}" would never answer and is in no design: not even of the surest of ${samples} samples held back ` +
        `can it be shown (with ${formatPercent(sure)}) that no more than ${formatPercent(loss)} is lost; a later tensor, more ` +
        "training samples or a larger explore.exits.loss may help",
    ];
  if (threshold === 0)
    return [`the exit at "${cut}" is sure of every frame: nothing goes on, and what lies behind it is not needed`];
  if (confidence.some((one) => one >= threshold)) return [];
  return [
    `the exit at "${cut}" is sure of no test image, though of ${formatPercent(share)} of ${samples} samples held back`,
  ];
}
