/** @file What became of a run's frames, in a few numbers. */
import { quantile } from "@split-et-impera/core/statistics";
import type { FrameRecord } from "@split-et-impera/runtime/host";

export interface RunSummary {
  frames: number;
  answered: number;
  /** Answered by the rest of the model here. */
  fallbacks: number;
  /** Answered late, or never. */
  missed: number;
  /** Without an answer, by reason. */
  without: Record<string, number>;
  /** Seconds, of the answered frames; absent where there are none. */
  latency?: { median: number; p90: number; p95: number; p99: number };
  /** A mean per frame. */
  bytes: number;
  /** Means over the answered frames, seconds. */
  parts: Record<string, number>;
  /** Of the labelled frames, those whose answer is right. */
  right?: { count: number; of: number };
}

export function summarise(records: readonly FrameRecord[], labels?: ReadonlyMap<number, number>): RunSummary {
  const answered = records.filter(({ latency }) => latency !== undefined);
  const latencies = Float64Array.from(answered, ({ latency }) => latency!).sort();
  const at = (share: number): number => quantile(latencies, share);
  const without: Record<string, number> = {};
  for (const { why } of records) if (why !== undefined) without[why] = (without[why] ?? 0) + 1;
  const parts: Record<string, number> = {};
  for (const record of answered)
    for (const [name, seconds] of Object.entries(record.parts))
      parts[name] = (parts[name] ?? 0) + seconds / answered.length;
  const judged = labels && records.filter(({ frame }) => labels.has(frame));
  const isRight = ({ frame, answer }: FrameRecord): boolean =>
    answer !== undefined && "class" in answer && answer.class === labels!.get(frame);
  return {
    frames: records.length,
    answered: answered.length,
    fallbacks: answered.filter(({ fallback }) => fallback).length,
    missed: records.filter(({ deadlineMet }) => !deadlineMet).length,
    without,
    ...(latencies.length > 0 && { latency: { median: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) } }),
    bytes: records.reduce((sum, one) => sum + one.bytes, 0) / Math.max(1, records.length),
    parts,
    ...(judged && judged.length > 0 && { right: { count: judged.filter(isRight).length, of: judged.length } }),
  };
}
