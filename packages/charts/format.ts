/** @file Numbers as people read them: three digits that matter, a unit, and no digit that means nothing. */
import { metricRule, type Metric, type Requirement, type SystemMetric } from "@split-et-impera/core/study";
import { formatPercent } from "@split-et-impera/core/units";
import type { Estimate } from "@split-et-impera/core/statistics";

/** Between a number and its unit, so that no line breaks there. */
const space = "\u00A0";
const nothing = "–";

/** A number to `digits` significant digits, never in exponents for the sizes that occur here. */
function significant(value: number, digits: number): string {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(digits));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded)) + 1e-9));
  return rounded.toFixed(Math.min(decimals, 6));
}

/** Seconds as µs, ms or s. */
export function seconds(value: number): string {
  if (!Number.isFinite(value)) return nothing;
  const size = Math.abs(value);
  if (size === 0) return `0${space}ms`;
  if (size < 0.000_995) return `${significant(value * 1e6, 2)}${space}µs`;
  if (size < 0.999_5) return `${significant(value * 1e3, size < 0.009_95 ? 2 : 3)}${space}ms`;
  return size < 3600 ? `${significant(value, 3)}${space}s` : `${grouped(value)}${space}s`;
}

/** Wall time, as the stages of a run take it. */
export function duration(value: number): string {
  if (value < 100) return `${value < 0.05 ? "0" : value.toFixed(1)}${space}s`;
  return `${Math.floor(value / 60)}${space}min ${Math.round(value % 60)}${space}s`;
}

/** Bytes in decimal units, as links and memories are sold. */
export function bytes(value: number): string {
  return scaled(value, ["B", "kB", "MB", "GB", "TB"]);
}

/** A count with k, M, G for a large one. */
export function count(value: number): string {
  return scaled(value, ["", "k", "M", "G", "T"]).trim();
}

/** Bits per second. */
export function rate(value: number): string {
  return scaled(value, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);
}

function scaled(value: number, units: readonly string[]): string {
  if (!Number.isFinite(value)) return nothing;
  let scale = 0;
  let rest = value;
  while (Math.abs(rest) >= 999.5 && scale < units.length - 1) {
    rest /= 1000;
    scale++;
  }
  const text = scale === 0 ? String(Number(rest.toFixed(1))) : significant(rest, 3).replace(/\.0+$/, "");
  return `${text}${space}${units[scale]!}`;
}

/** A share as percent; `digits` after the point. */
export function percent(value: number, digits = 1): string {
  return Number.isFinite(value) ? `${plainZero((value * 100).toFixed(digits))}${space}%` : nothing;
}

const plainZero = (text: string): string => (/^-0(\.0*)?$/.test(text) ? text.slice(1) : text);

/** Thousands apart: 1 234 567. */
export function grouped(value: number): string {
  return Number.isFinite(value)
    ? Math.round(value)
        .toString()
        .replace(/\B(?=(\d{3})+$)/g, "\u202F")
    : nothing;
}

/** Frames per second. */
export function fps(value: number): string {
  return Number.isFinite(value) ? `${value >= 999.5 ? count(value) : significant(value, 3)}${space}fps` : nothing;
}

/** Half the width of the 95 % interval, in percentage points: `±0.8`. */
export function plusMinus(estimate: Estimate): string {
  const half = ((estimate.hi - estimate.lo) / 2) * 100;
  return Number.isFinite(half) ? `±${half.toFixed(1)}` : "";
}

/** The interval spelt out, for titles and notes. */
export function interval(estimate: Estimate, show: (value: number) => string): string {
  return `${show(estimate.value)}, 95 % interval ${show(estimate.lo)} to ${show(estimate.hi)}, n = ${grouped(estimate.n)}`;
}

const byMetric: Record<SystemMetric, (value: number) => string> = {
  latency: seconds,
  "deadline-misses": (value) => percent(value, 2),
  bytes,
  memory: bytes,
  throughput: fps,
  exits: percent,
};

/** A value in the unit of a requirement's metric. */
export function inUnit(metric: Metric, value: number): string {
  if (Object.hasOwn(byMetric, metric)) return byMetric[metric as SystemMetric](value);
  if (metricRule(metric).format !== formatPercent) return metricRule(metric).format(value);
  return metric.endsWith("-drop") ? percent(value, 2) : percent(value);
}

/** Without digits that say nothing: `50.0 ms` becomes `50 ms`. For what people wrote and for axes, not for samples. */
export function trim(text: string): string {
  return text.replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
}

/** A sentence in which no line breaks between a number and its unit, nor between a sign and its bound. */
export function glue(text: string): string {
  return text
    .replace(/(\d) (?=(?:%|[µmn]?s|[kMG]?B|[kMG]?bit\/s|fps|frames?|images?)(?!\w))/g, `$1${space}`)
    .replace(/(<=|>=|[≤≥]) (?=\S)/g, `$1${space}`);
}

/** `≤ 50 ms`. */
export function bound(requirement: Requirement): string {
  return `${requirement.operator === "<=" ? "≤" : "≥"}${space}${trim(inUnit(requirement.metric, requirement.value))}`;
}

/** `latency p95`, `memory on camera`: what a requirement is about. */
export function subject(requirement: Pick<Requirement, "metric" | "statistic" | "host">): string {
  const words: string[] = [requirement.metric];
  if (requirement.statistic) words.push(requirement.statistic);
  if (requirement.host !== undefined) words.push(`on ${requirement.host}`);
  return words.join(" ");
}

/** What a table sorts a number by: itself, or nothing where there is none, which sorts last. */
export function sortKey(value: number): number | "" {
  return Number.isFinite(value) ? value : "";
}

/** `1 image`, `2 images`. */
export function plural(value: number, word: string): string {
  return `${grouped(value)} ${word}${value === 1 ? "" : "s"}`;
}
