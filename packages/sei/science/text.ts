/** @file What rows say, in tables. */
import { table } from "../cli/table.ts";
import { mean } from "./predictors.ts";
import type { Row } from "./rows.ts";
import {
  boundedCases,
  casesOf,
  classCases,
  conditions,
  figuresOf,
  scorers,
  truthOf,
  within,
  type Figures,
} from "./summary.ts";

const points = (share: number): string => (100 * share).toFixed(1);
const two = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(2));

/** Cut by cut, the quality at each number of bytes. */
export function cutsText(rows: readonly Row[]): string {
  const cases = casesOf(rows);
  const cuts = cases[0]!.cuts.map(([row]) => row!);
  const head = ["tensor", "MACs before", "values", "CS", ...cases.map(({ truth, bytes }) => `${truth} ${bytes} B`)];
  const body = cuts.map((row, i) => [
    row.tensor,
    `${points(row.depth)} %`,
    String(row.values),
    row.saliency.toExponential(2),
    ...cases.map((one) => {
      const at = one.cuts.findIndex(([first]) => first!.cut === i);
      return at < 0 ? "-" : points(truthOf(one)[at]!);
    }),
  ]);
  return table(head, body, head.map((_, i) => i).slice(1));
}

/** Predictor by predictor, over all cases. */
export function summaryText(rows: readonly Row[]): string {
  const cases = boundedCases(rows);
  const head = [
    "predictor",
    "Spearman, mean (least)",
    "given depth",
    "found in 1, 2, 3",
    `within ${points(within)} in 1, 2, 3`,
    "regret 1, 2, 3 [points]",
    "regret 3 [ms] by link",
    "by class",
  ];
  const body = Object.keys(scorers).flatMap((name) => {
    const known = cases.filter((one) => !scorers[name]!(one).some(Number.isNaN));
    if (known.length === 0) return [];
    const all = known.map((one) => figuresOf(one, name));
    const rho = all.map((one) => one.rho).filter((value) => !Number.isNaN(value));
    const share = (of: (one: Figures) => boolean[], k: number): string =>
      `${Math.round(100 * mean(all.map((one) => (of(one)[k] ? 1 : 0))))}`;
    const byClass = known
      .flatMap(classCases)
      .map((one) => figuresOf(one, name).rho)
      .filter((value) => !Number.isNaN(value));
    return [
      [
        `${name} (${known.length})`,
        rho.length === 0 ? "-" : `${two(mean(rho))} (${two(Math.min(...rho))})`,
        two(mean(all.map((one) => one.beyondDepth).filter((value) => !Number.isNaN(value)))),
        [0, 1, 2].map((k) => share((one) => one.found, k)).join(", "),
        [0, 1, 2].map((k) => share((one) => one.near, k)).join(", "),
        [0, 1, 2].map((k) => points(mean(all.map((one) => one.regret[k]!)))).join(", "),
        conditions.map((_, c) => (1000 * mean(all.map((one) => one.latencyRegret[c]!))).toFixed(1)).join(", "),
        byClass.length > 0 ? two(mean(byClass)) : "-",
      ],
    ];
  });
  return table(head, body, [1, 2, 3, 4, 5, 6, 7]);
}

/** Case by case, the rank correlation of each predictor with its interval. */
export function casesText(rows: readonly Row[]): string {
  const cases = boundedCases(rows);
  const names = Object.keys(scorers).filter((name) => name !== "maxima");
  const head = ["case", "best cut", "quality", "worst", ...names];
  const body = cases.map((one) => {
    const truth = truthOf(one);
    const best = truth.indexOf(Math.max(...truth));
    return [
      `${one.network}, ${one.truth}, ${one.bytes} B, ${100 * one.most} % before (${one.cuts.length})`,
      one.cuts[best]![0]!.tensor,
      points(truth[best]!),
      points(Math.min(...truth)),
      ...names.map((name) => {
        const { rho, lo, hi } = figuresOf(one, name);
        return Number.isNaN(rho) ? "-" : `${two(rho)} (${two(lo)} to ${two(hi)})`;
      }),
    ];
  });
  return table(head, body, head.map((_, i) => i).slice(2));
}
