/** @file A comparison of results in words and tables, for a terminal. */
import type { Result } from "@split-et-impera/core/design";
import { contextOf, inUnit, oneLine, plainSentence, plural, subject, type Context } from "@split-et-impera/charts";
import { metricRule, type Metric } from "@split-et-impera/core/study";
import { formatPercent } from "@split-et-impera/core/units";
import { isChanged, type Comparison } from "./compare.ts";
import type { Figure } from "./figures.ts";

/** A part of the text: a line, or rows under a header. */
export type Block = string | { header: string[]; rows: string[][]; right: number[] };

/**
 * The parts in their order. Of designs that no verdict names only what changed is told.
 * @param everything tells all numbers of all designs
 */
export function comparisonText(comparison: Comparison, results: readonly Result[], everything = false): Block[] {
  const contexts = results.map(contextOf);
  const { partial, whole } = comparison;
  return [
    {
      header: ["", "result", "study", "made", "by"],
      rows: comparison.results.map(({ label, file, name, date, version }) => [
        label,
        file,
        name,
        date.replace("T", " ").replace(/(?:\.\d+)?Z$/, " UTC"),
        `sei ${version}`,
      ]),
      right: [],
    },
    "",
    ...settings(comparison),
    "",
    ...contexts.map(
      (context, i) =>
        `${comparison.results[i]!.label}  ${plainSentence(context, context.result.verdict.says).replace(/[\u00A0\u202F]/g, " ")}`,
    ),
    "",
    ...figures(comparison, contexts, everything),
    "",
    told(comparison),
    ...whole.flatMap(({ metric, in: where }) => (where ? [`Only in ${where.join(" and ")}: ${metric}`] : [])),
    ...partial.map((one) => `Only in ${one.in.join(" and ")}: ${nameIn(contexts, one.id)}`),
  ];
}

/** How many designs differ. */
function told({ results, designs }: Comparison): string {
  if (designs.length === 0) return "No design is in all of them.";
  const changed = designs.filter(({ figures }) => figures.some(isChanged)).length;
  const of = `${plural(designs.length, "design")} that ${results.length === 2 ? "both" : "all"} have`;
  return `Of ${of}, ${changed === 0 ? "none differs" : changed === 1 ? "1 differs" : `${changed} differ`} by more than noise.`;
}

function settings({ settings, results }: Comparison): Block[] {
  if (settings.length === 0) return ["study, model, data, versions and machine are the same"];
  return [
    {
      header: ["differs (SI units)", ...results.map(({ label }) => label)],
      rows: settings.map(({ path, values }) => [path, ...values.map(settingText)]),
      right: [],
    },
  ];
}

/** Digests by their beginning: that they differ is all that a reader sees in them. */
function settingText(value: unknown): string {
  if (value === undefined) return "–";
  const text = Array.isArray(value) ? value.map(plainText).join(", ") : plainText(value);
  return oneLine(/^[\da-f]{32,}$/.test(text) ? `${text.slice(0, 12)}…` : text);
}

/** Numbers without the dust of binary fractions: what was written has no twelve digits. */
function plainText(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(12)));
  return typeof value === "string" ? value : JSON.stringify(value);
}

const nameIn = (contexts: readonly Context[], id: string): string =>
  contexts.find(({ designs }) => designs.has(id))?.names.label(id) ?? oneLine(id);

function figures(comparison: Comparison, contexts: readonly Context[], everything: boolean): Block[] {
  const { results, verdicts, whole, designs } = comparison;
  const named = new Set(verdicts.flatMap(({ recommended, nearest }) => [recommended, nearest]));
  const rows = [
    ...rowsOf("whole model", whole),
    ...designs.flatMap(({ id, figures }) => {
      const shown = everything || named.has(id) ? figures : figures.filter(isChanged);
      return rowsOf(nameIn(contexts, id), shown);
    }),
  ];
  const others = results.slice(1).flatMap(({ label }) => [label, `${label} − A`, ""]);
  const header = ["design", "", "A", ...others];
  const right = header.flatMap((_, i) => (i === 2 || (i > 2 && i % 3 !== 2) ? [i] : []));
  return [{ header, rows, right }];
}

/** The design's name stands once, at the first of its rows. */
function rowsOf(name: string, figures: readonly Figure[]): string[][] {
  return figures.map((figure, i) => {
    const { metric, values, changes } = figure;
    const show = (value: number): string => inUnit(metric, value).replace(/[\u00A0\u202F]/g, " ");
    const [first, ...others] = values.map((one) =>
      one && Number.isFinite(one.value) ? show(one.value) : one ? never(figure) : "–",
    );
    return [
      i === 0 ? name : "",
      subject(figure),
      first!,
      ...others.flatMap((text, k) => {
        const { difference, state } = changes[k]!;
        if (!difference) return [text, "", `only in ${figure.in!.join(" and ")}`];
        return [text, state === "same" ? "" : signed(difference.value, metric, show), words[state]];
      }),
    ];
  });
}

const words = { same: "=", noise: "≈ within noise", better: "better", worse: "worse", absent: "" } as const;

/** Latencies without end: of frames that pile up, or that never were answered. */
const never = ({ metric }: Figure): string => (metric === "latency" ? "no end" : "–");

/** Shares differ by percentage points. */
function signed(value: number, metric: Metric, show: (value: number) => string): string {
  if (!Number.isFinite(value)) return "";
  const size = Math.abs(value);
  const share = metricRule(metric).format === formatPercent;
  return `${value < 0 ? "−" : "+"}${share ? `${(100 * size).toFixed(1)} points` : show(size)}`;
}
