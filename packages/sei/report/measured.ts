/** @file The page of a verification: of each cell both distributions over each other, and its table. */
import {
  distributionPlot,
  figure,
  html,
  inUnit,
  legend,
  percent,
  seconds,
  trim,
  type Markup,
} from "@split-et-impera/charts";
import { openTask } from "@split-et-impera/core/task";
import { formatBytes } from "@split-et-impera/core/units";
import { calibrationText, madeText, wayText } from "../verify/link-text.ts";
import type { Cell, Verdict, Verification } from "../verify/index.ts";
import { version } from "../version.ts";
import { page } from "./page.ts";

const marks: Record<Verdict, string> = { holds: "✓", "does not hold": "✕", undecided: "?" };
const colours = { predicted: "var(--sc)", measured: "var(--ink)" } as const;

/** One self-contained HTML file, made from the table alone. */
export function renderVerification(table: Verification): string {
  const { study, cells, machine } = table;
  const held = cells.filter(({ holds }) => holds === "holds").length;
  const says = `${held} of ${cells.length} predictions hold`;
  return page({
    name: `${study}, measured`,
    description: says,
    version,
    links: cells.map((_, i) => [`cell-${i + 1}`, String(i + 1)]),
    body: html`<p>
        ${says}: p50 within 3 %, p90 and p95 within 5 %, p99 within 10 % of what was measured, the share of misses
        within a point, accuracy within its interval.
      </p>
      ${cells.map(cellSection)}`,
    footer: html`Made by split-et-impera ${version} on ${machine.cpu || machine.platform}. The measured side is a run of
    the study's data by the design's own runtime.`,
  });
}

function cellSection(cell: Cell, i: number): Markup {
  const { name, holds, frames, deadline, curves, doubts } = cell;
  const latest = 3 * Math.max(deadline, ...[cell.predicted.p50, cell.measured.p50.value].filter(Number.isFinite));
  const lines = (["predicted", "measured"] as const).map((side) => ({
    title: side,
    curve: curves[side],
    colour: colours[side],
    key: side === "predicted" ? ("dash" as const) : ("line" as const),
    width: 2,
  }));
  const what = { deadline, latest, about: "predicted and measured" };
  return html`<section id="cell-${i + 1}">
    <h2>${marks[holds]} ${name} over ${wayText(cell)}: ${holds}</h2>
    ${figure({
      id: `distribution-${i + 1}`,
      title: "Share of the frames answered by a time",
      legend: legend(lines.map(({ title, colour, key }) => [title, colour, key])),
      caption: html`${frames} frames, ${madeText(cell)}. Below, the same from 90 %
      up.${doubts.map((doubt) => html` Doubtful: ${doubt}.`)}`,
      draw: (size) => [distributionPlot(lines, what, size, 0), distributionPlot(lines, what, size, 0.9)],
      below: html`${figuresTable(cell)}${partsTable(cell)}`,
    })}
  </section> `;
}

function figuresTable({ task, predicted, measured, verdicts }: Cell): Markup {
  const rows: Markup[] = [];
  const row = (label: string, key: keyof Cell["predicted"], text: (value: number) => string): void => {
    const [said, seen] = [predicted[key], measured[key]];
    if (said === undefined || !seen) return;
    const verdict = verdicts[key];
    rows.push(
      html`<tr>
        <th scope="row">${label}</th>
        <td class="right">${text(said)}</td>
        <td class="right">${text(seen.value)}</td>
        <td class="right">${text(seen.lo)} to ${text(seen.hi)}</td>
        <td>${verdict && marks[verdict]}</td>
      </tr>`,
    );
  };
  const time = (value: number): string => trim(seconds(value));
  for (const key of ["p50", "p90", "p95", "p99"] as const) row(key, key, time);
  row("deadline misses", "misses", (value) => percent(value));
  const { name } = openTask(task).metrics[0]!;
  row(name, "quality", (value) => inUnit(name, value));
  row("bytes", "bytes", (value) => formatBytes(value));
  return html`<div class="scroll" role="region" aria-label="Figures" tabindex="0">
    <table class="plain">
      <thead>
        <tr>
          <th scope="col"></th>
          <th scope="col" class="right">predicted</th>
          <th scope="col" class="right">measured</th>
          <th scope="col" class="right">95 % interval</th>
          <th scope="col">holds</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function partsTable(cell: Cell): Markup {
  const { parts, calibration } = cell;
  const own = Object.entries(calibration).map(([name, value]) => `${name} ${trim(seconds(value))}`);
  return html`<details>
    <summary>Parts of the mean</summary>
    <table class="plain">
      <thead>
        <tr>
          <th scope="col"></th>
          <th scope="col" class="right">predicted</th>
          <th scope="col" class="right">measured</th>
        </tr>
      </thead>
      <tbody>
        ${parts.map(
          ({ step, predicted, measured }) =>
            html`<tr>
              <th scope="row">${step}</th>
              <td class="right">${predicted === undefined ? "" : trim(seconds(predicted))}</td>
              <td class="right">${trim(seconds(measured))}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${own.length > 0 && html`<p>Of the prediction, ${calibrationText(cell)}: ${own.join(", ")}.</p>`}
  </details>`;
}
