/** @file How well splits do against what predicted it: a scatter for each predictor and network, a point for each cut. */
import * as Plot from "@observablehq/plot";
import { axis, draw, fontSize, grid, legend, type FigureOptions } from "./chart.ts";

/** A cut in a case: how well it did, and by which rank a predictor proposed it. */
export interface PredictedPoint {
  predictor: string;
  network: string;
  /** What the points of one colour have in common, such as `32 B`. */
  series: string;
  /** 0: proposed last; 1: first. */
  rank: number;
  /** A share. */
  quality: number;
  name: string;
}

const colours = ["var(--lc)", "var(--rc)", "var(--sc)", "var(--muted)"];

export function predictedFigure(points: readonly PredictedPoint[]): FigureOptions {
  const series = [...new Set(points.map((point) => point.series))];
  const colourOf = (name: string): string => colours[series.indexOf(name) % colours.length]!;
  const networks = [...new Set(points.map(({ network }) => network))];
  return {
    id: "predicted",
    title: "Quality of a split against the rank that a predictor gives it",
    caption: "A point for each cut at a layer; a predictor that is right has its points on a rising line.",
    legend: legend(series.map((name) => [name, colourOf(name), "dot"] as const)),
    draw: () => [
      draw("Quality of splits against the ranks that predictors give them", {
        width: 1000,
        height: 90 + 150 * networks.length,
        marginLeft: 48,
        marginRight: 110,
        marginTop: 40,
        marginBottom: 40,
        style: { fontSize: `${fontSize}px` },
        fx: { label: null, domain: [...new Set(points.map(({ predictor }) => predictor))] },
        fy: { label: null },
        x: {
          domain: [-0.05, 1.05],
          ticks: [0, 1],
          tickFormat: (x: number) => (x === 0 ? "last" : "first"),
          label: null,
        },
        y: { ...axis, percent: true, label: "quality, %", ticks: 4, grid: false },
        marks: [
          Plot.gridY({ ...grid, ticks: 4 }),
          Plot.frame({ stroke: "var(--line)" }),
          Plot.dot(points, {
            fx: "predictor",
            fy: "network",
            x: "rank",
            y: "quality",
            r: 3.5,
            fill: (point: PredictedPoint) => colourOf(point.series),
            fillOpacity: 0.8,
            title: (point: PredictedPoint) => `${point.name}, ${point.series}: ${(100 * point.quality).toFixed(1)} %`,
          }),
        ],
      }),
    ],
  };
}
