/** @file What every section of the report reads: the result, short names, and the designs that the verdict names. */
import {
  mainMetric,
  qualityOf,
  type DesignResult,
  type Phrase,
  type Result,
  type Verdict,
} from "@split-et-impera/core/design";
import { moreIsBetter, type Requirement } from "@split-et-impera/core/study";
import { glue } from "./format.ts";
import { html, oneLine, type Markup } from "./html.ts";
import { clauseRuns, sentenceRuns, type Run } from "./phrases.ts";
import { describeDesign, namesOf, type Names } from "./names.ts";

export interface Context {
  result: Result;
  names: Names;
  /** The recommended design, or the nearest one when nothing fits. */
  chosen?: DesignResult;
  designs: ReadonlyMap<string, DesignResult>;
}

export function contextOf(result: Result): Context {
  const designs = new Map(result.designs.map((design) => [design.id, design]));
  const { recommended, nearest } = result.verdict;
  const id = recommended ?? nearest?.id;
  return { result, names: namesOf(result), designs, chosen: id === undefined ? undefined : designs.get(id) };
}

/** The least quality, by the task's first metric, that the requirements allow, with the requirement that says so; the most where less is better. */
export function boundOnQuality(result: Result): { value: number; requirement: Requirement } | undefined {
  const { quality } = result.whole;
  const metric = mainMetric(quality);
  const sign = moreIsBetter(metric) ? 1 : -1;
  const bounds = result.study.requirements.flatMap((requirement) => {
    if (requirement.metric === metric) return [{ value: requirement.value, requirement }];
    if (requirement.metric !== `${metric}-drop`) return [];
    return [{ value: qualityOf(quality).value - sign * requirement.value, requirement }];
  });
  return bounds.sort((a, b) => sign * (b.value - a.value))[0];
}

/** Colours by kind of design, the same in every chart. */
export const kindColour = { LC: "var(--lc)", RC: "var(--rc)", SC: "var(--sc)", EE: "var(--ee)" } as const;
export const kindName = { LC: "LC, all local", RC: "RC, all remote", SC: "SC, split", EE: "EE, early exit" } as const;

/** A design's short name, the same as in the charts, with the full one and what it means in the title. */
export function designName(context: Context, id: string): Markup {
  const design = context.designs.get(id);
  const title = design ? `${id}: ${describeDesign(design, context.names)}` : id;
  return html`<span class="design" title="${title}">${context.names.label(id)}</span>`;
}

/** Statements as a sentence, with the designs and tensors in it by their short names. */
export function sentence(context: Context, phrases: readonly Phrase[], end = true): Markup {
  return html`${runsOf(context, phrases, end).map((run) => {
    if ("design" in run) return designName(context, run.design);
    if ("tensor" in run)
      return html`<span class="design" title="${run.tensor}">${context.names.tensor(run.tensor)}</span>`;
    return glue(run.text);
  })}`;
}

/** The same in plain text. */
export function plainSentence(context: Context, phrases: readonly Phrase[], end = true): string {
  return runsOf(context, phrases, end)
    .map((run) => {
      if ("design" in run) return context.names.label(run.design);
      return "tensor" in run ? context.names.tensor(run.tensor) : glue(oneLine(run.text));
    })
    .join("");
}

function runsOf({ result, designs }: Context, phrases: readonly Phrase[], end: boolean): Run[] {
  const speaking = { designs, study: result.study };
  return end ? sentenceRuns(phrases, speaking) : clauseRuns(phrases, speaking);
}

/** The state of a check, never by colour alone. */
export const marks = { met: "✓", missed: "✕", undecided: "?" } as const;

/** Whether a design meets everything, misses something, or is not decided. */
export function stateOf(design: DesignResult): keyof typeof marks {
  if (design.checks.some((check) => check.state === "missed")) return "missed";
  return design.checks.some((check) => check.state === "undecided") ? "undecided" : "met";
}

/** A design's place in the verdict. */
export function roleOf(verdict: Verdict, id: string): "recommended" | "nearest" | "tie" | "runner-up" | undefined {
  if (verdict.recommended === id) return "recommended";
  if (verdict.recommended === undefined && verdict.nearest?.id === id) return "nearest";
  if (verdict.ties.includes(id)) return "tie";
  return verdict.runnerUp?.id === id ? "runner-up" : undefined;
}
