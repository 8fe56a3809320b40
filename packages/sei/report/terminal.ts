/** @file The result on a terminal: the designs as a table, then the verdict. */
import { styleText } from "node:util";
import { doubtWarnings } from "@split-et-impera/core/cost";
import {
  qualityOf,
  type DesignResult,
  type LatencyParts,
  type Result,
  type Verdict,
} from "@split-et-impera/core/design";
import { contextOf, marks, plainSentence, roleOf, stateOf, type Context, qualityWords } from "@split-et-impera/charts";
import { bound, bytes, fps, percent, plural, seconds, subject, trim } from "@split-et-impera/charts";
import { oneLine } from "@split-et-impera/charts";
import { ellipsis } from "@split-et-impera/charts";
import { baselineText } from "@split-et-impera/core/task";
import { lossText } from "@split-et-impera/charts";
import { changesOf, leftOutText, prunedText } from "@split-et-impera/charts";

export interface SummaryOptions {
  /** Width to fill at most. Default: 120. */
  columns?: number;
  /** Designs to list at most; the baselines and what the verdict names are always among them. Default: 24. */
  rows?: number;
  /** Whether to colour. Default: as `NO_COLOR`, `FORCE_COLOR` and the kind of stdout say. */
  colour?: boolean;
  /** Styles a text in another way than by a terminal's codes. */
  style?: Style;
}

type Format = "dim" | "bold" | "red" | "green" | "yellow";
type Style = (format: Format | Format[], text: string) => string;

/**
 * The table of designs, the verdict and, where losses were compared, the verdict at each. Ends without a line break.
 * Colour follows NO_COLOR and what stdout is, unless `colour` says otherwise; nothing is said by colour alone.
 */
export function terminalSummary(result: Result, options: SummaryOptions = {}): string {
  const { columns = 120, rows = 24, colour } = options;
  const style: Style = (format, text) => {
    if (options.style) return options.style(format, text);
    if (colour === undefined) return styleText(format, text, { stream: process.stdout });
    return colour ? styleText(format, text, { validateStream: false }) : text;
  };
  const context = contextOf(result);
  const blocks = [
    table(context, columns, rows, style),
    wrap(prunedText(result), columns).join("\n"),
    verdict(context, columns, style),
    exits(context, columns, style),
    allCuts(context, columns, style),
    byLoss(context, columns, style),
  ];
  // No-break spaces and their thin kin are for the page; some terminals show them as something else.
  return blocks
    .filter(Boolean)
    .join("\n\n")
    .replace(/[\u00A0\u202F]/g, " ");
}

interface Cell {
  text: string;
  format?: Format | Format[];
}

interface Column {
  head: string;
  align: "left" | "right";
  /** Left out, highest first, where the table is too wide. */
  spare?: number;
  cell(design: DesignResult): Cell | Cell[];
}

function columnsOf(context: Context): Column[] {
  const { result, names } = context;
  const words = qualityWords(result);
  const host = result.study.frames.host;
  const number = (head: string, text: (design: DesignResult) => string, spare?: number): Column => ({
    head,
    align: "right",
    spare,
    cell: (design) => ({ text: text(design) }),
  });
  const some = <T>(keep: boolean, column: T): T[] => (keep ? [column] : []);
  return [
    {
      head: "",
      align: "left",
      cell: (design) => roleMark(result.verdict, design),
    },
    { head: "design", align: "left", cell: ({ id }) => ({ text: names.label(id) }) },
    ...some<Column>(result.study.requirements.length > 0, {
      head: "meets",
      align: "left",
      cell: ({ checks }) => checks.map(({ state }) => ({ text: marks[state], format: stateFormat[state] })),
    }),
    number(
      words.share ? `${words.word} %` : words.word,
      ({ quality }) => `${bare(words.show(qualityOf(quality).value))} ${words.give(qualityOf(quality))}`,
    ),
    ...some<Column>(
      result.designs.some(({ exited }) => exited),
      number("exits %", ({ exited }) => (exited ? bare(percent(exited.share.value)) : "–"), 2),
    ),
    number("p50 ms", ({ latency, overload }) => (overload ? "–" : milliseconds(latency.median.value)), 1),
    number("p95 ms", ({ latency, overload }) => (overload ? "overload" : milliseconds(latency.p95.value))),
    number("p99 ms", ({ latency, overload }) => (overload ? "–" : milliseconds(latency.p99.value)), 2),
    number("parts ms", ({ parts }) => partsText(parts), 5),
    number("bytes", (design) => bytes(design.bytes)),
    number("fps", ({ throughput }) => bare(fps(throughput)), 3),
    number("memory", ({ memory }) => bytes(memory[host] ?? Number.NaN), 4),
  ];
}

