/** @file Where to split: the Cumulative Saliency curve above the layers' sizes, on one axis. */
import * as Plot from "@observablehq/plot";
import type { SaliencyPoint } from "@split-et-impera/core/design";
import type { Context } from "./context.ts";
import { axis, axisFor, draw, figure, fontSize, grid, halo, legend, textWidth, widths, type Size } from "./chart.ts";
import { bytes, count, grouped, plural, sortKey } from "./format.ts";
import { html, type Child, type Markup } from "./html.ts";
import { ellipsis } from "./names.ts";
import { examplesFigure } from "./examples.ts";

/** A point of the curve as the charts read it. */
interface Layer extends SaliencyPoint {
  /** Position on the axis, from 1. */
  index: number;
  log: number;
  low: number;
  high: number;
  name: string;
  title: string;
}

export function saliencySection(context: Context): Markup {
  const { saliency } = context.result;
  if (!saliency || saliency.points.length === 0) {
    const { candidates } = context.result.study.explore;
    const names = candidates.from === "names" ? candidates.names : [];
    return html`<section id="saliency">
      <h2>Where to split</h2>
      <p class="lead">
        ${
          names.length > 0
            ? html`The study names the cuts itself, so no saliency was computed:
              ${names.map((name, i) => html`${i > 0 && ", "}<span class="design" title="${name}">${context.names.tensor(name)}</span>`)}.`
            : "No saliency was computed for this study."
        }
      </p>
    </section> `;
  }
  const layers = layersOf(context, saliency.points);
  const candidates = layers.filter((layer) => layer.candidate);
  const classes = saliency.classes.length === 0 ? "all classes" : saliency.classes.join(", ");
  const target = saliency.target === "label" ? "the true class" : "the predicted class";
  return html`<section id="saliency">
    <h2>Where to split</h2>
    <p class="lead">
      Saliency proposes, simulation and requirements dispose: ${plural(candidates.length, "candidate")} among
      ${plural(layers.length, "layer")}, from ${plural(saliency.images, "image")} of ${classes}, for ${target}.
    </p>
    ${(saliency.notes ?? []).map((note) => html`<p>Note: ${note}.</p>`)}
    ${figure({
      id: "curve",
      title: "Cumulative Saliency and layer sizes",
      legend: legend([
        ["candidate", "var(--sc)", "dot"],
        ["legal cut", "var(--rc)", "dot"],
        ["cutting here alone does not separate the model", "var(--muted)", "ring"],
      ]),
      caption: caption(context, layers),
      draw: (size) => [curve(layers, size), sizes(context, layers, size)],
      below: pointsTable(layers),
    })}
    ${examplesFigure(context)}
  </section> `;
}

function layersOf(context: Context, points: readonly SaliencyPoint[]): Layer[] {
  const log = (value: number): number => (value > 0 ? Math.log10(value) : Number.NaN);
  const floor = Math.min(...points.map((point) => log(point.cs)).filter(Number.isFinite));
  return points.map((point, i) => ({
    ...point,
    index: i + 1,
    log: log(point.cs),
    // An interval that reaches zero has no logarithm; it ends below the lowest value instead.
    low: point.lo > 0 ? log(point.lo) : Math.min(floor - 0.3, log(point.cs)),
    high: log(point.hi),
    name: context.names.brief(point.tensor),
    title: `${i + 1}. ${point.tensor} (${point.operator}, ${point.shape.join("×")})\nlog10 CS ${fixed(log(point.cs))} (${fixed(log(point.lo))} to ${fixed(log(point.hi))})\n${bytes(point.bytes)} as float32${point.candidate ? "\ncandidate" : point.legal ? "" : "\nno legal cut"}`,
  }));
}

const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : "–");

/** Bytes of the input as a camera has it, 8 bits a value. */
function inputBytes(context: Context): number {
  return context.result.model.input.shape.reduce((product, side) => product * Math.max(1, side), 1);
}

