/** @file What rows say: rank correlations with intervals, whether the best is among the first proposals, and what is lost where it is not. */
import { latencyRegret, proposed, spearman, worthOf } from "@split-et-impera/core/predict";
import { strictMaxima } from "@split-et-impera/core/saliency";
import { randomStream } from "@split-et-impera/core/random";
import { mean, predictorNames } from "./predictors.ts";
import type { Row, TruthKind } from "./rows.ts";

/** A network with one kind of split at one number of bytes, and so much of its work before the cut. */
export interface Case {
  network: string;
  truth: TruthKind;
  bytes: number;
  /** Share of the multiply-accumulates that the host which captures does at most. */
  most: number;
  /** By cut: its rows, of which each is a seed. */
  cuts: Row[][];
}

/** Cut by cut, the higher the better; NaN where it has nothing to say. */
export type Scorer = (one: Pick<Case, "cuts">) => number[];

const column =
  (of: (row: Row) => number): Scorer =>
  ({ cuts }) =>
    cuts.map((rows) => mean(rows.map(of)));

/** Predictors as rows hold them, and what is made of them. */
export const scorers: Record<string, Scorer> = {
  ...Object.fromEntries(predictorNames.map((name): [string, Scorer] => [name, column((row) => row[name])])),
  short: column((row) => row.short ?? Number.NaN),
  maxima: localMaxima,
};

/** The paper's rule: the curve's local maxima before all else, both the highest first. */
function localMaxima(one: Pick<Case, "cuts">): number[] {
  const curve = column((row) => row.saliency)(one);
  const maxima = new Set(
    strictMaxima(
      curve,
      one.cuts.map(([row]) => row!.values),
    ),
  );
  const most = Math.max(...curve);
  return curve.map((cs, i) => (maxima.has(i) ? cs + most : cs));
}

export interface Figures {
  predictor: string;
  rho: number;
  lo: number;
  hi: number;
  /** What is left of it where depth is held. */
  beyondDepth: number;
  /** With 1, 2 and 3 proposals. */
  found: boolean[];
  /** Whether one as good as the best within half a point is among them. */
  near: boolean[];
  regret: number[];
  /** With 3 proposals, by link. */
  latencyRegret: number[];
}

/** How good a split has to be to be as good as the best. */
export const within = 0.005;
/** A camera's and a server's multiply-accumulates a second. */
const speeds = { camera: 1e9, server: 50e9 };
/** Links under which latency is told. */
export const conditions = [
  { name: "250 kbit/s, 20 ms", rate: 250e3, delay: 0.02 },
  { name: "10 Mbit/s, 5 ms", rate: 10e6, delay: 0.005 },
  { name: "1 Gbit/s, 0.5 ms", rate: 1e9, delay: 0.0005 },
] as const;

const resamples = 400;

/** Shares of the work that a small, a middling and any host does before the cut: without a bound the last layer is the best nearly always. */
export const shares = [0.4, 0.7, 1] as const;
/** Of a case, so that three proposals are not nearly all. */
const fewestCuts = 5;

/** The cases under each bound on depth, where enough cuts are within it. */
export const boundedCases = (rows: readonly Row[]): Case[] =>
  casesOf(rows).flatMap((one) =>
    shares
      .map((most): Case => ({ ...one, most, cuts: one.cuts.filter(([row]) => row!.depth <= most) }))
      .filter(({ cuts, most }) => most === 1 || cuts.length >= fewestCuts),
  );

export function casesOf(rows: readonly Row[]): Case[] {
  const found = new Map<string, Case>();
  for (const row of rows) {
    const key = `${row.network}/${row.truth}/${row.bytes_asked}`;
    const one = found.get(key) ?? { network: row.network, truth: row.truth, bytes: row.bytes_asked, most: 1, cuts: [] };
    found.set(key, one);
    const own = one.cuts.find(([first]) => first!.cut === row.cut);
    if (own) own.push(row);
    else one.cuts.push([row]);
  }
  return [...found.values()];
}

