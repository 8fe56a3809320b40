/** @file Where the time goes: the parts of each design's mean latency, against the deadline. */
import * as Plot from "@observablehq/plot";
import { deadlineOf } from "@split-et-impera/core/study";
import { type DesignResult, type LatencyParts } from "@split-et-impera/core/design";
import { designName, roleOf, type Context } from "./context.ts";
import { axis, draw, figure, fontSize, grid, halo, legend, textWidth, widths, type Size } from "./chart.ts";
import { seconds, trim, sortKey } from "./format.ts";
import { latestOf, offScale } from "./hatch.ts";
import { html, type Markup } from "./html.ts";
import { ellipsis } from "./names.ts";

/** In the order in which a frame meets them. */
export const partNames = [
  "head",
  "encode",
  "queue",
  "wire",
  "decode",
  "middle",
  "tail",
  "answer",
] as const satisfies readonly (keyof LatencyParts)[];

export const partTitles: Record<keyof LatencyParts, string> = {
  head: "head",
  encode: "encode",
  queue: "waiting for a busy host",
  wire: "on the wire",
  decode: "decode",
  middle: "middle segments",
  tail: "tail",
  answer: "answer",
};

interface Bar {
  id: string;
  part: keyof LatencyParts;
  from: number;
  to: number;
  title: string;
}

export function partsSection(context: Context): Markup {
  const { designs } = context.result;
  const timed = designs.filter((design) => offOf(design) === undefined);
  if (timed.length === 0) return html``;
  const deadline = deadlineOf(context.result.study);
  const limit = limitOf(timed, deadline, latestOf(context.result.study));
  const cut = timed.filter((design) => total(design) > limit).length;
  return html`<section id="parts">
    <h2>Where the time goes</h2>
    ${figure({
      id: "parts-chart",
      title: "Parts of the mean latency",
      legend: legend(partNames.map((part) => [partTitles[part], `var(--part-${part})`] as const)),
      caption: html`Means over the delivered frames; the parts of a design add up to its mean latency, written at its
      end.${timed.length < designs.length && " Hatched rows are of designs whose latency grows from frame to frame, or that never answer."}
      The dashed line is the deadline,
      ${trim(seconds(deadline))}.${cut > 0 && ` ${cut} ${cut === 1 ? "bar goes" : "bars go"} on beyond the right edge (▸).`}`,
      draw: (size) => [partsPlot(context, designs, limit, size)],
      below: numbers(context, timed),
    })}
  </section> `;
}

const total = (design: DesignResult): number => partNames.reduce((sum, part) => sum + design.parts[part], 0);

/** Why a design has no latency that could be drawn; undefined where it has one. */
const offOf = (design: DesignResult): string | undefined => offScale(design, total(design));

/** Where the axis ends: everything, unless a few slow designs would press the others together; never beyond `latest`. */
function limitOf(designs: readonly DesignResult[], deadline: number, latest: number): number {
  const totals = designs.map(total).sort((a, b) => a - b);
  const most = totals.at(-1)!;
  const usual = Math.max(deadline * 1.5, totals[Math.floor(totals.length * 0.6)]! * 1.3);
  return Math.min(latest, most > usual * 1.6 ? usual : Math.max(most, deadline));
}

