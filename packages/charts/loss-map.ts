/** @file The map of the recommended design over link rate and packet loss, every cell simulated. */
import { uplinkOf } from "@split-et-impera/core/study";
import { figure } from "./chart.ts";
import { designName, type Context } from "./context.ts";
import { plural, rate, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { exactly, mapLegend, mapPlot, mapTable, type Answer, type MapChart, type Patch } from "./map.ts";
import { lossText } from "./verdict.ts";

export function lossMapFigure(context: Context): Markup {
  const { lossMap, study } = context.result;
  const { rates, losses, recommended } = lossMap;
  const half = rates.length > 1 ? Math.sqrt(rates[1]! / rates[0]!) : 2;
  const answer = (id: string | null | undefined): Answer | undefined => {
    const design = id === null || id === undefined ? undefined : context.designs.get(id);
    if (!design) return undefined;
    const [label, tiny] = [context.names.label(design.id), context.names.tiny(design.id)];
    const broken = (name: string): string[] => [name.replace(" ", "\n"), name.replaceAll(" ", "\n")];
    return { key: design.id, kind: design.kind, names: [label, ...broken(label), tiny, ...broken(tiny)] };
  };
  const [left, right] = [rates.map((r) => r / half), rates.map((r) => r * half)];
  const patches = losses.flatMap((_, row) =>
    rates.map((_, i): Patch => {
      const found = answer(recommended[row]![i]);
      const [low, high] = [row - 0.5, row + 0.5];
      const corners = [
        [left[i]!, low],
        [right[i]!, low],
        [right[i]!, high],
        [left[i]!, high],
      ] as const;
      return { ...(found && { answer: found }), outline: corners.map(([x, y]) => ({ x, y })) };
    }),
  );
  const borders = losses.flatMap((_, row) =>
    rates.flatMap((_, i) => {
      const id = recommended[row]![i];
      const beside = i + 1 < rates.length && recommended[row]![i + 1] !== id;
      const above = row + 1 < losses.length && recommended[row + 1]![i] !== id;
      return [
        ...(beside ? [[0.5, -0.5].map((up) => ({ x: right[i]!, y: row + up }))] : []),
        ...(above ? [[left[i]!, right[i]!].map((x) => ({ x, y: row + 0.5 }))] : []),
      ];
    }),
  );
  const column = (x: number): number => right.findIndex((edge) => x <= edge);
  const { link } = uplinkOf(study);
  const chart: MapChart = {
    label: "The recommended design over the link's rate and loss; the same as a table below",
    x: exactly([left[0]!, right.at(-1)!]),
    y: {
      type: "linear",
      domain: [-0.5, losses.length - 0.5],
      ticks: () => losses.map((_, i) => i),
      place: (value) => (value + 0.5) / losses.length,
      value: (place) => place * losses.length - 0.5,
    },
    yTicks: losses.map((loss, value) => ({ value, text: lossText(loss) })),
    yLabel: "packet loss",
    patches,
    borders,
    at: (x, y) => answer(recommended[Math.round(Math.min(losses.length - 1, Math.max(0, y)))]?.[column(x)]),
    own: { x: link.rate, y: losses.indexOf(link.loss.rate) },
  };
  return figure({
    id: "loss-map",
    title: "The recommended design over link rate and packet loss",
    legend: mapLegend(chart),
    caption: html`Simulated at ${plural(rates.length, "rate")}, three to a decade, and at the study's
    ${plural(losses.length, "loss rate")}: a cell stands for its middle, nothing between is interpolated.`,
    draw: (size) => [mapPlot(chart, size)],
    below: mapTable(
      "Recommended design by packet loss and link rate",
      "loss",
      rates.map((r) => trim(rate(r))),
      losses
        .map((loss, row) => ({
          head: lossText(loss),
          cells: recommended[row]!.map((id) =>
            id === null ? html`<span class="soft">none</span>` : designName(context, id),
          ),
        }))
        .toReversed(),
    ),
  });
}
