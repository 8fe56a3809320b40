/** @file All cuts: the price of every placement, the optimum among them, and what the candidates give up to it. */
import * as Plot from "@observablehq/plot";
import {
  designsAt,
  transportText,
  placementName,
  type OptimumResult,
  type PricedPlacement,
} from "@split-et-impera/core/design";
import { axis, axisFor, draw, figure, fontSize, grid, legend, widths, type Size } from "./chart.ts";
import { kindColour, sentence, type Context } from "./context.ts";
import { percent, seconds, sortKey, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { leftOutText } from "./left-out.ts";
import { labelTexts, labelTies, placeLabels, planeOf } from "./labels.ts";
import { placementLabel } from "./changes.ts";

/** Nothing where the study splits nothing. */
export function cutsSection(context: Context): Markup {
  const { optimum } = context.result;
  if (!optimum) return html``;
  const codecs = codecsOf(optimum);
  return html`<section id="cuts">
    <h2>All cuts</h2>
    <p class="lead">
      ${sentence(context, optimum.says)}${
        optimum.runnerUp &&
        ` Runner-up of all: ${placementLabel(context, optimum.runnerUp)}, ${seconds(optimum.runnerUp.over)} more.`
      }
      ${leftOutText(optimum.leftOut)}
    </p>
    ${
      !overHosts(optimum) &&
      figure({
        id: "cuts-chart",
        title: "Latency of every placement of the model itself",
        legend: legend([
          ...codecs.map((codec, i) => [codec, i === 0 ? kindColour.SC : "var(--muted)", "dot"] as const),
          ["candidate", "var(--ink)", "ring"],
          ["optimum over all cuts", "var(--met)", "ring"],
          ["simulated median", "var(--ink)", "diamond"],
        ]),
        caption: html`From everything remote (RC, left) along the model's cuts to everything local (LC, right). A dot
        adds up measured compute, bytes at the link's rate and delay: no loss, no waiting for a busy host or link, no
        time for the codec. A diamond is what the simulation, which has all of these, says of the same placement; an
        overloaded design has none.${optimum.gap <= 1e-9 && " The optimum is proved."}`,
        draw: (size) => [cutsPlot(context, optimum, size)],
      })
    }
    ${candidatesTable(context, optimum)}
  </section> `;
}

/** Over more than two hosts placements stand in no one row from the input to the output. */
const overHosts = ({ placements }: OptimumResult): boolean => placements.some(({ hosts }) => hosts !== undefined);

/** How tensors are coded at cuts, the usual way first. */
function codecsOf({ placements }: OptimumResult): string[] {
  return [...new Set(placements.flatMap(({ kind, codec }) => (kind === "SC" && codec !== undefined ? [codec] : [])))];
}

interface Dot {
  x: number;
  y: number;
  placement: PricedPlacement;
}

/** Simulated latencies beyond this many times the dearest placement would press the others together; the table has them. */
const farthest = 3;

function cutsPlot(context: Context, optimum: OptimumResult, size: Size): Markup {
  const { placements } = optimum;
  const positions = [...new Set(placements.map(({ kind, cut }) => cut ?? kind))];
  const dots = placements.map((placement): Dot => ({
    x: positions.indexOf(placement.cut ?? placement.kind),
    y: placement.seconds,
    placement,
  }));
  const most = Math.max(...dots.map(({ y }) => y)) * farthest;
  const simulated = dots.flatMap(({ x, placement }) =>
    designsAt(placement, context.result.designs)
      .filter(({ overload }) => !overload)
      .map(({ id, latency }) => ({ x, y: latency.median.value, id }))
      .filter(({ y }) => y <= most),
  );
  const codecs = codecsOf(optimum);
  const frame = {
    width: widths[size],
    height: size === "wide" ? 340 : 320,
    marginTop: 30,
    marginBottom: 34,
    marginLeft: 62,
    marginRight: 24,
  };
  const y = axisFor([...dots.map((dot) => dot.y), ...simulated.map((dot) => dot.y)]);
  const x = {
    type: "linear",
    domain: [-0.5, positions.length - 0.5],
    ticks: (about: number) => about,
    place: (value: number) => (value + 0.5) / positions.length,
    value: (place: number) => place * positions.length - 0.5,
  } as const;
  const plane = planeOf({ ...x, domain: [...x.domain] }, y, frame);
  const best = dots.filter(({ placement }) => isBest(optimum, placement));
  const colour = ({ placement: { kind, codec } }: Dot): string =>
    kind === "SC" && codec !== codecs[0] ? "var(--muted)" : kindColour[kind];
  const candidates = dots.filter(({ placement }) => placement.candidate);
  const labels = placeLabels(
    [...dots, ...simulated].map((dot) => {
      const placement = "placement" in dot ? dot.placement : undefined;
      const named = placement && (placement.kind !== "SC" || placement.codec === codecs[0]);
      const rank =
        placement && best.some((one) => one.placement === placement) ? 0 : placement?.candidate && named ? 1 : 9;
      const text = placement ? placementLabel(context, placement) : "";
      const { x, y } = plane.pixel(dot);
      return { x, y, rank, text: rank === 0 && size === "wide" ? `${text}: ${seconds(dot.y)}` : text };
    }),
    frame,
    fontSize,
  );
  return draw("Latency by adding up, one dot per placement and codec", {
    ...frame,
    style: { fontSize: `${fontSize}px` },
    x: { type: "linear", domain: [...x.domain], axis: null },
    y: { type: y.type, domain: y.domain, label: null },
    marks: [
      Plot.gridY({ ...grid, ticks: y.ticks(6) }),
      Plot.axisY({
        ...axis,
        ticks: y.ticks(6),
        text: (value: number) => trim(seconds(value)),
        label: "latency",
        labelAnchor: "top",
        labelOffset: 58,
      }),
      Plot.text(["← cut near the input"], { frameAnchor: "bottom-left", dy: 22, fill: "var(--muted)" }),
      Plot.text(["cut near the output →"], { frameAnchor: "bottom-right", dy: 22, fill: "var(--muted)" }),
      ...codecs.map((codec) =>
        Plot.line(
          dots.filter(({ placement }) => placement.kind !== "SC" || placement.codec === codec),
          { x: "x", y: "y", stroke: codec === codecs[0] ? kindColour.SC : "var(--muted)", strokeOpacity: 0.35 },
        ),
      ),
      Plot.dot(dots, {
        x: "x",
        y: "y",
        r: 3,
        fill: colour,
        title: ({ placement }: Dot) =>
          `${placementName(placement)}\n${seconds(placement.seconds)}, ${seconds(placement.over)} over the optimum`,
      }),
      Plot.dot(candidates, { x: "x", y: "y", r: 6, stroke: "var(--ink)", strokeWidth: 1.2 }),
      Plot.dot(best, { x: "x", y: "y", r: 10, stroke: "var(--met)", strokeWidth: 2.2 }),
      Plot.dot(simulated, {
        x: "x",
        y: "y",
        r: 4,
        symbol: "diamond",
        fill: "var(--surface)",
        stroke: "var(--ink)",
        strokeWidth: 1.2,
        title: ({ id, y }: { id: string; y: number }) => `${id}\nsimulated median ${seconds(y)}`,
      }),
      labelTies(labels, plane),
      ...labelTexts(labels, plane, fontSize),
    ],
  });
}

const isBest = ({ best }: OptimumResult, { kind, cut, codec, hosts }: OptimumResult["best"]): boolean =>
  best.kind === kind && best.cut === cut && best.codec === codec && String(best.hosts) === String(hosts);

/** The optimum, the candidates, and neither splitting nor sending: priced and simulated. */
function candidatesTable(context: Context, optimum: OptimumResult): Markup {
  const rows = optimum.placements.filter((one) => one.candidate || isBest(optimum, one));
  rows.sort((a, b) => a.seconds - b.seconds);
  return html`<div class="scroll" role="region" aria-label="Candidates beside the optimum" tabindex="0">
    <table class="plain sortable">
      <thead>
        <tr>
          <th scope="col" data-order="ascending">Placement</th>
          <th scope="col" class="right" data-order="ascending">by adding up</th>
          <th scope="col" class="right" data-order="ascending">gives up</th>
          <th scope="col" class="right" data-order="ascending">of the optimum</th>
          <th scope="col">simulated median</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map((one) => {
          const best = isBest(optimum, one);
          return html`<tr>
            <th scope="row">
              <span class="design" title="${one.cut}"
                >${placementLabel(context, one)}${one.codec !== undefined && ` ${one.codec}`}</span
              >
              ${best && html`<span class="tag">optimum over all cuts</span>`}
            </th>
            <td class="right" data-key="${sortKey(one.seconds)}">${seconds(one.seconds)}</td>
            <td class="right" data-key="${sortKey(one.over)}">${best ? "–" : seconds(one.over)}</td>
            <td class="right" data-key="${sortKey(one.over / optimum.value)}">
              ${best ? "–" : percent(one.over / optimum.value, 0)}
            </td>
            <td>
              ${designsAt(one, context.result.designs).map(
                (design, i) =>
                  html`${i > 0 && " · "}<span class="nowrap" title="${design.id}"
                      >${design.crossings[0] && transportText(design.crossings[0].transport)}
                      ${design.overload ? "overloaded" : seconds(design.latency.median.value)}</span
                    >`,
              )}
            </td>
          </tr> `;
        })}
      </tbody>
    </table>
  </div>`;
}