const stateFormat = { met: "green", missed: "red", undecided: "yellow" } as const;

function roleMark(verdict: Verdict, design: DesignResult): Cell {
  const role = roleOf(verdict, design.id);
  if (role === "recommended" || role === "nearest") return { text: "▶", format: stateFormat[stateOf(design)] };
  if (role === "tie") return { text: "=" };
  return { text: design.pareto ? "◆" : " ", format: "dim" };
}

const bare = (text: string): string => text.replace(/\s*[%a-z]+$/, "");

/** Without the unit, which the column's head says. */
function milliseconds(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return (value * 1e3).toFixed(value < 0.099_95 ? 1 : 0);
}

/** The parts of the mean latency: the capturing host, waiting, the network both ways, the other host. */
function partsText(parts: LatencyParts): string {
  const groups = [
    parts.head + parts.encode,
    parts.queue,
    parts.wire + parts.answer,
    parts.decode + parts.middle + parts.tail,
  ];
  return groups
    .map((group) => (Number.isFinite(group) ? (group * 1e3).toFixed(group >= 0.009_95 || group === 0 ? 0 : 1) : "–"))
    .join("+");
}

function table(context: Context, width: number, most: number, style: Style): string {
  const { result } = context;
  const shown = listed(context, most);
  const measure = (columns: readonly Column[]): number[] =>
    columns.map(({ head, cell }) => Math.max(head.length, ...shown.map((design) => length(cell(design)))));
  let columns = columnsOf(context);
  const tooWide = (): boolean => total(measure(columns)) > width;
  const shorten = (): void => {
    columns[1] = { ...columns[1]!, cell: ({ id }) => ({ text: context.names.tiny(id) }) };
  };
  if (tooWide()) shorten();
  while (tooWide() && columns.some(({ spare }) => spare !== undefined)) {
    const first = Math.max(...columns.map(({ spare }) => spare ?? 0));
    columns = columns.filter(({ spare }) => spare !== first);
  }
  const widths = measure(columns);
  widths[1] = Math.min(widths[1]!, Math.max(12, widths[1]! - Math.max(0, total(widths) - width)));
  const line = (cells: readonly (Cell | Cell[])[]): string =>
    cells
      .map((cell, i) => padded(cell, widths[i]!, columns[i]!.align, style))
      .join("  ")
      .trimEnd();
  const head = line(columns.map(({ head }) => ({ text: head, format: "dim" })));
  const lines = shown.map((design) => {
    const bold = design.id === result.verdict.recommended;
    return line(columns.map(({ cell }) => (bold ? embolden(cell(design)) : cell(design))));
  });
  const left = result.designs.length - shown.length;
  return [
    ...key(context, columns, width, style),
    head,
    ...lines,
    ...(left > 0 ? [style("dim", `   and ${left} more in the report`)] : []),
  ].join("\n");
}

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, each) => sum + each, 0) + 2 * (widths.length - 1);

const cellsOf = (cell: Cell | Cell[]): Cell[] => (Array.isArray(cell) ? cell : [cell]);

