/** @file What TCP does with the chosen design's messages: its congestion window, and which bytes go when. */
import * as Plot from "@observablehq/plot";
import type { ConnectionResult } from "@split-et-impera/core/design";
import { uplinkOf } from "@split-et-impera/core/study";
import { axis, draw, figure, grid, legend, widths, type Size } from "./chart.ts";
import { designName, type Context } from "./context.ts";
import { bytes, percent, plural, seconds, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";

type Point = ConnectionResult["points"][number];

const sentColour = "var(--rc)";
const acknowledgedColour = "var(--lc)";
const resentColour = "var(--sc)";
const lostColour = "var(--missed)";

/** Nothing where the chosen design does not send over TCP. */
export function connectionSection(context: Context): Markup {
  const { connection, study } = context.result;
  if (!connection || connection.points.length === 0) return html``;
  const { points } = connection;
  const steady = points.every(({ cwnd }) => cwnd === points[0]!.cwnd);
  const shown = steady ? closeUp(connection) : points;
  const lost = points.filter((point) => point.lost).length;
  const resent = points.filter((point) => point.resent).length;
  const timeouts = points.filter((point) => point.timeout).length;
  return html`<section id="connection">
    <h2>What TCP does</h2>
    <p class="lead">
      ${plural(connection.messages, "message")} of ${bytes(connection.bytes)}, as
      ${designName(context, connection.design)} sends them, over the study's link with
      ${percent(uplinkOf(study).link.loss.rate)} loss.
    </p>
    ${figure({
      id: "connection-chart",
      title: steady ? "Sequence numbers over time" : "Congestion window and sequence numbers over time",
      legend: legend([
        ["sent", sentColour, "dot"],
        ["acknowledged", acknowledgedColour],
        ["sent again", resentColour, "dot"],
        ["lost", lostColour, "ring"],
        ["time-out", lostColour],
      ]),
      caption: html`One point per packet with data from ${study.frames.host}: ${plural(points.length, "packet")}, of
      which ${lost} lost, ${resent} sent again and ${plural(timeouts, "time-out")} (dashed). A message waits for the
      answer to the one before it; without losses they begin about a frame apart. Answers and acknowledgements get lost
      too, and then what had arrived goes again.
      ${
        steady
          ? `The congestion window stays at ${points[0]!.cwnd} segments throughout and so is not drawn. ${closeUpText(points, shown)}Drawn are the last`
          : "Above, how many segments may be under way; below, the last"
      }
      byte of each packet and the bytes known to have arrived. Where the two lie far apart for long, a loss holds the
      message up.`,
      draw: (size) => [...(steady ? [] : [windowPlot(points, size)]), sequencePlot(shown, size)],
    })}
  </section> `;
}

/** Messages that a close-up shows: enough to see their rhythm, few enough to see each packet. */
const closeMessages = 12;

/** Where the window never moves, all messages together are one straight line: a few of them, about the first repeat. */
function closeUp({ points, messages }: ConnectionResult): readonly Point[] {
  const few = Math.ceil((points.length / Math.max(1, messages)) * closeMessages);
  const event = points.findIndex(({ lost, resent, timeout }) => lost || resent || timeout);
  const from = Math.max(0, Math.min(event < 0 ? 0 : event - Math.floor(few / 2), points.length - few));
  return points.slice(from, from + few);
}

function closeUpText(all: readonly Point[], shown: readonly Point[]): string {
  if (shown.length === all.length) return "";
  const event = shown.some(({ lost, resent, timeout }) => lost || resent || timeout);
  return `A close-up of ${plural(shown.length, "packet")}${event ? " about the first that is lost or goes again" : ", as all are alike"}. `;
}

/** The same for both charts, so that their times stand above each other. */
function frameOf(points: readonly Point[], size: Size) {
  const end = points.at(-1)!.time;
  const from = points[0]!.time;
  const room = (end - from) * 0.01;
  return {
    width: widths[size],
    marginLeft: 66,
    marginRight: 16,
    style: { fontSize: "12px" },
    x: { domain: [from > 0 ? from - room : 0, end > from ? end + room : from + 0.001], label: null },
  };
}

const timeouts = (points: readonly Point[]): Plot.Markish =>
  Plot.ruleX(
    points.filter((point) => point.timeout),
    { x: "time", stroke: lostColour, strokeDasharray: "4,3" },
  );

function times(size: Size, label: string | null): Plot.Markish {
  return Plot.axisX({
    ...axis,
    ticks: size === "wide" ? 9 : 4,
    tickFormat: (value: number) => trim(seconds(value)),
    label,
    labelAnchor: "center",
  });
}

function windowPlot(points: readonly Point[], size: Size): Markup {
  return draw("Congestion window over time", {
    ...frameOf(points, size),
    height: size === "wide" ? 190 : 170,
    marginTop: 28,
    marginBottom: 24,
    y: { domain: [0, Math.max(...points.map(({ cwnd }) => cwnd)) * 1.08] },
    marks: [
      Plot.gridY({ ...grid, ticks: 4 }),
      Plot.axisY({ ...axis, ticks: 4, label: "window, segments", labelAnchor: "top", labelOffset: 64 }),
      times(size, null),
      timeouts(points),
      Plot.line(points, { x: "time", y: "cwnd", stroke: sentColour, strokeWidth: 1.75, curve: "step-after" }),
    ],
  });
}

function sequencePlot(points: readonly Point[], size: Size): Markup {
  const titled = (what: string) => (point: Point) => `${what} at ${seconds(point.time)}, byte ${point.sequence}`;
  const most = Math.max(...points.map(({ sequence }) => sequence));
  // A close-up starts where the bytes before it are known to have arrived.
  const least = points[0]!.time > 0 ? Math.min(...points.map(({ acknowledged }) => acknowledged)) : 0;
  const room = (most - least) * 0.05;
  return draw("Bytes sent and acknowledged over time", {
    ...frameOf(points, size),
    height: size === "wide" ? 270 : 240,
    marginTop: 28,
    marginBottom: 40,
    y: { domain: [least > 0 ? least - room : 0, most + room] },
    marks: [
      Plot.gridY({ ...grid, ticks: 5 }),
      Plot.axisY({
        ...axis,
        ticks: 5,
        tickFormat: (value: number) => trim(bytes(value)),
        label: "sequence number",
        labelAnchor: "top",
        labelOffset: 64,
      }),
      times(size, "time"),
      timeouts(points),
      Plot.line(points, {
        x: "time",
        y: "acknowledged",
        stroke: acknowledgedColour,
        strokeWidth: 1.5,
        curve: "step-after",
      }),
      Plot.dot(
        points.filter(({ resent }) => !resent),
        { x: "time", y: "sequence", r: points.length > 200 ? 1.6 : 3, fill: sentColour, title: titled("sent") },
      ),
      Plot.dot(
        points.filter(({ lost }) => lost),
        { x: "time", y: "sequence", r: 5, stroke: lostColour, strokeWidth: 1.75, title: titled("lost") },
      ),
      Plot.dot(
        points.filter(({ resent }) => resent),
        { x: "time", y: "sequence", r: 3, fill: resentColour, title: titled("sent again") },
      ),
    ],
  });
}