function caption(context: Context, layers: readonly Layer[]): Child {
  const input = inputBytes(context);
  const smaller = layers.filter((layer) => layer.bytes < input).length;
  const best = layers.filter((layer) => layer.candidate).sort((a, b) => b.cs - a.cs)[0];
  return html`Above, log<sub>10</sub> of the Cumulative Saliency of every layer output in the order of the network, with
    its 95 % interval over images; candidates are its strict local maxima over legal
    cuts${best && html`, the highest at <span class="design" title="${best.tensor}">${best.name}</span>`}. Below, what
    each tensor weighs per image as float32, against the input at 8 bits (${bytes(input)}):
    ${smaller === 0 ? "no tensor is" : smaller === 1 ? "1 tensor is" : `${grouped(smaller)} tensors are`} smaller than
    the input.`;
}

/** Both charts share the margins at the sides, so that their axes are aligned. */
const margins = { marginLeft: 52, marginRight: 14 };

function shared(layers: readonly Layer[], size: Size): Plot.PlotOptions {
  return {
    ...margins,
    width: widths[size],
    style: { fontSize: `${fontSize}px` },
    x: { type: "band", domain: layers.map((layer) => layer.index), label: null, axis: null, padding: 0.3 },
  };
}

function guides(layers: readonly Layer[]): Plot.Markish {
  const candidates = layers.filter((layer) => layer.candidate);
  return Plot.ruleX(candidates, { x: "index", stroke: "var(--sc)", strokeOpacity: 0.35, strokeDasharray: "2,3" });
}

function curve(layers: readonly Layer[], size: Size): Markup {
  const seen = layers.filter((layer) => Number.isFinite(layer.log));
  const candidates = seen.filter((layer) => layer.candidate);
  const others = seen.filter((layer) => !layer.candidate);
  const y = axisFor(seen.flatMap((layer) => [layer.low, layer.high, layer.log]).filter(Number.isFinite), {
    log: false,
  });
  return draw("log10 of the Cumulative Saliency per layer, candidates marked", {
    ...shared(layers, size),
    height: size === "wide" ? 260 : 220,
    marginTop: 26,
    marginBottom: 8,
    y: { domain: y.domain },
    marks: [
      Plot.gridY({ ...grid, ticks: 5 }),
      Plot.axisY({ ...axis, ticks: 5, label: "log₁₀ CS", labelAnchor: "top", labelOffset: 50 }),
      guides(seen),
      Plot.areaY(seen, { x: "index", y1: "low", y2: "high", fill: "var(--rc)", fillOpacity: 0.16 }),
      Plot.lineY(seen, { x: "index", y: "log", stroke: "var(--rc)", strokeWidth: 1.75 }),
      Plot.dot(others, {
        x: "index",
        y: "log",
        r: layers.length > 60 ? 2 : 3,
        stroke: (d: Layer) => (d.legal ? "var(--rc)" : "var(--muted)"),
        fill: (d: Layer) => (d.legal ? "var(--rc)" : "var(--surface)"),
        strokeWidth: 1.5,
        title: "title",
      }),
      Plot.dot(candidates, {
        x: "index",
        y: "log",
        r: 5.5,
        fill: "var(--sc)",
        stroke: "var(--surface)",
        strokeWidth: 1.5,
        title: "title",
      }),
      Plot.text(candidates, {
        x: "index",
        y: "high",
        text: (d: Layer) => String(d.index),
        dy: -12,
        fontWeight: 600,
        fill: "var(--sc-text)",
        ...halo,
      }),
    ],
  });
}