const length = (cell: Cell | Cell[]): number =>
  cellsOf(cell).reduce((sum, { text }) => sum + Array.from(text).length, 0);

const embolden = (cell: Cell | Cell[]): Cell[] =>
  cellsOf(cell).map(({ text, format }) => ({ text, format: [format ?? [], "bold" as const].flat() }));

function padded(cell: Cell | Cell[], width: number, align: "left" | "right", style: Style): string {
  const cells = cellsOf(cell);
  // Only a name is ever too long; it is one cell.
  const fitting = cells.length === 1 ? [{ ...cells[0]!, text: ellipsis(cells[0]!.text, width) }] : cells;
  const blank = " ".repeat(Math.max(0, width - length(fitting)));
  const text = fitting.map(({ text, format }) => (format && text.trim() ? style(format, text) : text)).join("");
  return align === "left" ? text + blank : blank + text;
}

/** What to list: the first by the objective, the baselines, and what the verdict names, in the result's order. */
function listed({ result }: Context, most: number): DesignResult[] {
  const { designs, verdict } = result;
  const baseline = (kind: DesignResult["kind"]): DesignResult[] =>
    designs.filter((design) => design.kind === kind).slice(0, 1);
  const named = designs.filter(({ id }) => roleOf(verdict, id) !== undefined);
  const kept = new Set(
    [...named.slice(0, most), ...baseline("LC"), ...baseline("RC"), ...designs].slice(0, Math.max(1, most)),
  );
  for (const design of designs) if (kept.size < Math.min(most, designs.length)) kept.add(design);
  return designs.filter((design) => kept.has(design));
}

/** The requirements in the order of the marks, and what the other signs mean. */
function key({ result }: Context, columns: readonly Column[], width: number, style: Style): string[] {
  const { requirements } = result.study;
  const signs = [
    result.verdict.recommended === undefined ? "▶ nearest" : "▶ recommended",
    "◆ Pareto",
    ...(requirements.length > 0 ? ["✓ met", "✕ missed", "? undecided"] : []),
    ...(columns.some(({ spare }) => spare === 5)
      ? [`parts: mean on ${oneLine(result.study.frames.host)} + waiting + network + other host`]
      : []),
  ];
  const wanted = requirements.map((requirement) => oneLine(`${subject(requirement)} ${bound(requirement)}`));
  // A sign and its meaning stay on one line.
  const whole = signs.map((sign) => sign.replaceAll(" ", "\u00A0"));
  return [
    ...(wanted.length > 0 ? wrap(`meets: ${wanted.join(" · ")}`, width) : []),
    ...wrap(whole.join(" · "), width),
  ].map((line) => style("dim", line));
}

function verdict(context: Context, width: number, style: Style): string {
  const { verdict } = context.result;
  const lines = wrap(plainSentence(context, verdict.says), width);
  const said = lines.map((line) => style(["bold", verdict.recommended === undefined ? "red" : "green"], line));
  const note = (text: string): string[] => wrap(text, width);
  const label = (id: string): string => context.names.label(id);
  return [
    ...[
      ...(context.result.baselineWarnings ?? []).map(baselineText),
      ...doubtWarnings(context.result.doubts ?? []),
    ].flatMap((line) => wrap(oneLine(line), width).map((part) => style(["bold", "yellow"], part))),
    ...said,
    ...(verdict.ties.length > 0
      ? note(`Tie: the samples cannot tell it from ${verdict.ties.map(label).join(", ")}.`)
      : []),
    ...(verdict.runnerUp
      ? note(`Not ${label(verdict.runnerUp.id)}: ${plainSentence(context, verdict.runnerUp.because)}`)
      : []),
    ...verdict.instead.flatMap(({ id, because }) => note(`Not ${label(id)}: ${plainSentence(context, because)}`)),
    ...(verdict.says.some(({ kind }) => kind === "unsure") ? (verdict.nearest?.relax ?? []) : []).flatMap(
      ({ requirement, to }) => note(`It would fit if "${requirement}" became ${to}.`),
    ),
  ].join("\n");
}

