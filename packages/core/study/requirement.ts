/** @file Requirements as people write them: `metric [statistic] [on host] <= value`. */
import {
  formatBytes,
  formatDuration,
  formatFrameRate,
  formatPercent,
  parseBytes,
  parseDuration,
  parseFrameRate,
  parseMemory,
  parseShare,
} from "../units/index.ts";
import type { Metric, Requirement } from "./study.ts";

export interface MetricRule {
  /** What is bounded, for people. */
  means: string;
  /** The direction in which a bound makes sense. */
  operator: "<=" | ">=";
  /** Whether a statistic may follow the name, or `on HOST`. */
  takes?: "statistic" | "host";
  example: string;
  /** SI value, or the reason why not. */
  parse: (text: unknown) => number | string;
  format: (value: number, digits?: number) => string;
  /** Significant digits in which a relaxed bound is proposed. */
  digits: number;
}

/** A row per metric; a new one in study.ts does not compile without its row. */
export const metricRules: Record<Metric, MetricRule> = {
  latency: {
    means: "from capture to answer, over all frames",
    operator: "<=",
    takes: "statistic",
    example: "latency p95 <= 50 ms",
    parse: parseDuration,
    format: formatDuration,
    digits: 2,
  },
  accuracy: {
    means: "share of test images answered rightly, with the link's losses",
    operator: ">=",
    example: "accuracy >= 85 %",
    parse: parseShare,
    format: formatPercent,
    digits: 3,
  },
  "accuracy-drop": {
    means: "the unchanged model's accuracy less the design's, on the same images",
    operator: "<=",
    example: "accuracy-drop <= 2 %",
    parse: parseShare,
    format: formatPercent,
    digits: 2,
  },
  "deadline-misses": {
    means: "share of frames answered too late or never",
    operator: "<=",
    example: "deadline-misses <= 1 %",
    parse: parseShare,
    format: formatPercent,
    digits: 2,
  },
  bytes: {
    means: "payload that the capturing host sends per frame",
    operator: "<=",
    example: "bytes <= 20 kB",
    parse: parseBytes,
    format: formatBytes,
    digits: 2,
  },
  memory: {
    means: "parameters and peak activations on a host (default: the one that captures)",
    operator: "<=",
    takes: "host",
    example: "memory on camera <= 64 MB",
    parse: parseMemory,
    format: formatBytes,
    digits: 2,
  },
  throughput: {
    means: "frames per second that the slowest stage sustains",
    operator: ">=",
    example: "throughput >= 20 fps",
    parse: parseFrameRate,
    format: formatFrameRate,
    digits: 3,
  },
};

const statistics: Record<string, NonNullable<Requirement["statistic"]>> = {
  median: "median",
  p50: "median",
  mean: "mean",
  p95: "p95",
  p99: "p99",
  max: "max",
};

const pattern = /^([a-z-]+)(?:\s+(?!on\s)([a-z0-9]+))?(?:\s+on\s+([^\s<>=≤≥]+))?\s*(<=|>=|≤|≥|<|>|==?)\s*(.+)$/u;

/**
 * Reads a requirement. Latency without a statistic means p95.
 * @returns the requirement, or the reason why not, to stand after the field's name
 */
export function parseRequirement(text: unknown): Requirement | string {
  const refuse = (reason: string): string => `expected ${reason}, got ${JSON.stringify(text) ?? "nothing"}`;
  const form = "`metric [statistic] [on host] <= value`, such as `latency p95 <= 50 ms`";
  if (typeof text !== "string") return refuse(form);
  const found = pattern.exec(text.trim());
  if (!found) return refuse(form);
  const [, name = "", statistic, host, sign = "", bound] = found;
  if (!Object.hasOwn(metricRules, name)) return refuse(`a metric out of ${Object.keys(metricRules).join(", ")}`);
  const metric = name as Metric;
  const rule = metricRules[metric];
  if (statistic !== undefined && rule.takes !== "statistic") {
    return refuse(`no statistic ("${statistic}") after ${metric}; only latency has one`);
  }
  if (statistic !== undefined && !Object.hasOwn(statistics, statistic)) {
    return refuse(`a statistic out of ${Object.keys(statistics).join(", ")} instead of "${statistic}"`);
  }
  if (host !== undefined && rule.takes !== "host") return refuse(`no host after ${metric}; only memory has one`);
  const operator = { "<=": "<=", "≤": "<=", ">=": ">=", "≥": ">=" }[sign];
  if (operator === undefined) return refuse(`<= or >= instead of ${sign}`);
  if (operator !== rule.operator) {
    return refuse(`${metric} ${rule.operator} value (the other direction would ask for a worse design)`);
  }
  const value = rule.parse(bound);
  if (typeof value === "string") return `in ${JSON.stringify(text)}: ${value}`;
  return {
    text: text.trim(),
    metric,
    ...(metric === "latency" && { statistic: statistics[statistic ?? "p95"]! }),
    ...(host !== undefined && { host }),
    operator: rule.operator,
    value,
  };
}

/** What is bounded, without the bound: `latency p95`, `memory on camera`. */
export function subject({ metric, statistic, host }: Requirement): string {
  return [metric, statistic, host !== undefined && `on ${host}`].filter(Boolean).join(" ");
}
