/** @file What changed between results: what was asked, what was found, and which differences are more than noise. */
import type { DesignResult, Result } from "@split-et-impera/core/design";
import { figureOf, labelOf, mainMetricsOf, subjectsOf, type Figure } from "./figures.ts";
import { settingsOf, type Setting } from "./settings.ts";

/** Results against the first of them; plain data. */
export interface Comparison {
  results: { label: string; file: string; name: string; date: string; version: string }[];
  /** Settings of the study, and model, data, versions and machine, where they are not the same in all results. */
  settings: Setting[];
  /** Per result: the recommended design, or the one that is nearest where nothing fits. */
  verdicts: { recommended?: string; nearest?: string }[];
  /** The unchanged model. */
  whole: Figure[];
  /** Designs that all results have, in the order of the first. */
  designs: { id: string; figures: Figure[] }[];
  /** Designs that only some have, with the labels of these. */
  partial: { id: string; in: string[] }[];
  /** Whether anything found differs by more than noise: a verdict, a figure of a design, which designs or metrics there are. */
  changed: boolean;
}

/** A result, and the file that it was read from. */
export interface Named {
  file: string;
  result: Result;
}

/** Results at most: labels are letters. */
export const mostResults = 26;

/**
 * Compares results with the first one, design by design as their ids name them.
 * @param named two at least, {@link mostResults} at most
 */
export function compareResults(named: readonly Named[]): Comparison {
  const results = named.map(({ result }) => result);
  const labels = named.map((_, i) => labelOf(i));
  const byId = results.map(({ designs }) => new Map(designs.map((design) => [design.id, design])));
  const ids = [...new Set(results.flatMap(({ designs }) => designs.map(({ id }) => id)))];
  const subjects = subjectsOf(results);
  const designs = ids
    .map((id) => ({ id, all: byId.map((designs) => designs.get(id)) }))
    .filter((one): one is { id: string; all: DesignResult[] } => !one.all.includes(undefined))
    .map(({ id, all }) => ({ id, figures: subjects.map((subject) => figureOf(subject, all)) }));
  const shared = new Set(designs.map(({ id }) => id));
  const partial = ids
    .filter((id) => !shared.has(id))
    .map((id) => ({ id, in: labels.filter((_, i) => byId[i]!.has(id)) }));
  const verdicts = results.map(({ verdict: { recommended, nearest } }) => ({
    ...(recommended !== undefined && { recommended }),
    ...(recommended === undefined && nearest && { nearest: nearest.id }),
  }));
  const whole = mainMetricsOf(results).map((metric) =>
    figureOf(
      { metric },
      results.map(({ whole }) => whole),
    ),
  );
  const answers = new Set(verdicts.map((verdict) => JSON.stringify(verdict)));
  const moved = [...whole, ...designs.flatMap(({ figures }) => figures)].some(isChanged);
  return {
    results: named.map(({ file, result }, i) => {
      const { study, date, version } = result;
      return { label: labels[i]!, file, name: study.name, date, version };
    }),
    settings: settingsOf(results),
    verdicts,
    whole,
    designs,
    partial,
    changed: answers.size > 1 || partial.length > 0 || moved || whole.some((figure) => figure.in),
  };
}

/** Whether a figure differs from the first result's by more than noise. */
export function isChanged({ changes }: Figure): boolean {
  return changes.some(({ state }) => state === "better" || state === "worse");
}
