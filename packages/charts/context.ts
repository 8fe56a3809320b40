/** @file What every section of the report reads: the result, short names, and the designs that the verdict names. */
import type { DesignResult, Result, Verdict } from "@split-et-impera/core/design";
import type { Requirement } from "@split-et-impera/core/study";
import { glue } from "./format.ts";
import { html, oneLine, type Markup } from "./html.ts";
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

/** The least accuracy that the requirements allow, with the requirement that says so. */
export function leastAccuracy(result: Result): { value: number; requirement: Requirement } | undefined {
  const bounds = result.study.requirements.flatMap((requirement) => {
    if (requirement.metric === "accuracy" && requirement.operator === ">=") {
      return [{ value: requirement.value, requirement }];
    }
    if (requirement.metric === "accuracy-drop" && requirement.operator === "<=") {
      return [{ value: result.baseline.value - requirement.value, requirement }];
    }
    return [];
  });
  return bounds.sort((a, b) => b.value - a.value)[0];
}

/** Colours by kind of design, the same in every chart. */
export const kindColour = { LC: "var(--lc)", RC: "var(--rc)", SC: "var(--sc)" } as const;
export const kindName = { LC: "LC, all local", RC: "RC, all remote", SC: "SC, split" } as const;

/** A design's short name, the same as in the charts, with the full one and what it means in the title. */
export function designName(context: Context, id: string): Markup {
  const design = context.designs.get(id);
  const title = design ? `${id}: ${describeDesign(design, context.names)}` : id;
  return html`<span class="design" title="${title}">${context.names.label(id)}</span>`;
}

/** A sentence with the designs and tensors in it shown by their short names. */
export function sentence(context: Context, text: string): Markup {
  return html`${splitBy(context, text).map(({ text, kind }) =>
    kind === "design"
      ? designName(context, text)
      : kind === "tensor"
        ? html`<span class="design" title="${text}">${context.names.tensor(text)}</span>`
        : glue(text),
  )}`;
}

/** A sentence in plain text, likewise. */
export function plainSentence(context: Context, text: string): string {
  return splitBy(context, text)
    .map(({ text, kind }) => {
      if (kind === "design") return context.names.label(text);
      return kind === "tensor" ? context.names.tensor(text) : glue(oneLine(text));
    })
    .join("");
}

/** Cuts a text at the names in it; a name counts only as a whole word, so that `LC` is not found inside `SLC`. */
function splitBy({ designs }: Context, text: string): { text: string; kind?: "design" | "tensor" }[] {
  const tensors = new Set([...designs.values()].flatMap(({ cut }) => cut ?? []));
  const names = [...designs.keys(), ...tensors].filter(Boolean).sort((a, b) => b.length - a.length);
  const inWord = (character: string | undefined): boolean => /\w/.test(character ?? " ");
  const parts: { text: string; kind?: "design" | "tensor" }[] = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const name = inWord(text[at - 1])
      ? undefined
      : names.find((name) => text.startsWith(name, at) && !inWord(text[at + name.length]));
    if (name === undefined) {
      at++;
      continue;
    }
    if (at > from) parts.push({ text: text.slice(from, at) });
    parts.push({ text: name, kind: designs.has(name) ? "design" : "tensor" });
    at += name.length;
    from = at;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
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
