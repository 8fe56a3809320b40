/** @file One frame of a design, step by step: where it is, and until when. */
import * as Plot from "@observablehq/plot";
import type { Span } from "@split-et-impera/core/design";
import { axis, draw, figure, fontSize, grid, halo, legend, textWidth, widths, type Size } from "./chart.ts";
import type { Closely } from "@split-et-impera/core/design";
import { bytes, seconds, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { ellipsis } from "./names.ts";
import { partNames, partTitles } from "./parts.ts";

interface Bar {
  row: string;
  from: number;
  to: number;
  fill: string;
  title: string;
}

/** @param deadline seconds after capture */
export function ganttFigure(frame: NonNullable<Closely["frame"]>, deadline: number): Markup {
  const { spans, latency, number } = frame;
  const used = new Set(spans.map(({ part }) => part));
  const waits = spans.some(({ reached, begun, at }) => "host" in at && begun > reached);
  return figure({
    id: "frame-chart",
    title: "One frame, step by step",
    legend: legend(
      partNames
        .filter((part) => (part === "queue" ? waits : used.has(part)))
        .map((part) => [partTitles[part], `var(--part-${part})`] as const),
    ),
    caption: html`Frame ${number + 1} of the simulation, whose latency is the median: it was answered
    ${trim(seconds(latency))} after its capture. A row is a host, or what crosses from one host to another; answers go
    back in a row of their
    own.${deadline <= latency * 4 && ` The dashed line is the deadline, ${trim(seconds(deadline))}.`}`,
    draw: (size) => [plot(spans, latency, deadline, size)],
    below: numbers(spans),
  });
}

/** `camera`, `camera → gateway`; the hosts between pass on what crosses. */
const placeOf = ({ at }: Pick<Span, "at">): string => ("host" in at ? at.host : `${at.from} → ${at.to}`);

const stepText = ({ part, work, bytes: sent }: Span): string =>
  [partTitles[part], work ?? (sent === undefined ? "" : bytes(sent))].filter(Boolean).join(", ");

function barsOf(spans: readonly Span[]): Bar[] {
  return spans.flatMap((span): Bar[] => {
    const row = placeOf(span);
    const { reached, begun, done, part, at } = span;
    const begins = "host" in at ? begun : reached;
    const bar = (from: number, to: number, name: string, text: string): Bar => ({
      row,
      from,
      to,
      fill: `var(--part-${name})`,
      title: `${row}\n${text}: ${seconds(to - from)}, from ${seconds(from)} to ${seconds(to)}`,
    });
    return [
      ...(begins > reached ? [bar(reached, begins, "queue", partTitles.queue)] : []),
      bar(begins, done, part, stepText(span)),
    ];
  });
}

function plot(spans: readonly Span[], latency: number, deadline: number, size: Size): Markup {
  const rows = [...new Set(spans.map(placeOf))];
  const small = size === "wide" ? fontSize : 10;
  const shown = new Map(rows.map((row) => [row, ellipsis(row, size === "wide" ? 40 : 20)]));
  const marginLeft = Math.ceil(Math.max(...[...shown.values()].map((name) => textWidth(name, small)))) + 14;
  const late = deadline <= latency * 4;
  const end = Math.max(latency, late ? deadline : 0) * 1.02;
  const bars = barsOf(spans);
  const ends = rows.map((row) => {
    const own = bars.filter((bar) => bar.row === row);
    return {
      row,
      to: Math.max(...own.map(({ to }) => to)),
      sum: own.reduce((all, { from, to }) => all + to - from, 0),
    };
  });
  return draw("One frame of the design on a time axis, a row for each host and each way between hosts", {
    width: widths[size],
    height: rows.length * 30 + 62,
    marginLeft,
    marginRight: size === "wide" ? 78 : 56,
    marginTop: 30,
    marginBottom: 24,
    style: { fontSize: `${small}px` },
    x: { domain: [0, end], label: null, axis: null },
    y: { type: "band", domain: rows, label: null, axis: null, padding: 0.3 },
    marks: [
      Plot.gridX({ ...grid, ticks: size === "wide" ? 8 : 3 }),
      Plot.axisX({
        ...axis,
        anchor: "top",
        ticks: size === "wide" ? 8 : 3,
        tickFormat: (v: number) => trim(seconds(v)),
        label: null,
      }),
      Plot.axisY(rows, {
        ...axis,
        fontSize: small,
        color: "var(--ink)",
        tickSize: 0,
        tickFormat: (row: string) => shown.get(row) ?? row,
      } as Plot.AxisYOptions),
      Plot.barX(bars, { y: "row", x1: "from", x2: "to", fill: "fill", title: "title" }),
      ...(late
        ? [
            Plot.ruleX([deadline], { stroke: "var(--ink)", strokeWidth: 1.25, strokeDasharray: "5,4" }),
            Plot.text([deadline], {
              x: (d: number) => d,
              text: () => "deadline",
              frameAnchor: "bottom",
              dy: 18,
              fill: "var(--ink)",
            }),
          ]
        : []),
      Plot.text(ends, {
        x: "to",
        y: "row",
        text: (d: (typeof ends)[number]) => seconds(d.sum),
        textAnchor: "start",
        dx: 6,
        fill: "var(--ink)",
        fontVariant: "tabular-nums",
        ...halo,
      }),
    ],
  });
}

function numbers(spans: readonly Span[]): Markup {
  return html`<details>
    <summary>Numbers</summary>
    <div class="scroll" role="region" aria-label="The steps of one frame" tabindex="0">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">Step</th>
            <th scope="col" class="right">reached</th>
            <th scope="col" class="right">begun</th>
            <th scope="col" class="right">done</th>
          </tr>
        </thead>
        <tbody>
          ${spans.map(
            (span) =>
              html`<tr>
                <th scope="row">${placeOf(span)}</th>
                <td>${stepText(span)}</td>
                <td class="right">${seconds(span.reached)}</td>
                <td class="right">${seconds(span.begun)}</td>
                <td class="right">${seconds(span.done)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