/** Of each early exit how sure it has to be, and who leaves. */
function exits({ result, names }: Context, width: number, style: Style): string {
  const asked = result.study.explore.exits;
  if (!asked) return "";
  const leaving = (cut: string) =>
    result.designs.find(
      ({ exited, exits: [exit] = [], segments }) => exited && exit && segments[exit.after]!.to.join(",") === cut,
    )?.exited?.share;
  return (result.exits ?? [])
    .flatMap(({ cut, calibration: { threshold, samples, share, bound } }) => {
      const where = `exit at ${names.brief(cut)}`;
      if (threshold === undefined) return wrap(`${where}: never sure enough, of ${samples} samples held back`, width);
      const left = leaving(cut);
      const tested = left
        ? `; of the test images ${percent(left.value)} (${percent(left.lo)} to ${percent(left.hi)})`
        : "";
      return wrap(
        `${where}: ${threshold === 0 ? "always sure" : `sure from ${threshold.toPrecision(4)}`}, ${percent(share)} of ${samples} samples held back leave and lose ` +
          `${percent(bound, 2)} at most${tested}`,
        width,
      );
    })
    .map((line) => style("dim", line))
    .join("\n");
}

/** What the candidates give up to the best of all cuts, and where the answer changes. */
function allCuts(context: Context, width: number, style: Style): string {
  const { optimum } = context.result;
  const changes = changesOf(context).filter(({ stretches }) => stretches.length > 1);
  return [
    ...(optimum
      ? wrap([plainSentence(context, optimum.says), leftOutText(optimum.leftOut)].filter(Boolean).join(" "), width)
      : []),
    ...changes.flatMap(({ what, own, stretches }) => {
      const answers = stretches.map(({ range, answer }) => `${range} ${answer}`).join(" · ");
      return wrap(`${what} (${own}): ${answers}`, width);
    }),
  ]
    .map((line, i) => (i === 0 && optimum ? line : style("dim", line)))
    .join("\n");
}

/** One line per loss rate: what the verdict would be. */
function byLoss(context: Context, width: number, style: Style): string {
  const { sweep } = context.result;
  if (sweep.length === 0) return "";
  const name = ({ recommended, nearest }: Verdict): string => {
    if (recommended !== undefined) return context.names.label(recommended);
    return nearest ? `nothing fits; nearest ${context.names.label(nearest.id)}` : "nothing fits";
  };
  const rows = sweep.map(({ loss, verdict, designs }) => ({ loss: lossText(loss), verdict, designs }));
  const wide = Math.max(...rows.map(({ loss }) => loss.length));
  const lines = rows.map(({ loss, verdict, designs }) => {
    const fits = verdict.recommended !== undefined;
    const mark = style(fits ? "green" : "red", fits ? marks.met : marks.missed);
    const id = verdict.recommended ?? verdict.nearest?.id;
    const point = designs.find((design) => design.id === id);
    const words = [
      name(verdict),
      ...(point
        ? [`${qualityWords(context.result).show(qualityOf(point.quality).value)} · p95 ${trim(seconds(point.p95))}`]
        : []),
      ...(fits ? [`${verdict.fitting.length} of ${plural(designs.length, "design")} fit`] : []),
    ];
    const room = width - wide - 9;
    while (words.length > 1 && Array.from(words.join(" · ")).length > room) words.pop();
    return `${mark} ${loss.padStart(wide)} loss  ${ellipsis(words.join(" · "), room)}`;
  });
  return [style("dim", "At each loss rate:"), ...lines].join("\n");
}

/** Lines of at most `width`, broken at blanks; a word longer than a line is shortened in its middle. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && Array.from(last).length + 1 + Array.from(word).length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(ellipsis(word, width));
    }
  }
  return lines;
}