function sizes(context: Context, layers: readonly Layer[], size: Size): Markup {
  const input = inputBytes(context);
  const axisBytes = axisFor([...layers.map((layer) => layer.bytes), input], { log: true });
  const lo = axisBytes.domain[0];
  const labels = new Map(axisLabels(layers, size).map((layer) => [layer.index, ellipsis(layer.name, 20)]));
  const longest = Math.max(0, ...[...labels].map(([, text]) => textWidth(text, 11)));
  const named = (candidate: boolean): number[] =>
    layers.filter((layer) => layer.candidate === candidate && labels.has(layer.index)).map((layer) => layer.index);
  const names = (candidate: boolean): Plot.Markish =>
    Plot.axisX(named(candidate), {
      ...axis,
      color: candidate ? "var(--sc-text)" : "var(--muted)",
      fontWeight: candidate ? 600 : 400,
      fontSize: 11,
      tickRotate: -90,
      tickSize: candidate ? 6 : 3,
      tickFormat: (index: number) => labels.get(index) ?? "",
    } as Plot.AxisXOptions);
  return draw("Bytes per image of every layer's output, on a logarithmic axis", {
    ...shared(layers, size),
    height: 170 + longest,
    marginTop: 34,
    marginBottom: longest + 20,
    y: { type: "log", domain: axisBytes.domain },
    marks: [
      Plot.gridY({ ...grid, ticks: axisBytes.ticks(4) }),
      Plot.axisY({
        ...axis,
        ticks: axisBytes.ticks(4),
        // Not tickFormat: that of a logarithmic scale leaves labels out.
        text: (value: number) => bytes(value),
        label: "bytes",
        labelAnchor: "top",
        labelOffset: 50,
      }),
      Plot.barY(layers, {
        x: "index",
        y1: lo,
        y2: "bytes",
        fill: (d: Layer) => (d.candidate ? "var(--sc)" : d.legal ? "var(--rc)" : "var(--muted)"),
        fillOpacity: (d: Layer) => (d.candidate ? 1 : d.legal ? 0.55 : 0.4),
        title: "title",
      }),
      Plot.ruleY([input], { stroke: "var(--ink)", strokeDasharray: "4,3" }),
      Plot.text([input], {
        y: (d: number) => d,
        text: () => `input, 8 bit: ${bytes(input)}`,
        frameAnchor: "right",
        dy: -8,
        fill: "var(--ink)",
        ...halo,
      }),
      ...(named(false).length > 0 ? [names(false)] : []),
      ...(named(true).length > 0 ? [names(true)] : []),
    ],
  });
}

/** The layers whose names fit under the axis: all, or the candidates and as many others as have room. */
function axisLabels(layers: readonly Layer[], size: Size): Layer[] {
  const step = (widths[size] - margins.marginLeft - margins.marginRight) / layers.length;
  const apart = Math.max(1, Math.ceil(13 / step));
  const kept = new Set<number>();
  const free = (i: number): boolean => {
    for (let j = i - apart + 1; j < i + apart; j++) if (kept.has(j)) return false;
    return true;
  };
  const strongest = layers.filter((layer) => layer.candidate).sort((a, b) => b.cs - a.cs);
  for (const layer of [...strongest, ...layers]) if (free(layer.index)) kept.add(layer.index);
  return layers.filter((layer) => kept.has(layer.index));
}

function pointsTable(layers: readonly Layer[]): Markup {
  return html`<details>
    <summary>Numbers</summary>
    <div class="scroll" role="region" aria-label="Points of the curve" tabindex="0">
      <table class="plain sortable">
        <thead>
          <tr>
            <th scope="col" data-order="ascending">Layer</th>
            <th scope="col" class="left" data-order="ascending">Tensor</th>
            <th scope="col" class="left" data-order="ascending">Operator</th>
            <th scope="col" class="left" data-order="ascending">Shape</th>
            <th scope="col" data-order="ascending">Values</th>
            <th scope="col" data-order="ascending">float32</th>
            <th scope="col" data-order="descending">log<sub>10</sub> CS</th>
            <th scope="col" data-order="descending">95 % interval</th>
            <th scope="col" class="left" data-order="descending">Cut</th>
          </tr>
        </thead>
        <tbody>
          ${layers.map(
            (layer) =>
              html`<tr>
                <td class="right" data-key="${layer.index}">${layer.index}</td>
                <th scope="row">${layer.tensor}</th>
                <td>${layer.operator}</td>
                <td>${layer.shape.join("×")}</td>
                <td class="right" data-key="${layer.bytes / 4}">${count(layer.bytes / 4)}</td>
                <td class="right" data-key="${layer.bytes}">${bytes(layer.bytes)}</td>
                <td class="right" data-key="${sortKey(layer.cs)}">${fixed(layer.log)}</td>
                <td class="right" data-key="${sortKey(layer.lo)}">${fixed(layer.low)} to ${fixed(layer.high)}</td>
                <td data-key="${Number(layer.legal) + Number(layer.candidate)}">
                  ${layer.candidate ? "candidate" : layer.legal ? "legal" : "not legal"}
                </td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
