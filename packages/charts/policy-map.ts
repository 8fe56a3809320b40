/** @file The best design over the link's rate and round trip, a map for each loss. */
import { cellAt, conditionOf, type Policy } from "@split-et-impera/core/policy";
import { figure } from "./chart.ts";
import { designName, type Context } from "./context.ts";
import { plural, rate, seconds, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { exactly, mapLegend, mapPlot, mapTable, type Answer, type MapChart, type Patch } from "./map.ts";
import { lossText } from "./verdict.ts";

export function policyMaps(context: Context, policy: Policy): Markup[] {
  return policy.axes.losses.map((loss, row) => policyMap(context, policy, loss, row));
}

function policyMap(context: Context, { axes, designs, cells }: Policy, loss: number, row: number): Markup {
  const { rates, rtts } = axes;
  const answerOf = (rtt: number, at: number): Answer | undefined => {
    const found = cells[row]?.[rtt]?.[at];
    if (!found?.fits) return undefined;
    const { id, kind } = designs[found.best]!;
    const [label, tiny] = [context.names.label(id), context.names.tiny(id)];
    const broken = (name: string): string[] => [name.replace(" ", "\n"), name.replaceAll(" ", "\n")];
    return { key: id, kind, names: [label, ...broken(label), tiny, ...broken(tiny)] };
  };
  const [left, right] = bordersOf(rates);
  const patches = rtts.flatMap((_, rtt) =>
    rates.map((__, i): Patch => {
      const answer = answerOf(rtt, i);
      const corners = [
        [left[i]!, rtt - 0.5],
        [right[i]!, rtt - 0.5],
        [right[i]!, rtt + 0.5],
        [left[i]!, rtt + 0.5],
      ] as const;
      return { ...(answer && { answer }), outline: corners.map(([x, y]) => ({ x, y })) };
    }),
  );
  const key = (rtt: number, i: number): string | undefined => answerOf(rtt, i)?.key;
  const borders = rtts.flatMap((_, rtt) =>
    rates.flatMap((__, i) => [
      ...(i + 1 < rates.length && key(rtt, i + 1) !== key(rtt, i)
        ? [[0.5, -0.5].map((up) => ({ x: right[i]!, y: rtt + up }))]
        : []),
      ...(rtt + 1 < rtts.length && key(rtt + 1, i) !== key(rtt, i)
        ? [[left[i]!, right[i]!].map((x) => ({ x, y: rtt + 0.5 }))]
        : []),
    ]),
  );
  const own = conditionOf(context.result.study);
  const here = cellAt(axes, own).loss === row;
  const chart: MapChart = {
    label: `The best design over the link's rate and round trip at ${lossText(loss)} loss; the same as a table below`,
    x: exactly([left[0]!, right.at(-1)!]),
    y: {
      type: "linear",
      domain: [-0.5, rtts.length - 0.5],
      ticks: () => rtts.map((_, i) => i),
      place: (value) => (value + 0.5) / rtts.length,
      value: (place) => place * rtts.length - 0.5,
    },
    yTicks: rtts.map((rtt, value) => ({ value, text: trim(seconds(rtt)) })),
    yLabel: "round trip",
    patches,
    borders,
    at: (x, y) =>
      answerOf(
        Math.round(Math.min(rtts.length - 1, Math.max(0, y))),
        right.findIndex((edge) => x <= edge),
      ),
    ...(here && { own: { x: own.rate, y: rowOf(rtts, own.rtt) } }),
  };
  return figure({
    id: `policy-map-${row}`,
    title: `The best design at ${lossText(loss)} loss`,
    legend: mapLegend(chart),
    caption: html`Simulated at ${plural(rates.length, "rate")} and ${plural(rtts.length, "round trip")}: a cell stands
    for what is nearest to its middle, nothing between is
    interpolated.${here && " The point is the study's own link, at its own rate and round trip."}`,
    draw: (size) => [mapPlot(chart, size)],
    below: mapTable(
      `The best design by round trip and link rate at ${lossText(loss)} loss`,
      "round trip",
      rates.map((r) => trim(rate(r))),
      rtts
        .map((rtt, r) => ({
          head: trim(seconds(rtt)),
          cells: cells[row]![r]!.map(({ best, fits }) => {
            const name = designName(context, designs[best]!.id);
            return fits ? name : html`<span class="soft">none (${name})</span>`;
          }),
        }))
        .toReversed(),
    ),
  });
}

/** Between neighbours borders are at their geometric mean, and as far beyond the ends. */
function bordersOf(rates: readonly number[]): [left: number[], right: number[]] {
  const between = rates.slice(1).map((rate, i) => Math.sqrt(rate * rates[i]!));
  const [first, last] = [rates[0]!, rates.at(-1)!];
  const least = rates.length > 1 ? (first * first) / between[0]! : first / 2;
  const most = rates.length > 1 ? (last * last) / between.at(-1)! : last * 2;
  return [
    [least, ...between],
    [...between, most],
  ];
}

/** Where a round trip lies among rows that are evenly apart. */
function rowOf(rtts: readonly number[], rtt: number): number {
  const above = rtts.findIndex((one) => one >= rtt);
  if (above <= 0) return above < 0 ? rtts.length - 1 : 0;
  const [a, b] = [rtts[above - 1]!, rtts[above]!];
  return above - 1 + (a > 0 ? Math.log(rtt / a) / Math.log(b / a) : rtt / b);
}
