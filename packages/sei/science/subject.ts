/** @file What a correlation is about: a model, its cuts at layer outputs, and samples that are each used for one thing. */
import { internal } from "@split-et-impera/core/errors";
import { nodesTowards, type Inspection } from "@split-et-impera/core/onnx";
import { randomStream } from "@split-et-impera/core/random";
import { layerOutputs, pointsTowards } from "@split-et-impera/core/saliency";
import type { Evidence, Metric } from "@split-et-impera/core/task";
import { sizeOf } from "@split-et-impera/core/tensor";
import type { Samples } from "../data/index.ts";
import type { Exam } from "../stages/answers/index.ts";

/** A legal cut at the output of a layer. */
export interface LayerCut {
  tensor: string;
  /** The dimension of its channels, the batch being 0. */
  channels: number;
  /** Of one sample. */
  shape: number[];
  /** Share of the multiply-accumulates before it. */
  depth: number;
}

export interface Matter {
  /** As it is called in tables. */
  network: string;
  inspection: Inspection;
  cuts: LayerCut[];
  /** Judged on; nothing else is done with these. */
  test: Samples;
  /** All else comes from these. */
  train: Samples;
  exam: Exam;
  /** How answers to training samples are judged. */
  rehearsal: Exam;
  metric: ScoredMetric;
  /** What results depend on, for keys: model, samples, and what is known of them. */
  key: unknown;
}

/** One that is the mean of a number from 0 to 1 per sample. */
export type ScoredMetric = Metric<Evidence> & Required<Pick<Metric<Evidence>, "score">>;

/** Maps where the model has some, else tokens. */
export function layerCuts(inspection: Inspection, decides: readonly string[]): LayerCut[] {
  const { maps, tokens } = pointsTowards(inspection, decides);
  const { index, cuts, macs } = inspection;
  const points = [...maps, ...tokens].toSorted((a, b) => index.producer.get(a.tensor)! - index.producer.get(b.tensor)!);
  const legal = new Map(cuts.map((cut) => [cut.tensors[0]!, cut]));
  const towards = nodesTowards(index, decides);
  return layerOutputs(index, points, new Set(legal.keys())).flatMap((tensor) => {
    const cut = legal.get(tensor)!;
    if (!towards[index.producer.get(tensor)!]) return [];
    const { channels } = points.find((point) => point.tensor === tensor)!;
    return [{ tensor, channels, shape: [...cut.shapes[0]!], depth: cut.macsHead / macs }];
  });
}

/** Training samples in the order of a seed, of which every use takes its own. */
export function shuffled({ train }: Pick<Matter, "train">, seed: number): number[] {
  return [...randomStream(seed, "science/samples").permutation(train.count)];
}

/** Scores of evidence by the metric. */
export const scoresOf = ({ metric }: Pick<Matter, "metric">, evidence: readonly Evidence[]): Float32Array =>
  Float32Array.from(evidence, (one) => metric.score(one));

/** Some of a list, at places in a row. */
export function taken(list: readonly number[], from: number, count: number): number[] {
  if (list.length < from + count) throw internal(`${from + count} training samples wanted, there are ${list.length}`);
  return list.slice(from, from + count);
}

/** Float32 values of one sample. */
export const valuesOf = ({ shape }: Pick<LayerCut, "shape">): number => sizeOf(shape);
