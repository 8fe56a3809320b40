/** @file A design and its figures in a sentence for someone who knows the machines and not the method. */
import { read, type Reading } from "./check.ts";
import { metricRules } from "../study/index.ts";
import type { Check, DesignResult } from "./result.ts";
import type { Requirement } from "../study/index.ts";

/** The two hosts by name, where the words should name them. */
export interface HostNames {
  capturing: string;
  other: string;
}

/** What to do: `Split at pool3 with a 64x bottleneck in uint8 over TCP`, `Do not split: run the whole model on camera`. */
export function describeDesign(
  design: Pick<DesignResult, "kind" | "cut" | "codec" | "bottleneck" | "transport">,
  hosts?: HostNames,
): string {
  const over = design.transport ? ` over ${design.transport.toUpperCase()}` : "";
  const codec = design.codec?.replace("-", " ");
  if (design.kind === "LC")
    return `Do not split: run the whole model on ${hosts?.capturing ?? "the host that captures"}`;
  if (design.kind === "RC") {
    const as = codec === undefined ? "" : ` as ${codec}`;
    return `Do not split: send the input${as}${over} and run the whole model on ${hosts?.other ?? "the other host"}`;
  }
  const bottleneck =
    design.bottleneck === undefined ? "" : ` with ${article(design.bottleneck)} ${design.bottleneck}x bottleneck`;
  return `Split at ${design.cut ?? "a cut"}${bottleneck}${codec === undefined ? "" : ` in ${codec}`}${over}`;
}

/** Before a number as it is spoken: an 8x, an 11x, an 18x, an 80x bottleneck. */
function article(number: number): "a" | "an" {
  return /^(8|1[18](\D|$|\d{3}(\D|$)))/.test(String(number)) ? "an" : "a";
}

/** `86.1 % accuracy, p95 31 ms of 50 ms allowed`: accuracy always, and the latencies that the study bounds. */
export function figures(design: DesignResult, requirements: readonly Requirement[]): string {
  const accuracy = metricRules.accuracy.format(design.accuracy.delivered.value);
  const asked = requirements.find(({ metric }) => metric === "accuracy");
  const latencies = requirements.filter(({ metric }) => metric === "latency");
  const { format } = metricRules.latency;
  return [
    `${accuracy} accuracy${asked ? ` of ${metricRules.accuracy.format(asked.value)} asked` : ""}`,
    ...latencies.map((bound) => {
      const [value, allowed] = formatApart(format, read(design, bound).value, bound.value);
      return `${bound.statistic ?? "p95"} ${value} of ${allowed} allowed`;
    }),
    ...(latencies.length === 0 ? [`p95 ${format(design.latency.p95.value)}`] : []),
    ...(design.framesLost > 0 ? [`${countOf(design.framesLost, "frame")} unanswered`] : []),
  ].join(", ");
}

/** Why a check is not met: `misses latency p95 <= 50 ms with 61 ms`. */
export function shortfall(design: DesignResult, { requirement, state, value }: Check): string {
  const { format } = metricRules[requirement.metric];
  return state === "missed"
    ? `misses ${requirement.text} with ${formatApart(format, value, requirement.value)[0]}`
    : `is not sure to meet ${requirement.text} (${withInterval(read(design, requirement), format)})`;
}

/** `48 ms, 95 % interval 45 ms to 52 ms`. */
export function withInterval({ value, lo, hi }: Reading, format: (value: number) => string): string {
  return `${format(value)}, 95 % interval ${format(lo)} to ${format(hi)}`;
}

/** What would decide a requirement: a larger sample, or compute times that are better known. */
export function whatDecides(
  { metric }: Requirement,
  { throughputInterval }: Pick<DesignResult, "throughputInterval">,
): string {
  if (metric === "accuracy" || metric === "accuracy-drop") return "more images";
  if (!throughputInterval) return "more frames";
  return metric === "throughput" ? "surer compute times" : "more frames or surer compute times";
}

/** Two numbers in words, with as many digits as it takes to tell them apart where they differ. */
export function formatApart(
  format: (value: number, digits?: number) => string,
  a: number,
  b: number,
): [a: string, b: string] {
  for (let digits = 3; ; digits++) {
    const both: [string, string] = [format(a, digits), format(b, digits)];
    if (both[0] !== both[1] || a === b || digits === 12) return both;
  }
}

export function countOf(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
