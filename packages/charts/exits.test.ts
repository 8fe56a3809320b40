/** @file What is said of early exits: the table, a design's words and what to do. */
import { cutName, exitCut, wordsOf } from "@split-et-impera/core/design";
import { expect, it } from "vitest";
import { contextOf } from "./context.ts";
import { exitsSection } from "./exits.ts";
import { describeDesign, namesOf } from "./names.ts";
import { describe as wayToSay } from "./phrases.ts";
import { chartResult } from "./testing/fixture.ts";
import { withExit } from "./testing/early.ts";

const { result, early } = withExit(chartResult({ designs: 6, saliency: false, losses: [0.01] }));
const cut = cutName(exitCut(early, early.exits![0]!));
const plain = (markup: { markup: string }): string =>
  markup.markup.replaceAll(/<[^>]*>/g, " ").replaceAll(/[\s\u00A0\u202F]+/g, " ");

it("has a row for each exit, with what is measured apart from what was held back", () => {
  const text = plain(exitsSection(contextOf(result)));
  expect(text).toContain("show with 95.0 % confidence that no more than 1.0 % of quality is lost");
  expect(text).toContain("0.6250 80.0 % of 1 333 0.40 % 0.95 % 75.0 %");
  expect(text).toContain("never 512 numbers 66 954 95.0 % none: never answers");
  const { exits: _none, ...without } = result;
  expect(exitsSection(contextOf(without)).markup).toBe("");
});

it("names the design by the exit and by what becomes of other frames", () => {
  const names = namesOf(result);
  expect(early.id.startsWith(`EE@${cut} SC ${wordsOf(early).codec}`)).toBe(true);
  expect(names.label(early.id)).toContain(`EE@${names.brief(cut)} SC `);
  const tensor = names.tensor(cut);
  expect(describeDesign(early, names)).toContain(`exit at ${tensor}, else split at ${tensor}, `);
});

it("says what to do with frames of which the exit is not sure", () => {
  const said = (design: Parameters<typeof wayToSay>[0]): string =>
    wayToSay(design, { study: result.study, designs: new Map() })
      .map((run) => ("text" in run ? run.text : "tensor" in run ? run.tensor : run.design))
      .join("");
  expect(said(early)).toContain(`Exit at ${cut} where the exit is sure, else split at ${cut} in `);
  const [head, rest] = early.segments as [(typeof early.segments)[0], (typeof early.segments)[0]];
  const here = { ...early, segments: [head, { ...rest, host: head.host }], crossings: [] };
  expect(said(here)).toBe(`Exit at ${cut} where the exit is sure, else run the rest on ${head.host} too`);
  const past = { ...early, segments: [head, { ...rest, from: head.from }] };
  expect(said(past)).toContain(`else send the input as ${wordsOf(early).codec!.replace("-", " ")}`);
  expect(said(past)).toContain(`run the whole model on ${rest.host}`);
});
