/** @file What designs are looked at in: a row per quantity, for table, scatter and parallel coordinates. */
import { bytes, fps, interval, percent, qualityWords, seconds, type Context } from "@split-et-impera/charts";
import { qualityOf, type DesignResult } from "@split-et-impera/core/design";
import { latencyTitle } from "../../parts/latency.ts";

export interface Column {
  /** In the URL. */
  key: string;
  title: string;
  /** Where there is little room. */
  short?: string;
  /** Infinity where there is none: frames that pile up have no latency. */
  value(design: DesignResult): number;
  show(value: number): string;
  /** With its interval, where it has one. */
  full?(design: DesignResult): string | undefined;
  /** Whether more is better. */
  more: boolean;
  /** One number of the unit that a person writes into a field: milliseconds, per cent. */
  unit: { name: string; size: number };
}

const ms = { name: "ms", size: 1e-3 };

/** The columns of a result, quality first. */
export function columnsOf(context: Context): Column[] {
  const { result } = context;
  const words = qualityWords(result);
  const percentage = { name: "%", size: 0.01 };
  const latency = (of: "median" | "p95" | "p99") => ({
    key: of,
    value: (design: DesignResult) => (design.overload ? Infinity : design.latency[of].value),
    full: (design: DesignResult) => latencyTitle(design, of),
    show: seconds,
    more: false,
    unit: ms,
  });
  const [host] = Object.keys(result.designs[0]?.memory ?? {});
  return [
    {
      key: "quality",
      title: words.Word,
      value: ({ quality }) => qualityOf(quality).value,
      show: words.show,
      full: ({ quality }) => words.full(qualityOf(quality)),
      more: words.more,
      unit: words.share ? percentage : { name: "", size: 1 },
    },
    { ...latency("p95"), title: "Latency p95", short: "p95" },
    { ...latency("median"), title: "Median" },
    { ...latency("p99"), title: "p99" },
    {
      key: "misses",
      title: "Late",
      value: ({ deadlineMisses }) => deadlineMisses.value,
      show: (value) => percent(value),
      full: ({ deadlineMisses }) => interval(deadlineMisses, percent),
      more: false,
      unit: percentage,
    },
    {
      key: "bytes",
      title: "Bytes a frame",
      short: "Bytes",
      value: ({ bytes }) => bytes,
      show: bytes,
      more: false,
      unit: { name: "B", size: 1 },
    },
    ...(host === undefined
      ? []
      : [
          {
            key: "memory",
            title: `Memory on ${host}`,
            short: "Memory",
            value: ({ memory }: DesignResult) => memory[host] ?? 0,
            show: bytes,
            more: false,
            unit: { name: "kB", size: 1000 },
          },
        ]),
    {
      key: "throughput",
      title: "Sustained",
      value: ({ throughput }) => throughput,
      show: fps,
      more: true,
      unit: { name: "fps", size: 1 },
    },
  ];
}
