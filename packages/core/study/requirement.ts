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
  parseNumber,
  parseShare,
} from "../units/index.ts";
import { internal } from "../errors/index.ts";
import { taskMetrics, type MetricWords } from "../task/index.ts";
import type { Metric, Requirement, SystemMetric } from "./study.ts";

/** How a metric is bounded. */
export interface MetricRule {
  /** The direction in which a bound makes sense. */
  operator: "<=" | ">=";
  /** Whether a statistic may follow the name, or `on HOST`. */
  takes?: "statistic" | "host";
  /** SI value, or the reason why not. */
  parse: (text: unknown) => number | string;
  format: (value: number, digits?: number) => string;
  /** Significant digits in which a relaxed bound is proposed. */
  digits: number;
}

/** The same of a metric that no task explains. */
export interface CommonRule extends MetricRule {
  /** What is bounded, for people. */
  means: string;
  example: string;
}

/** A row per metric of the system; a new one in study.ts does not compile without its row. */
const systemRules: Record<SystemMetric, CommonRule> = {
  latency: {
    means: "from capture to answer, over all frames",
    operator: "<=",
    takes: "statistic",
    example: "latency p95 <= 50 ms",
    parse: parseDuration,
    format: formatDuration,
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
  exits: {
    means: "share of frames that an early exit answers where they are captured",
    operator: ">=",
    example: "exits >= 50 %",
    parse: parseShare,
    format: formatPercent,
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

type Sense = Pick<MetricWords, "better" | "unit">;

function taskRule({ better, unit }: Sense): MetricRule {
  const share = unit === "share";
  return {
    operator: better === "more" ? ">=" : "<=",
    parse: share ? parseShare : parseNumber,
    format: share ? formatPercent : formatNumber,
    digits: 3,
  };
}

/** By how much a metric is worse than the unchanged model's. */
const dropRule = (of: Sense): MetricRule => ({ ...taskRule(of), operator: "<=", digits: 2 });

/** Stands for the first metric of the study's task, whatever it is, in objectives and, with `-drop`, in requirements. */
export const anyQuality = "quality";

/** The metrics of every study, whatever its task. */
export const commonRules: Readonly<Record<Metric, CommonRule>> = {
  ...systemRules,
  [`${anyQuality}-drop`]: {
    ...dropRule({ better: "more", unit: "share" }),
    means: "by how much the task's first metric is worse than the unchanged model's, on the same samples",
    example: `${anyQuality}-drop <= 2 %`,
  },
};

/** A row per metric: of every study, and of every task. */
export const metricRules: Readonly<Record<Metric, MetricRule>> = {
  ...commonRules,
  ...Object.fromEntries(
    [...taskMetrics].flatMap(([name, sense]) => [
      [name, taskRule(sense)],
      [`${name}-drop`, dropRule(sense)],
    ]),
  ),
};

/** For messages. */
const known = `${Object.keys(commonRules).join(", ")}, or of the task: ${[...taskMetrics.keys()].join(", ")}, each with -drop too`;

/** The row of a metric that is known to be one. */
export function metricRule(metric: Metric): MetricRule {
  const rule = metricRules[metric];
  if (!rule) throw internal(`a metric "${metric}"`);
  return rule;
}

/** Whether a design with more of a metric is the better one. */
export const moreIsBetter = (metric: Metric): boolean => metricRule(metric).operator === ">=";

const drop = "-drop";

/** The metric that a drop is of: `accuracy` of `accuracy-drop`. Undefined where a metric is no drop. */
export const droppedMetric = (metric: Metric): Metric | undefined =>
  metric.endsWith(drop) ? metric.slice(0, -drop.length) : undefined;

function formatNumber(value: number, digits = 3): string {
  return String(Number(value.toPrecision(digits)));
}

const statistics: Record<string, NonNullable<Requirement["statistic"]>> = {
  median: "median",
  p50: "median",
  mean: "mean",
  p95: "p95",
  p99: "p99",
  max: "max",
};

const pattern =
  /^([a-z][a-z0-9-]*)(?:\s+(?!on\s)([a-z0-9]+))?(?:\s+on\s+([^\s<>=≤≥]+))?\s*(<=|>=|≤|≥|<|>|==?)\s*(.+)$/u;

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
  if (!Object.hasOwn(metricRules, name)) return refuse(`a metric out of ${known}`);
  const metric: Metric = name;
  const rule = metricRule(metric);
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
