/** @file A map over the link's rate: regions of one answer each, named in place, with the study's own point. */
import * as Plot from "@observablehq/plot";
import type { DesignResult } from "@split-et-impera/core/design";
import {
  axis,
  axisFor,
  draw,
  fontSize,
  halo,
  legend,
  textWidth,
  widths,
  type Axis,
  type Legend,
  type Size,
} from "./chart.ts";
import { kindColour } from "./context.ts";
import { rate, trim } from "./format.ts";
import { planeOf } from "./labels.ts";
import { html, type Child, type Markup } from "./html.ts";
import { labelRegions, type Area, type RegionLabel } from "./regions.ts";

type Line = NonNullable<RegionLabel<string>["line"]>;

/** An answer: a placement or a design. */
export interface Answer {
  key: string;
  kind: DesignResult["kind"];
  /** Ways to write its name, the one liked best first. */
  names: string[];
}

export interface Patch {
  /** What is best here; undefined where nothing fits. */
  answer?: Answer;
  /** Corners in the values of the axes. */
  outline: { x: number; y: number }[];
}

export interface MapChart {
  label: string;
  x: Axis;
  y: Axis;
  yTicks: { value: number; text: string }[];
  yLabel: string;
  patches: readonly Patch[];
  /** Lines between different answers. */
  borders: readonly (readonly { x: number; y: number }[])[];
  at(x: number, y: number): Answer | undefined;
  /** Where the study itself stands, on the map on which it does. */
  own?: { x: number; y: number };
}

/** A colour for every answer: its kind's, mixed with the page's, the first of a kind the strongest. */
function coloursOf(answers: readonly Answer[]): Map<string, string> {
  const colours = new Map<string, string>();
  for (const alike of Map.groupBy(answers, ({ kind }) => kind).values()) {
    alike.forEach(({ key, kind }, i) => {
      const share = alike.length === 1 ? 42 : Math.round(58 - (42 * i) / (alike.length - 1));
      colours.set(key, `color-mix(in srgb, ${kindColour[kind]} ${share}%, var(--surface))`);
    });
  }
  return colours;
}

/** The answers that a map shows, in the order of its patches. */
function answersOf(patches: readonly Patch[]): Answer[] {
  const found = new Map(patches.flatMap(({ answer }) => (answer ? [[answer.key, answer] as const] : [])));
  return [...found.values()];
}

export function mapLegend({ patches, own }: Pick<MapChart, "patches" | "own">): Legend {
  const answers = answersOf(patches);
  const colours = coloursOf(answers);
  return legend([
    ...answers.map(({ key, names }) => [names[0]!, colours.get(key)!] as const),
    ...(patches.some(({ answer }) => !answer) ? [["nothing is sure to fit", "var(--sunk)"] as const] : []),
    ...(own ? [["this study", "var(--ink)", "dot"] as const] : []),
  ]);
}

