/** @file The map of the best placement over link rate and host speed, exact for costs that add up. */
import type { OptimumMap, OptimumResult, PlacementName } from "@split-et-impera/core/design";
import { uplinkOf } from "@split-et-impera/core/study";
import { placementLabel, speedText } from "./changes.ts";
import { figure } from "./chart.ts";
import { kindName, type Context } from "./context.ts";
import { rate, trim } from "./format.ts";
import { leftOutText } from "./left-out.ts";
import { html, type Markup } from "./html.ts";
import { exactly, mapLegend, mapPlot, mapTable, type Answer, type MapChart, type Patch } from "./map.ts";

export function speedMapFigure(context: Context, { map, leftOut }: OptimumResult): Markup {
  const { study } = context.result;
  const own = { x: uplinkOf(study).link.rate, y: study.hosts[map.host]!.speed };
  const y = exactly(map.speed);
  const patches = map.regions.map((region): Patch => ({
    answer: placementAnswer(context, region),
    outline: outlineOf(region.corners),
  }));
  const at = (r: number, s: number): Answer => placementAnswer(context, bestAt(map, r, s));
  const ticks = y.ticks(6);
  const chart: MapChart = {
    label: `The best placement over the link's rate and the speed of ${map.host}; the same as a table below`,
    x: exactly(map.rate),
    y,
    yTicks: (typeof ticks === "number" ? [] : ticks).map((value) => ({ value, text: speedText(value) })),
    yLabel: `speed of ${map.host}, of this machine's`,
    patches,
    borders: patches.map(({ outline }) => [...outline, outline[0]!]),
    at,
    own,
  };
  const rates = steps(map.rate, 7);
  const codec = map.regions.find(({ kind }) => kind === "SC")?.codec;
  return figure({
    id: "speed-map",
    title: `The best placement over link rate and speed of ${map.host}`,
    legend: mapLegend(chart),
    caption: html`Exact for costs that add
    up${!map.exact && " (the search ended early: a small region may be missing)"}: the lines are where two placements
    take equally long.${codec !== undefined && ` Cuts send their tensor in ${codec}.`} ${leftOutText(leftOut)}`,
    draw: (size) => [mapPlot(chart, size)],
    below: mapTable(
      `Best placement by speed of ${map.host} and link rate`,
      "speed",
      rates.map((r) => trim(rate(r))),
      steps(map.speed, 5)
        .toReversed()
        .map((s) => ({ head: speedText(s), cells: rates.map((r) => placementLabel(context, bestAt(map, r, s))) })),
    ),
  });
}

function placementAnswer(context: Context, found: PlacementName): Answer {
  const { kind, cut } = found;
  const short = placementLabel(context, found);
  const long = cut === undefined ? kindName[kind] : short;
  return { key: short, kind, names: cut === undefined ? [long, short] : [short, short.slice(3)] };
}

/** The cheapest region at a rate and a speed. */
export function bestAt({ regions }: OptimumMap, r: number, s: number): OptimumMap["regions"][number] {
  const cost = ({ fixed, bits, work }: OptimumMap["regions"][number]): number => fixed + bits / r + work / s;
  return regions.reduce((least, one) => (cost(one) < cost(least) ? one : least));
}

/** Corners with points between: what is straight over 1/rate and 1/speed is bent over their logarithms. */
function outlineOf(corners: readonly [number, number][]): { x: number; y: number }[] {
  const between = 24;
  return corners.flatMap(([x1, y1], i) => {
    const [x2, y2] = corners[(i + 1) % corners.length]!;
    const [a1, b1, a2, b2] = [1 / x1, 1 / y1, 1 / x2, 1 / y2];
    const byRate = Math.abs(Math.log(x2 / x1)) > Math.abs(Math.log(y2 / y1));
    return Array.from({ length: between }, (_, k) => {
      const share = k / between;
      const t = byRate
        ? (a1 * (a2 / a1) ** share - a1) / (a2 - a1 || 1)
        : (b1 * (b2 / b1) ** share - b1) / (b2 - b1 || 1);
      return { x: 1 / (a1 + t * (a2 - a1)), y: 1 / (b1 + t * (b2 - b1)) };
    });
  });
}

/** Values with the same ratio between neighbours, both ends included. */
function steps([from, to]: [number, number], count: number): number[] {
  return Array.from({ length: count }, (_, i) => from * (to / from) ** (i / (count - 1)));
}