function partsPlot(context: Context, designs: readonly DesignResult[], limit: number, size: Size): Markup {
  const names = new Map(
    designs.map(({ id }) => [
      id,
      size === "wide" ? ellipsis(context.names.label(id), 38) : ellipsis(context.names.tiny(id), 24),
    ]),
  );
  const small = size === "wide" ? fontSize : 10;
  const marginLeft = Math.ceil(Math.max(...[...names.values()].map((name) => textWidth(name, small)))) + 14;
  const row = designs.length > 60 ? 18 : 22;
  const timed = designs.filter((design) => offOf(design) === undefined);
  const off = designs.filter((design) => offOf(design) !== undefined);
  const ends = [
    ...timed.map((design) => ({
      id: design.id,
      to: Math.min(total(design), limit),
      text: `${total(design) > limit ? "▸ " : ""}${seconds(total(design))}`,
    })),
    ...off.map((design) => ({ id: design.id, to: 0, text: offText(design, size) })),
  ];
  const marginRight = size === "wide" ? 78 : 56;
  /** What a pixel is in seconds. */
  const pixel = limit / (widths[size] - marginLeft - marginRight);
  const chosen = designs.filter(({ id }) => roleOf(context.result.verdict, id) === "recommended").map(({ id }) => id);
  const others = designs.map(({ id }) => id).filter((id) => !chosen.includes(id));
  const deadline = deadlineOf(context.result.study);
  const label = (ids: string[], bold: boolean): Plot.Markish =>
    Plot.axisY(ids, {
      ...axis,
      fontSize: small,
      color: bold ? "var(--ink)" : "var(--muted)",
      fontWeight: bold ? 650 : 400,
      tickSize: 0,
      tickFormat: (id: string) => names.get(id) ?? id,
    } as Plot.AxisYOptions);
  return draw("Parts of the mean latency, one bar per design", {
    width: widths[size],
    height: designs.length * row + 62,
    marginLeft,
    marginRight,
    marginTop: 40,
    marginBottom: 22,
    style: { fontSize: `${small}px` },
    x: { domain: [0, limit], label: null, axis: null },
    y: { type: "band", domain: designs.map(({ id }) => id), label: null, axis: null, padding: 0.28 },
    marks: [
      Plot.gridX({ ...grid, ticks: size === "wide" ? 8 : 3 }),
      Plot.axisX({
        ...axis,
        anchor: "top",
        ticks: size === "wide" ? 8 : 3,
        tickFormat: (v: number) => trim(seconds(v)),
        label: null,
      }),
      ...(others.length > 0 ? [label(others, false)] : []),
      ...(chosen.length > 0 ? [label(chosen, true)] : []),
      Plot.barX(
        timed.flatMap((design) => barsOf(design, limit)),
        {
          y: "id",
          x1: "from",
          x2: "to",
          fill: (d: Bar) => `var(--part-${d.part})`,
          title: "title",
        },
      ),
      ...(deadline <= limit
        ? [
            Plot.ruleX([deadline], { stroke: "var(--ink)", strokeWidth: 1.25, strokeDasharray: "5,4" }),
            Plot.text([deadline], {
              x: (d: number) => d,
              text: () => "deadline",
              frameAnchor: "bottom",
              dy: 16,
              fill: "var(--ink)",
            }),
          ]
        : []),
      Plot.vector(
        off.flatMap((design) => strokesOf(design.id, textWidth(offText(design, size), small) + 14, pixel, limit)),
        {
          x: "x",
          y: "id",
          length: 13,
          rotate: 45,
          anchor: "middle",
          shape: stroke,
          stroke: "var(--muted)",
          strokeOpacity: 0.5,
        },
      ),
      Plot.text(ends, {
        x: "to",
        y: "id",
        text: "text",
        textAnchor: "start",
        dx: 6,
        fill: "var(--ink)",
        fontVariant: "tabular-nums",
        ...halo,
      }),
    ],
  });
}

/** Why there is no bar, shorter where there is little room. */
function offText(design: DesignResult, size: Size): string {
  const text = offOf(design) ?? "";
  return size === "wide" ? text : text.replace(/^overloaded: /, "").replace(/ \(.*\)$/, "");
}

/** Strokes 8 pixels apart, from `from` pixels (behind the text) to the end of the axis. */
function strokesOf(id: string, from: number, pixel: number, limit: number): { id: string; x: number }[] {
  const count = Math.max(0, Math.floor((limit / pixel - from) / 8));
  return Array.from({ length: count }, (_, i) => ({ id, x: (from + 8 * i) * pixel }));
}

/** A plain stroke; Plot's own vectors have heads. */
const stroke: Plot.VectorShapeImplementation = {
  draw(context: { moveTo(x: number, y: number): void; lineTo(x: number, y: number): void }, length: number) {
    context.moveTo(0, 0);
    context.lineTo(0, -length);
  },
};

/** The stacked bars of a design, ended at `limit`; parts without time have none. */
function barsOf(design: DesignResult, limit: number): Bar[] {
  const bars: Bar[] = [];
  let at = 0;
  for (const part of partNames) {
    const value = design.parts[part];
    const to = Math.min(at + value, limit);
    if (to > at)
      bars.push({ id: design.id, part, from: at, to, title: `${design.id}\n${partTitles[part]}: ${seconds(value)}` });
    at = Math.max(at, to);
  }
  return bars;
}

function numbers(context: Context, designs: readonly DesignResult[]): Markup {
  return html`<details>
    <summary>Numbers</summary>
    <div class="scroll" role="region" aria-label="Parts of the mean latency" tabindex="0">
      <table class="plain sortable">
        <thead>
          <tr>
            <th scope="col" data-order="ascending">Design</th>
            ${partNames.map((part) => html`<th scope="col" class="right" data-order="ascending">${part}</th>`)}
            <th scope="col" class="right" data-order="ascending">mean</th>
          </tr>
        </thead>
        <tbody>
          ${designs.map(
            (design) =>
              html`<tr>
                <th scope="row">${designName(context, design.id)}</th>
                ${partNames.map((part) => html`<td class="right" data-key="${sortKey(design.parts[part])}">${seconds(design.parts[part])}</td>`)}
                <td class="right" data-key="${sortKey(design.latency.mean)}">${seconds(design.latency.mean)}</td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