export function mapPlot(chart: MapChart, size: Size): Markup {
  const { x, y, own, patches, yTicks } = chart;
  const wide = size === "wide";
  const frame = {
    width: widths[size],
    height: wide ? 400 : 340,
    marginTop: 30,
    marginBottom: 42,
    marginLeft: Math.ceil(Math.max(...yTicks.map(({ text }) => textWidth(text)))) + 16,
    marginRight: 18,
  };
  const plane = planeOf(x, y, frame);
  const colours = coloursOf(answersOf(patches));
  const colour = ({ answer }: Patch): string => (answer ? colours.get(answer.key)! : "var(--sunk)");
  const lines = chart.borders.flatMap((border, i) => border.map((point) => ({ ...point, border: i })));
  const corners = patches.flatMap(({ answer, outline }, patch) =>
    outline.map((point) => ({ ...point, patch, answer })),
  );
  const area: Area = {
    left: frame.marginLeft,
    top: frame.marginTop,
    width: frame.width - frame.marginLeft - frame.marginRight,
    height: frame.height - frame.marginTop - frame.marginBottom,
  };
  const dot = own && plane.pixel(own);
  const ownText = "this study";
  const room = textWidth(ownText) + 14;
  const side = dot && dot.x + room >= area.left + area.width ? -1 : 1;
  const ownBox: Area[] = dot
    ? [{ left: side > 0 ? dot.x - 9 : dot.x - room, top: dot.y - 10, width: room + 9, height: 20 }]
    : [];
  const answers = new Map(answersOf(patches).map((answer) => [answer.key, answer]));
  const nothing = "";
  const labels = labelRegions(
    area,
    (px, py) => {
      const point = plane.value({ x: px, y: py });
      return chart.at(point.x, point.y)?.key ?? nothing;
    },
    (key) => answers.get(key)?.names ?? ["nothing is sure to fit", "nothing fits", "none"],
    ownBox,
  );
  const ticks = x.ticks(wide ? 8 : 4);
  return draw(chart.label, {
    ...frame,
    style: { fontSize: `${fontSize}px` },
    x: { type: x.type, domain: x.domain, label: null },
    y: { type: y.type, domain: y.domain, label: null },
    marks: [
      Plot.line(corners, {
        x: "x",
        y: "y",
        z: "patch",
        curve: "linear-closed",
        fill: colour,
        // Hides the seams between patches of one answer.
        stroke: colour,
        strokeWidth: 1,
      }),
      Plot.line(lines, { x: "x", y: "y", z: "border", curve: "linear", stroke: "var(--surface)", strokeWidth: 2 }),
      Plot.axisY(
        yTicks.map(({ value }) => value),
        {
          ...axis,
          text: (value: number) => yTicks.find((tick) => tick.value === value)!.text,
          label: chart.yLabel,
          labelAnchor: "top",
          labelOffset: frame.marginLeft - 4,
        },
      ),
      Plot.axisX({
        ...axis,
        ticks,
        // Not tickFormat: that of a logarithmic scale leaves labels out.
        text: (value: number) => trim(rate(value)),
        label: "link rate",
        labelAnchor: "center",
      }),
      Plot.link(
        labels.flatMap(({ line }) => line ?? []),
        {
          x1: (d: Line) => plane.value({ x: d.x1, y: d.y1 }).x,
          y1: (d: Line) => plane.value({ x: d.x1, y: d.y1 }).y,
          x2: (d: Line) => plane.value({ x: d.x2, y: d.y2 }).x,
          y2: (d: Line) => plane.value({ x: d.x2, y: d.y2 }).y,
          stroke: "var(--ink)",
        },
      ),
      Plot.text(labels, {
        x: (d: { x: number; y: number }) => plane.value(d).x,
        y: (d: { x: number; y: number }) => plane.value(d).y,
        text: "text",
        fill: ({ key }: { key: string }) => (key === nothing ? "var(--muted)" : "var(--ink)"),
        lineAnchor: "middle",
      }),
      Plot.dot(own ? [own] : [], {
        x: "x",
        y: "y",
        r: 4.5,
        fill: "var(--ink)",
        stroke: "var(--surface)",
        strokeWidth: 1.5,
      }),
      Plot.text(own ? [own] : [], {
        x: "x",
        y: "y",
        text: () => ownText,
        textAnchor: side > 0 ? "start" : "end",
        lineAnchor: "middle",
        dx: 9 * side,
        fontWeight: 600,
        fill: "var(--ink)",
        ...halo,
      }),
    ],
  });
}

/** A logarithmic axis from end to end, without the room that others leave. */
export const exactly = ([from, to]: [number, number]): Axis => axisFor([from * 1.25, to / 1.25], { log: true });

/** The same as a table: an answer for every row and column. */
export function mapTable(
  label: string,
  corner: string,
  columns: readonly string[],
  rows: readonly { head: string; cells: readonly Child[] }[],
): Markup {
  return html`<details>
    <summary>Numbers</summary>
    <div class="scroll" role="region" aria-label="${label}" tabindex="0">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">${corner}</th>
            ${columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ head, cells }) =>
              html`<tr>
                <th scope="row">${head}</th>
                ${cells.map((cell) => html`<td>${cell}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
