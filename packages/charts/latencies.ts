/** @file Latencies per frame: which share of the frames each design has answered by when. */
import { deadlineOf } from "@split-et-impera/core/study";
import { namedDesigns, type LatencyCurve } from "@split-et-impera/core/design";
import { cdfLines, cdfPlot } from "./cdf.ts";
import { figure, legend } from "./chart.ts";
import { designName, type Context } from "./context.ts";
import { grouped, percent, plural, seconds, sortKey, trim } from "./format.ts";
import { latestOf } from "./hatch.ts";
import { html, type Markup } from "./html.ts";

/** Lines stay readable up to about so many. */
const mostLines = 7;

/** Nothing for results of older versions, which hold no curves. */
export function latenciesSection(context: Context): Markup {
  const { result } = context;
  const chosen = namedDesigns(result, mostLines);
  const lines = cdfLines(chosen.filter(({ overload }) => !overload));
  if (lines.length === 0) return html``;
  const over = chosen.filter(({ overload }) => overload);
  const deadline = deadlineOf(result.study);
  const late = lines.some(({ curve }) => (curve.seconds.at(-1) ?? 0) > latestOf(result.study));
  const thick = lines.some(({ design }) => design.id === result.verdict.recommended);
  const lost = lines.filter(({ design }) => design.framesLost > 0);
  return html`<section id="latencies">
    <h2>Latencies of frames</h2>
    ${figure({
      id: "latency-cdf",
      title: "Share of the frames answered by a time",
      legend: legend(
        lines.map(({ design: { id, deadlineMisses }, colour, key }) => [
          `${context.names.label(id)}: ${percent(1 - deadlineMisses.value)} in time`,
          colour,
          key,
        ]),
      ),
      caption: html`From capture to answer, over ${plural(result.study.frames.count, "frame")} of each design that the
      verdict names, LC and the best RC${thick && "; the thick line is recommended"}. In time is by the deadline,
      ${trim(seconds(deadline))}. Below, the same from 90 %
      up.${
        lost.length > 0 &&
        html` A line that does not reach 100 % has frames that were never
        answered${lost.map(({ design }, i) => html`${i === 0 ? ": " : ", "}${designName(context, design.id)} ${grouped(design.framesLost)}`)}.`
      }${late && " The axis ends at three times the deadline; frames answered later are missing there too."}${
        over.length > 0 &&
        html` Left out, because ${over.length === 1 ? "its" : "their"} latency grows from frame to
        frame:${over.map(({ id }, i) => html`${i === 0 ? " " : ", "}${designName(context, id)}`)}.`
      }`,
      draw: (size) => [cdfPlot(context, lines, size, 0), cdfPlot(context, lines, size, 0.9)],
      below: numbers(context),
    })}
  </section> `;
}

/** Shares of all frames whose latencies stand in the table. */
const shares = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const;

function numbers(context: Context): Markup {
  const { result } = context;
  const designs = result.designs.filter(({ latency, overload }) => latency.curve && !overload);
  const deadline = deadlineOf(result.study);
  return html`<details>
    <summary>Numbers of all ${designs.length} designs</summary>
    <div class="scroll" role="region" aria-label="Latencies of frames" tabindex="0">
      <table class="plain sortable">
        <thead>
          <tr>
            <th scope="col" data-order="ascending">Design</th>
            ${shares.map((share) => html`<th scope="col" class="right" data-order="ascending">p${100 * share}</th>`)}
            <th scope="col" class="right" data-order="ascending">last</th>
            <th scope="col" class="right" data-order="descending">by ${trim(seconds(deadline))}</th>
            <th scope="col" class="right" data-order="ascending">never</th>
          </tr>
        </thead>
        <tbody>
          ${designs.map(({ id, latency, deadlineMisses, framesLost }) => {
            const curve = latency.curve!;
            const cells = [...shares.map((share) => timeOf(curve, share)), curve.seconds.at(-1) ?? Infinity];
            return html`<tr>
              <th scope="row">${designName(context, id)}</th>
              ${cells.map((time) => html`<td class="right" data-key="${sortKey(time)}">${seconds(time)}</td>`)}
              <td class="right" data-key="${1 - deadlineMisses.value}">${percent(1 - deadlineMisses.value)}</td>
              <td class="right" data-key="${framesLost}">${grouped(framesLost)}</td>
            </tr> `;
          })}
        </tbody>
      </table>
    </div>
  </details>`;
}

/** When so many of all frames were answered, at the first point of the curve that has them; Infinity where they never were. */
function timeOf({ seconds, share }: LatencyCurve, wanted: number): number {
  const at = share.findIndex((one) => one >= wanted - 1e-9);
  return at < 0 ? Infinity : seconds[at]!;
}
