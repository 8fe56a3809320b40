/** @file Results as a tidy table: a row for each design, condition and metric; units in the names. */
import type { DesignResult, Result, SweepPoint } from "@split-et-impera/core/design";
import { uplinkOf } from "@split-et-impera/core/study";
import type { Estimate } from "@split-et-impera/core/statistics";
import { settingText, type Settings } from "../study/index.ts";

/** A result with what its variant sets, if it is one of a sweep. */
export interface Entry {
  /** Of its result.json. */
  file: string;
  settings: Settings;
  result: Result;
}

export interface Row {
  study: string;
  /** Of a sweep: what the variant sets, by field, as the study writes it. */
  settings: Record<string, string>;
  file: string;
  /** What is simulated: the first link's rate and delay, and the loss. */
  rate_bit_per_s: number;
  delay_s: number;
  loss_share: number;
  design: string;
  kind: string;
  /** At this loss, by the match. */
  recommended: boolean;
  pareto: boolean;
  /** With its unit: `accuracy_share`, `latency_p95_s`, `bytes_per_frame_B`, `memory_camera_B`. */
  metric: string;
  value: number;
  /** The 95 % interval; empty where the value is computed and not sampled, or results do not hold it. */
  lo?: number;
  hi?: number;
  /** Samples. */
  n?: number;
}

type Figure = [metric: string, of: number | Partial<Estimate>];

/** Every figure of a result, at the link's own loss and at the others of the study. */
export function rowsOf({ file, settings, result }: Entry): Row[] {
  const { study, designs, sweep, verdict } = result;
  const { link } = uplinkOf(study);
  const text = Object.fromEntries(Object.entries(settings).map(([field, value]) => [field, settingText(value)]));
  const same = { study: study.name, settings: text, file, rate_bit_per_s: link.rate, delay_s: link.delay };
  const rowsAt = (loss: number, recommended: string | undefined, design: DesignResult, figures: Figure[]): Row[] =>
    figures.map(([metric, of]) => ({
      ...same,
      loss_share: loss,
      design: design.id,
      kind: design.kind,
      recommended: design.id === recommended,
      pareto: design.pareto,
      metric,
      ...(typeof of === "number" ? { value: of } : estimateOf(of)),
    }));
  const own = link.loss.rate;
  const byId = new Map(designs.map((design) => [design.id, design]));
  return [
    ...designs.flatMap((design) => rowsAt(own, verdict.recommended, design, allFigures(design))),
    ...sweep
      .filter(({ loss }) => loss !== own)
      .flatMap(({ loss, designs: points, verdict: there }) =>
        points.flatMap((point) => rowsAt(loss, there.recommended, byId.get(point.id)!, sweptFigures(point))),
      ),
  ];
}

const estimateOf = ({ value, lo, hi, n }: Partial<Estimate>) => ({
  value: value!,
  ...(lo !== undefined && { lo }),
  ...(hi !== undefined && { hi }),
  ...(n !== undefined && { n }),
});

function allFigures(design: DesignResult): Figure[] {
  const { quality, drop, latency, deadlineMisses, bytes, throughput, memory } = design;
  return [
    ...Object.entries(quality).map(([name, one]): Figure => [qualityName(name), one]),
    ...Object.entries(drop).map(([name, one]): Figure => [qualityName(`${name}-drop`), one]),
    ["latency_median_s", latency.median],
    ["latency_p95_s", latency.p95],
    ["latency_p99_s", latency.p99],
    ["latency_mean_s", { value: latency.mean, ...latency.meanInterval }],
    ["deadline_misses_share", deadlineMisses],
    ["bytes_per_frame_B", bytes],
    ["throughput_fps", { value: throughput, ...design.throughputInterval }],
    ...Object.entries(memory).map(([host, one]): Figure => [`memory_${host}_B`, one]),
  ];
}

function sweptFigures({ quality, median, p95, deadlineMisses }: SweepPoint): Figure[] {
  return [
    ...Object.entries(quality).map(([name, one]): Figure => [qualityName(name), one]),
    ["latency_median_s", median],
    ["latency_p95_s", p95],
    ["deadline_misses_share", deadlineMisses],
  ];
}

/** Metrics of tasks are shares or plain numbers, as their names say; `accuracy-drop` is `accuracy_drop`. */
const qualityName = (metric: string): string => metric.replaceAll("-", "_");