/** The quality of each cut, over seeds. */
export const truthOf = ({ cuts }: Pick<Case, "cuts">): number[] =>
  cuts.map((rows) => mean(rows.map((row) => row.quality)));

export function figuresOf(one: Case, predictor: string, scorer: Scorer = scorers[predictor]!): Figures {
  const truth = truthOf(one);
  const scores = scorer(one);
  const first = (k: number): number[] => proposed(scores, k);
  const rhos = resampledTruths(one).map((own) => spearman(scores, own));
  const [lo, hi] = bounds(rhos);
  return {
    predictor,
    rho: spearman(scores, truth),
    lo,
    hi,
    beyondDepth: partial(
      spearman(scores, truth),
      spearman(
        scores,
        one.cuts.map(([row]) => row!.depth),
      ),
      spearman(
        truth,
        one.cuts.map(([row]) => row!.depth),
      ),
    ),
    found: [1, 2, 3].map((k) => worthOf(truth, first(k)).found),
    near: [1, 2, 3].map((k) => worthOf(truth, first(k), within).found),
    regret: [1, 2, 3].map((k) => worthOf(truth, first(k)).regret),
    latencyRegret: conditions.map(({ rate, delay }) => {
      const seconds = one.cuts.map(
        ([row]) =>
          (row!.macs * row!.depth) / speeds.camera +
          (8 * one.bytes) / rate +
          delay +
          (row!.macs * (1 - row!.depth)) / speeds.server,
      );
      return latencyRegret(truth, seconds, first(3), 0.01);
    }),
  };
}

/** The partial correlation of a and b where c is held, by those of each pair; NaN where c says all of one of them. */
function partial(ab: number, ac: number, bc: number): number {
  const rest = (1 - ac * ac) * (1 - bc * bc);
  return rest < 1e-9 ? Number.NaN : (ab - ac * bc) / Math.sqrt(rest);
}

/** Truths of resampled test samples, the same at every cut, and resampled seeds. */
function resampledTruths({ network, bytes, cuts }: Case): number[][] {
  const random = randomStream(1, `science/bootstrap ${network} ${bytes}`);
  const parsed = cuts.map((rows) => rows.map(({ scores }) => scores && Uint8Array.from(scores, Number)));
  const count = cuts[0]![0]!.samples;
  const known = parsed.every((own) => own.every((scores) => scores));
  return Array.from({ length: resamples }, () => {
    const pick = known ? Array.from({ length: count }, () => random.integer(count)) : [];
    const seeds = Array.from({ length: 8 }, () => random.uniform());
    return cuts.map((rows, c) => {
      const own = rows.map((_, s) => Math.floor(seeds[s % 8]! * rows.length));
      return mean(
        own.map((s) => {
          const scores = parsed[c]![s];
          if (!scores) return rows[s]!.quality;
          let sum = 0;
          for (const i of pick) sum += scores[i]!;
          return sum / count;
        }),
      );
    });
  });
}

function bounds(values: readonly number[]): [number, number] {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
  const at = (p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
  return [at(0.025), at(0.975)];
}

/** Of a case the same for the samples of each class, saliency by those of the class too. */
export function classCases(one: Case): Case[] {
  const labels = one.cuts[0]![0]!.labels;
  if (labels === null || one.cuts.some((rows) => rows.some(({ scores }) => scores === null))) return [];
  return [...new Set(labels)].toSorted().map((label) => ({
    ...one,
    cuts: one.cuts.map((rows) =>
      rows.map((row): Row => {
        const scores = Array.from(row.scores!)
          .filter((_, i) => labels[i] === label)
          .join("");
        const saliency = Number(row.saliency_by_class?.split(" ")[Number.parseInt(label, 36)] ?? Number.NaN);
        return {
          ...row,
          scores,
          labels: null,
          samples: scores.length,
          quality: mean(Array.from(scores, Number)),
          saliency,
        };
      }),
    ),
  }));
}
