/** @file What losses do: over TCP the latency grows, over UDP the accuracy falls. */
import * as Plot from "@observablehq/plot";
import { deadlineOf } from "@split-et-impera/core/design";
import type { DesignResult, SweepPoint } from "@split-et-impera/core/design";
import { designName, kindColour, leastAccuracy, type Context } from "./context.ts";
import {
  axis,
  axisFor,
  draw,
  figure,
  fontSize,
  grid,
  halo,
  spread,
  textWidth,
  widths,
  type Axis,
  type Size,
} from "./chart.ts";
import { bound, percent, plusMinus, seconds, subject, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { ellipsis } from "./names.ts";
import { lossText, verdictsByLoss } from "./verdict.ts";

export function lossSection(context: Context): Markup {
  const { sweep, designs } = context.result;
  if (sweep.length === 0) {
    return html`<section id="loss">
      <h2>What losses do</h2>
      <p class="lead">
        The study names no loss rates to compare (<code>losses</code> under <code>explore</code>), so only the link's
        own loss was simulated.
      </p>
    </section> `;
  }
  const missing = (transport: "tcp" | "udp"): Markup | undefined =>
    designs.some((design) => design.transport === transport)
      ? undefined
      : html`<p class="lead">No design of this study uses ${transport.toUpperCase()}.</p>`;
  return html`<section id="loss">
    <h2>What losses do</h2>
    <p class="lead">
      TCP repeats what is lost, so that answers come later; UDP does not, so that the tail answers from tensors with
      holes.
    </p>
    ${missing("tcp") ?? lossFigure(context, latencyChart(context))}
    ${missing("udp") ?? lossFigure(context, accuracyChart(context))} ${verdictsByLoss(context)}
  </section> `;
}

/** One of the two charts: which designs, which number of theirs, against which bounds. */
interface LossChart {
  id: string;
  title: string;
  axisLabel: string;
  transport: "tcp" | "udp";
  designs: readonly DesignResult[];
  value(point: SweepPoint): number;
  /** Ends of the interval, where there is one. */
  interval?(point: SweepPoint): [number, number];
  show(value: number): string;
  cell(point: SweepPoint): Markup;
  bounds: readonly { value: number; text: string }[];
  log?: boolean;
}

function latencyChart(context: Context): LossChart {
  const { result } = context;
  const stated = result.study.requirements.filter((requirement) => requirement.metric === "latency");
  const bounds = stated.map((requirement) => ({
    value: requirement.value,
    text: `${subject(requirement)} ${bound(requirement)}`,
  }));
  const deadline = deadlineOf(result.study);
  return {
    id: "loss-tcp",
    title: "Latency against loss, over TCP",
    axisLabel: "p95 latency",
    transport: "tcp",
    designs: selection(context, "tcp"),
    value: ({ p95 }) => p95,
    show: seconds,
    cell: (point) => html`${seconds(point.p95)} <small>p50 ${seconds(point.median)}</small>`,
    bounds: bounds.length > 0 ? bounds : [{ value: deadline, text: `one frame, ${seconds(deadline)}` }],
  };
}

function accuracyChart(context: Context): LossChart {
  const least = leastAccuracy(context.result);
  return {
    id: "loss-udp",
    title: "Accuracy against loss, over UDP",
    axisLabel: "accuracy",
    transport: "udp",
    designs: selection(context, "udp"),
    value: ({ accuracy }) => accuracy.value,
    interval: ({ accuracy }) => [accuracy.lo, accuracy.hi],
    show: (value) => percent(value),
    cell: ({ accuracy }) => html`${percent(accuracy.value)} <small>${plusMinus(accuracy)}</small>`,
    bounds: least ? [{ value: least.value, text: `${subject(least.requirement)} ${bound(least.requirement)}` }] : [],
    log: false,
  };
}

/**
 * At most seven designs, so that the lines stay readable: those that a verdict names, the best two that send the
 * input, the best at each cut (by requirements met, then by the objective), and LC for comparison.
 */
function selection(context: Context, transport: "tcp" | "udp"): DesignResult[] {
  const { result } = context;
  const verdicts = [result.verdict, ...result.sweep.map((point) => point.verdict)];
  const named = new Set(verdicts.flatMap((v) => [v.recommended, v.nearest?.id, v.runnerUp?.id]));
  const unmet = ({ checks }: DesignResult): number => checks.filter(({ state }) => state !== "met").length;
  const over = result.designs.filter((design) => design.transport === transport).sort((a, b) => unmet(a) - unmet(b));
  const cuts = new Set<string | undefined>();
  const bestPerCut = over.filter(({ kind, cut }) => kind === "SC" && !cuts.has(cut) && cuts.add(cut));
  const remote = over.filter((design) => design.kind === "RC").slice(0, 2);
  const wanted = [...over.filter((design) => named.has(design.id)).slice(0, 3), ...remote, ...bestPerCut];
  const kept = new Set(
    wanted
      .slice(0, 9)
      .filter((design, i) => wanted.indexOf(design) === i)
      .slice(0, 6),
  );
  return result.designs.filter((design) => kept.has(design) || design.kind === "LC");
}

function lossFigure(context: Context, chart: LossChart): Markup {
  const all = context.result.designs.filter((design) => design.transport === chart.transport);
  const shown = chart.designs.filter((design) => design.kind !== "LC").length;
  const rule = chart.bounds.length > 0 ? " The dashed red line is the requirement." : "";
  const bars = chart.interval
    ? " Vertical bars are 95 % intervals; lines stand a little apart so that these can be told apart."
    : "";
  const part =
    shown === all.length
      ? `All ${all.length} designs over ${chart.transport.toUpperCase()}`
      : `The best ${shown} of ${all.length} designs over ${chart.transport.toUpperCase()}: those that a verdict names, those that send the input, and the best at each cut`;
  return figure({
    id: chart.id,
    title: chart.title,
    caption: html`${part}.${rule}${bars} Blue lines send the input, orange ones a tensor; grey is everything on
    ${context.result.study.frames.host}${chart.designs.some(({ id }) => id === context.result.verdict.recommended) && "; the thick one is recommended"}.`,
    draw: (size) => [lossPlot(context, chart, size)],
    below: numbers(context, chart, all),
  });
}

interface LinePoint {
  loss: number;
  /** Where it is drawn. */
  x: number;
  value: number;
  lo: number;
  hi: number;
  id: string;
  kind: DesignResult["kind"];
  title: string;
}

function lossPlot(context: Context, chart: LossChart, size: Size): Markup {
  const { result } = context;
  const losses = result.sweep.map(({ loss }) => loss);
  const shown = chart.designs
    .map((design) => ({ design, points: pointsOf(context, chart, design) }))
    .filter((line) => line.points.length > 0);
  const points = shown.flatMap((line) => line.points);
  const width = widths[size];
  const height = size === "wide" ? 330 : 300;
  const bounds = chart.bounds.map((line) => line.value);
  const y = axisFor([...points.flatMap((d) => [d.value, d.lo, d.hi]), ...bounds], { zero: false, log: chart.log });
  const names = shown.map(({ design }) => lineName(context, chart, design, size));
  const room = Math.max(0, ...names.map((name) => textWidth(name, size === "wide" ? fontSize : 11)));
  const frame = { marginTop: 28, marginBottom: 40, marginLeft: 58, marginRight: Math.ceil(room) + 34 };
  const last = Math.max(...losses);
  const first = Math.min(...losses);
  const inset = last > first ? (last - first) * 0.022 : 0.005;
  const [left, right] = [first - inset, last + inset];
  const perPixel = (right - left) / (width - frame.marginLeft - frame.marginRight);
  // Intervals at the same loss would cover each other; the lines stand a few pixels apart instead.
  for (const [i, line] of shown.entries()) {
    const aside = chart.interval ? (i - (shown.length - 1) / 2) * 4 * perPixel : 0;
    for (const point of line.points) if (point.kind !== "LC") point.x += aside;
  }
  const labels = labelMarks(shown, names, y, { ...frame, height, right, perPixel, size });
  const recommended = result.verdict.recommended;
  const emphasis = (d: LinePoint): number => (d.id === recommended ? 3 : 1.75);
  return draw(`${chart.title}: one line per design`, {
    ...frame,
    width,
    height,
    style: { fontSize: `${fontSize}px` },
    x: { domain: [left, right], label: null },
    y: { type: y.type, domain: y.domain },
    marks: [
      Plot.gridY({ ...grid, ticks: y.ticks(5) }),
      Plot.axisY({
        ...axis,
        ticks: y.ticks(5),
        tickFormat: (value: number) => trim(chart.show(value)),
        label: chart.axisLabel,
        labelAnchor: "top",
        labelOffset: 56,
      }),
      Plot.axisX([...new Set(losses)], {
        ...axis,
        tickFormat: (loss: number) => lossText(loss),
        label: "packet loss",
        labelAnchor: "center",
      }),
      Plot.ruleY(chart.bounds, { y: "value", stroke: "var(--missed)", strokeDasharray: "5,4" }),
      ...chart.bounds.map((line) =>
        Plot.text([line], {
          y: "value",
          text: "text",
          frameAnchor: clearest(shown, y, line.value, left, right),
          dx: 6,
          dy: -8,
          fill: "var(--missed)",
          ...halo,
        }),
      ),
      ...(chart.interval
        ? [
            Plot.ruleX(
              points.filter((d) => d.kind !== "LC"),
              { x: "x", y1: "lo", y2: "hi", stroke: lineColour, strokeOpacity: 0.6 },
            ),
          ]
        : []),
      Plot.line(
        points.filter((d) => d.kind === "LC"),
        { x: "x", y: "value", z: "id", stroke: lineColour, strokeWidth: 1.5, strokeDasharray: "2,4" },
      ),
      Plot.line(
        points.filter((d) => d.kind !== "LC"),
        { x: "x", y: "value", z: "id", stroke: lineColour, strokeWidth: emphasis },
      ),
      Plot.dot(
        points.filter((d) => d.kind !== "LC"),
        { x: "x", y: "value", r: 3.5, fill: lineColour, stroke: "var(--surface)", symbol: "circle", title: "title" },
      ),
      ...labels,
    ],
  });
}

/** Where along a bound its text is furthest from the lines. */
function clearest(
  lines: readonly { points: readonly LinePoint[] }[],
  y: Axis,
  bound: number,
  left: number,
  right: number,
): "left" | "middle" | "right" {
  const room = (share: number): number => {
    const x = left + share * (right - left);
    const gaps = lines.map(({ points }) => {
      const after = Math.max(
        1,
        points.findIndex((point) => point.x >= x),
      );
      const [a, b] = [points[after - 1], points[after]];
      if (!a) return 1;
      const between = b && b.x > a.x ? (x - a.x) / (b.x - a.x) : 0;
      const place = y.place(a.value) + between * (y.place(b?.value ?? a.value) - y.place(a.value));
      // The text stands a little above its line.
      return Math.abs(place - y.place(bound) - 0.03);
    });
    return Math.min(1, ...gaps);
  };
  const sides = [["left", 0.12] as const, ["right", 0.86] as const, ["middle", 0.5] as const];
  return sides.reduce((best, side) => (room(side[1]) > room(best[1]) + 0.02 ? side : best))[0];
}

const lineColour = (d: { kind: DesignResult["kind"] }): string => kindColour[d.kind];

/** A name without what the chart's title says already. */
function lineName(context: Context, chart: LossChart, design: DesignResult, size: Size): string {
  const name = context.names.label(design.id).replace(new RegExp(` ${chart.transport}$`), "");
  return ellipsis(name, size === "wide" ? 34 : 19);
}

function pointsOf(context: Context, chart: LossChart, design: DesignResult): LinePoint[] {
  return context.result.sweep.flatMap(({ loss, designs }) => {
    const point = designs.find(({ id }) => id === design.id);
    const value = point ? chart.value(point) : Number.NaN;
    if (!point || !Number.isFinite(value)) return [];
    const [lo, hi] = chart.interval?.(point) ?? [value, value];
    const title = `${design.id}\n${lossText(loss)} loss: ${chart.show(value)}`;
    return [{ loss, x: loss, value, lo, hi, id: design.id, kind: design.kind, title }];
  });
}

interface Frame {
  marginTop: number;
  marginBottom: number;
  marginLeft: number;
  marginRight: number;
  height: number;
  /** The loss at the right edge. */
  right: number;
  /** Loss per pixel. */
  perPixel: number;
  size: Size;
}

/** Names at the ends of the lines, moved apart, each joined to its line. */
function labelMarks(
  lines: readonly { design: DesignResult; points: readonly LinePoint[] }[],
  names: readonly string[],
  y: Axis,
  frame: Frame,
): Plot.Markish[] {
  const inner = frame.height - frame.marginTop - frame.marginBottom;
  const ends = lines.map(({ points }) => points.at(-1)!);
  const wanted = ends.map((end) => frame.marginTop + (1 - y.place(end.value)) * inner);
  const placed = spread(wanted, 15, frame.marginTop, frame.height - frame.marginBottom);
  const labels = ends.map((end, i) => ({
    kind: end.kind,
    name: names[i]!,
    title: end.id,
    x0: end.x + frame.perPixel * 6,
    y0: end.value,
    x1: frame.right + frame.perPixel * 16,
    y1: y.value(1 - (placed[i]! - frame.marginTop) / inner),
  }));
  return [
    Plot.link(labels, { x1: "x0", y1: "y0", x2: "x1", y2: "y1", stroke: lineColour, strokeOpacity: 0.5 }),
    Plot.text(labels, {
      x: "x1",
      y: "y1",
      text: "name",
      title: "title",
      textAnchor: "start",
      dx: 4,
      fontSize: frame.size === "wide" ? fontSize : 11,
      fill: (d: { kind: DesignResult["kind"] }) => `var(--${d.kind.toLowerCase()}-text)`,
      ...halo,
    }),
  ];
}

function numbers(context: Context, chart: LossChart, designs: readonly DesignResult[]): Markup {
  const { sweep } = context.result;
  return html`<details>
    <summary>Numbers of all ${designs.length} designs</summary>
    <div class="scroll" role="region" aria-label="${chart.title}" tabindex="0">
      <table class="plain sortable">
        <thead>
          <tr>
            <th scope="col" data-order="ascending">Design</th>
            ${sweep.map(({ loss }) => html`<th scope="col" class="right" data-order="${chart.transport === "tcp" ? "ascending" : "descending"}">${lossText(loss)} loss</th>`)}
          </tr>
        </thead>
        <tbody>
          ${designs.map(
            (design) =>
              html`<tr>
                <th scope="row">${designName(context, design.id)}</th>
                ${sweep.map(({ designs }) => {
                  const point = designs.find(({ id }) => id === design.id);
                  return point
                    ? html`<td class="right" data-key="${chart.value(point)}">${chart.cell(point)}</td>`
                    : html`<td class="right">–</td>`;
                })}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
