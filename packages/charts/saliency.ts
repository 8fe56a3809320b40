/** @file Where to split: the Cumulative Saliency curve above the layers' sizes, on one axis. */
import * as Plot from "@observablehq/plot";
import type { Context } from "./context.ts";
import { axis, axisFor, draw, figure, grid, halo, legend, type Size } from "./chart.ts";
import { bytes, count, plural, sortKey } from "./format.ts";
import { html, type Child, type Markup } from "./html.ts";
import { examplesFigure } from "./examples.ts";
import { fixed, guides, layersOf, named, shared, type Layer } from "./layers.ts";
import { inputBytes, sizes, smallerText, waysOf } from "./sizes.ts";
import { qualityWords, sampleNoun } from "./quality.ts";

export function saliencySection(context: Context): Markup {
  const { saliency } = context.result;
  if (!saliency || saliency.points.length === 0) {
    const { candidates } = context.result.study.explore;
    const names = candidates.from === "names" ? candidates.names.map((named) => [named].flat().join()) : [];
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
  const { answer } = qualityWords(context.result);
  const all = answer === "class" ? " of all classes" : "";
  const of = saliency.classes.length === 0 ? all : ` of ${saliency.classes.join(", ")}`;
  const target = `the ${saliency.target === "label" ? "true" : "predicted"} ${answer}`;
  return html`<section id="saliency">
    <h2>Where to split</h2>
    <p class="lead">
      Saliency proposes, simulation and requirements dispose: ${plural(candidates.length, "candidate")} among
      ${plural(layers.length, "layer")}, from ${plural(saliency.images, sampleNoun(context.result))}${of}, for
      ${target}. ${triedText(context, candidates)}
    </p>
    ${(saliency.notes ?? []).map((note) => html`<p>Note: ${note}.</p>`)}
    ${figure({
      id: "curve",
      title: "Cumulative Saliency and layer sizes",
      legend: legend([
        ["candidate that designs try", "var(--sc)", "dot"],
        ...(candidates.every(({ tried }) => tried)
          ? []
          : [["candidate that none tries", "var(--sc)", "ring"] as const]),
        ["legal cut", "var(--rc)", "dot"],
        ...(layers.every(({ legal }) => legal)
          ? []
          : [["cutting here alone does not separate the model", "var(--muted)", "ring"] as const]),
        [`input, 8 bits a value: ${bytes(inputBytes(context))}`, "var(--ink)", "dash"],
      ]),
      caption: caption(context, layers),
      draw: (size) => [curve(layers, size), sizes(context, layers, size)],
      below: pointsTable(layers),
    })}
    ${examplesFigure(context)}
  </section> `;
}

/** How many of the candidates became designs, and why not all; nothing where all did. */
function triedText(context: Context, candidates: readonly Layer[]): string {
  const tried = candidates.filter((layer) => layer.tried).length;
  if (tried === candidates.length) return "";
  const { candidates: asked } = context.result.study.explore;
  const most = asked.from === "saliency" ? `; the study allows at most ${asked.most}, the highest first` : "";
  return `Designs try ${tried === 0 ? "none" : tried} of the candidates${most}.`;
}

function caption(context: Context, layers: readonly Layer[]): Child {
  const best = layers.filter((layer) => layer.candidate).sort((a, b) => b.cs - a.cs)[0];
  const ways = waysOf(context);
  const noun = sampleNoun(context.result);
  return html`Above, log<sub>10</sub> of the Cumulative Saliency of every layer output in the order of the network, with
    its 95 % interval over ${noun}s; candidates are its strict local maxima over legal
    cuts${best && html`, the highest at <span class="design" title="${best.tensor}">${best.name}</span>`}. Below, what
    each tensor weighs per ${noun} on a logarithmic
    scale${ways.length > 1 ? `, a dot for each way in which the study sends tensors (from above: ${ways.map(({ name }) => name).join(", ")})` : `, sent as ${ways[0]!.name}`}.
    ${smallerText(context, layers)}`;
}

function curve(layers: readonly Layer[], size: Size): Markup {
  const seen = layers.filter((layer) => Number.isFinite(layer.log));
  const candidates = seen.filter((layer) => layer.candidate);
  const numbered = named(candidates, layers.length, size, layers.length > 99 ? 27 : 18);
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
        fill: (d: Layer) => (d.tried ? "var(--sc)" : "var(--surface)"),
        stroke: (d: Layer) => (d.tried ? "var(--surface)" : "var(--sc)"),
        strokeWidth: 1.75,
        title: "title",
      }),
      Plot.text(numbered, {
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
                <td
                  data-key="${Number(layer.legal) + Number(layer.candidate) + Number(layer.candidate && layer.tried)}"
                >
                  ${layer.candidate ? (layer.tried ? "candidate, tried" : "candidate, not tried") : layer.legal ? "legal" : "not legal"}${layer.sends && `, at ${layer.sends}`}
                </td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
