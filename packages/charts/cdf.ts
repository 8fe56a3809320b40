/** @file Distribution functions of designs' latencies. */
import * as Plot from "@observablehq/plot";
import { deadlineOf } from "@split-et-impera/core/study";
import type { DesignResult, LatencyCurve } from "@split-et-impera/core/design";
import { axis, axisFor, draw, fontSize, grid, halo, widths, type Axis, type Size } from "./chart.ts";
import { kindColour, type Context } from "./context.ts";
import { percent, seconds, trim } from "./format.ts";
import { latestOf } from "./hatch.ts";
import type { Markup } from "./html.ts";

/** A design's line, as its key in the legend shows it. */
export interface CdfLine {
  design: DesignResult;
  curve: LatencyCurve;
  colour: string;
  key: keyof typeof strokes;
}

/** How a line is broken, by its key's shape. */
const strokes = { line: undefined, dash: "7,4", dots: "2,4" } as const;

/** Lines of one kind of design have one colour, and are told apart by how they are broken, then by a darker colour. */
export function cdfLines(designs: readonly DesignResult[]): CdfLine[] {
  const seen = { LC: 2, RC: 0, SC: 0, EE: 0 };
  return designs.flatMap((design): CdfLine[] => {
    const { curve } = design.latency;
    if (!curve) return [];
    const turn = seen[design.kind]++;
    const plain = kindColour[design.kind];
    const colour = turn < 3 ? plain : `color-mix(in srgb, ${plain} 55%, var(--ink))`;
    return [{ design, curve, colour, key: (["line", "dash", "dots"] as const)[turn % 3]! }];
  });
}

interface Point {
  x: number;
  y: number;
}

/** @param from the share at which the vertical axis begins, up to 1 */
export function cdfPlot(context: Context, lines: readonly CdfLine[], size: Size, from: number): Markup {
  const { study, verdict } = context.result;
  const drawn = lines.map(({ design: { id }, curve, colour, key }) => ({
    title: id,
    curve,
    colour,
    key,
    width: id === verdict.recommended ? 3 : 1.75,
  }));
  const what = { deadline: deadlineOf(study), latest: latestOf(study) };
  return distributionPlot(drawn, { ...what, about: "one line per design" }, size, from);
}

/** A distribution of latencies. */
export interface DistributionLine {
  title: string;
  curve: LatencyCurve;
  colour: string;
  key: keyof typeof strokes;
  /** Pixels. */
  width: number;
}

/**
 * Which share of the frames is answered by when.
 * @param latest seconds at which the axis ends at the latest
 * @param about what the lines are, for those who hear the page
 * @param from the share at which the vertical axis begins, up to 1
 */
export function distributionPlot(
  lines: readonly DistributionLine[],
  { deadline, latest, about }: { deadline: number; latest: number; about: string },
  size: Size,
  from: number,
): Markup {
  const width = widths[size];
  const height = from === 0 ? (size === "wide" ? 320 : 290) : size === "wide" ? 210 : 200;
  const frame = { width, height, marginTop: 26, marginBottom: from > 0 ? 40 : 24, marginLeft: 52, marginRight: 20 };
  const x = timeAxis(lines, deadline, latest);
  const shown = lines.map((line) => ({ ...line, points: within(line.curve, x.domain, from) }));
  const ticks = x.ticks(size === "wide" ? 8 : 3);
  return draw(`Share of the frames answered, from ${percent(from, 0)} up: ${about}`, {
    ...frame,
    style: { fontSize: `${fontSize}px` },
    x: { type: x.type, domain: x.domain, label: null },
    y: { domain: [from, 1], label: null },
    marks: [
      Plot.gridY({ ...grid, ticks: 5 }),
      Plot.axisY({
        ...axis,
        ticks: 5,
        tickFormat: (value: number) => percent(value, 0),
        label: "frames answered",
        labelAnchor: "top",
        labelOffset: 50,
      }),
      Plot.axisX({
        ...axis,
        ticks,
        // Not tickFormat: that of a logarithmic scale leaves labels out.
        text: (value: number) => trim(seconds(value)),
        label: from > 0 ? "latency of a frame" : null,
        labelAnchor: "center",
      }),
      Plot.ruleX([deadline], { stroke: "var(--ink)", strokeWidth: 1.25, strokeDasharray: "5,4" }),
      Plot.text([deadline], {
        x: (value: number) => value,
        text: () => "deadline",
        frameAnchor: "bottom",
        textAnchor: "start",
        dx: 6,
        dy: -8,
        fill: "var(--ink)",
        ...halo,
      }),
      ...shown.map((line) =>
        Plot.line(line.points, {
          x: "x",
          y: "y",
          stroke: line.colour,
          strokeWidth: line.width,
          strokeDasharray: strokes[line.key],
          title: () => line.title,
        }),
      ),
    ],
  });
}

/** From the quickest frame to the slowest, with the deadline, and never beyond `latest`. */
function timeAxis(lines: readonly Pick<DistributionLine, "curve">[], deadline: number, latest: number): Axis {
  const times = lines.flatMap(({ curve }) => [curve.seconds[0], curve.seconds.at(-1)]);
  return axisFor([...times.flatMap((time) => (time === undefined ? [] : [Math.min(time, latest)])), deadline]);
}

/**
 * The part of a curve in a stretch of time, as a line that goes on level to its end, above a share; empty where it stays
 * below. A curve that begins later lies on the axis.
 */
function within({ seconds, share }: LatencyCurve, [since, until]: [number, number], from: number): Point[] {
  const points: Point[] = seconds.map((x, i) => ({ x, y: share[i]! }));
  const begins = seconds[0] !== undefined && seconds[0] <= until;
  const early = [{ x: begins ? seconds[0]! : since, y: 0 }, ...points.filter(({ x }) => x <= until)];
  const last = early.at(-1)!;
  const next = begins ? points[early.length - 1] : undefined;
  // Between two points nothing is known but that the share grows from one to the other.
  const end = next ? last.y + ((until - last.x) / (next.x - last.x)) * (next.y - last.y) : last.y;
  const line = [...early, { x: until, y: end }];
  const first = line.findIndex(({ y }) => y >= from);
  if (first <= 0) return first === 0 ? line : [];
  const [a, b] = [line[first - 1]!, line[first]!];
  const enters = b.y > a.y ? a.x + ((from - a.y) / (b.y - a.y)) * (b.x - a.x) : b.x;
  return [{ x: enters, y: from }, ...line.slice(first)];
}
