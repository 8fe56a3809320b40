/** @file Which host or link serves which flow when, over a short time. */
import * as Plot from "@observablehq/plot";
import type { BusySecond } from "@split-et-impera/core/system";
import { axis, draw, figure, grid, legend, textWidth, widths, type Size } from "./chart.ts";
import { plural, seconds } from "./format.ts";
import { html, type Markup } from "./html.ts";

/** A colour for each flow, in order. */
const colours = [
  "var(--part-head)",
  "var(--part-tail)",
  "var(--part-wire)",
  "var(--part-decode)",
  "var(--part-encode)",
  "var(--part-answer)",
];
const colourOf = (flow: number): string => colours[flow % colours.length]!;

/** Rows at most: of many cameras the first are shown. */
const MOST_ROWS = 40;

/** The busiest second, a row for each host and link, in the order given. */
export function busyFigure(busy: BusySecond, flows: readonly string[], order: readonly string[]): Markup {
  const used = new Set(busy.spans.map(({ on }) => on));
  const rows = order.filter((one) => used.has(one));
  const shown = rows.slice(0, MOST_ROWS);
  const left = rows.length - shown.length;
  return figure({
    id: "busy-chart",
    title: "Who serves which flow when",
    legend: legend(flows.map((name, i) => [name, colourOf(i)] as const)),
    caption: html`${seconds(busy.to - busy.from)} of the simulation, from ${seconds(busy.from)} on, in which hosts work
    the most. On hosts, each piece of work; on links (thinner), each message from its sending until the receiver can go
    on, so that messages which lie above each other share the link or wait for
    it.${left > 0 && ` ${plural(left, "further row")} of the same kinds are left out.`}`,
    draw: (size) => [plot(busy, shown, size)],
  });
}

function plot(busy: BusySecond, rows: readonly string[], size: Size): Markup {
  const marginLeft = Math.ceil(Math.max(...rows.map((name) => textWidth(name, 12)), 20)) + 14;
  const spans = busy.spans.filter(({ on }) => rows.includes(on));
  const bar = (kind: "host" | "link", inset: number) =>
    Plot.barX(
      spans.filter((span) => span.kind === kind),
      {
        x1: (one) => one.from,
        x2: (one) => one.to,
        y: "on",
        fill: ({ flow }) => colourOf(flow),
        fillOpacity: kind === "link" ? 0.45 : 0.9,
        insetTop: inset,
        insetBottom: inset,
      },
    );
  return draw("Work on hosts and messages on links over time", {
    width: widths[size],
    height: 46 + 22 * rows.length,
    marginLeft,
    marginBottom: 38,
    x: { domain: [busy.from, busy.to], label: null },
    y: { domain: [...rows], label: null, padding: 0.15 },
    marks: [
      Plot.gridX(grid),
      bar("link", 4),
      bar("host", 1),
      Plot.axisX({ ...axis, label: "seconds since the beginning", ticks: size === "wide" ? 10 : 4 }),
      Plot.axisY({ ...axis, color: "var(--ink)", tickSize: 0 }),
    ],
  });
}
