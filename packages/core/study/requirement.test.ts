/** @file The grammar of requirements. */
import { describe, expect, it, test } from "vitest";
import { commonRules, deadlineOf, metricRules, parseRequirement } from "./index.ts";
import type { Requirement } from "./index.ts";

const read = (text: string): Requirement => {
  const requirement = parseRequirement(text);
  if (typeof requirement === "string") throw new Error(requirement);
  return requirement;
};

describe("requirements", () => {
  test.each([
    ["latency p95 <= 50 ms", { metric: "latency", statistic: "p95", operator: "<=", value: 0.05 }],
    ["latency <= 50 ms", { metric: "latency", statistic: "p95", operator: "<=", value: 0.05 }],
    ["latency p50 ≤ 20ms", { metric: "latency", statistic: "median", operator: "<=", value: 0.02 }],
    ["latency max<=1 s", { metric: "latency", statistic: "max", operator: "<=", value: 1 }],
    ["accuracy >= 0.85", { metric: "accuracy", operator: ">=", value: 0.85 }],
    ["accuracy>=85 %", { metric: "accuracy", operator: ">=", value: 0.85 }],
    ["accuracy-drop <= 1 %", { metric: "accuracy-drop", operator: "<=", value: 0.01 }],
    ["deadline-misses <= 1 %", { metric: "deadline-misses", operator: "<=", value: 0.01 }],
    ["bytes <= 20 kB", { metric: "bytes", operator: "<=", value: 20_000 }],
    ["memory on camera <= 64 MB", { metric: "memory", host: "camera", operator: "<=", value: 64e6 }],
    ["memory <= 64 MiB", { metric: "memory", operator: "<=", value: 64 * 2 ** 20 }],
    ["throughput >= 20 fps", { metric: "throughput", operator: ">=", value: 20 }],
  ])("%s", (text, expected) => {
    expect(parseRequirement(text)).toEqual({ text, ...expected });
  });

  test.each([
    ["speed <= 5", "a metric out of latency, deadline-misses,"],
    ["latency p90 <= 5 ms", 'instead of "p90"'],
    ["accuracy p95 >= 0.8", 'no statistic ("p95") after accuracy'],
    ["latency on camera <= 5 ms", "no host after latency"],
    ["accuracy <= 0.8", "accuracy >= value"],
    ["latency >= 5 ms", "latency <= value"],
    ["latency < 5 ms", "<= or >= instead of <"],
    ["latency p95 <= 50", "the unit is missing"],
    ["accuracy >= 85", "for 85 % write `85 %`"],
    ["accuracy-drop <= 3 things", "a share between 0 % and 100 %"],
    ["constructor <= 5", "a metric out of"],
    ["fast please", "`metric [statistic] [on host] <= value`"],
    ["", "`metric [statistic]"],
    [5, "`metric [statistic]"],
    [undefined, "got nothing"],
  ])("%s is refused with its reason", (text, part) => {
    const reason = parseRequirement(text);
    expect(reason).toBeTypeOf("string");
    expect(reason).toContain(part);
  });

  it("every example reads as its metric, and every metric of a task with a bound as it is written", () => {
    for (const [metric, { example, operator }] of Object.entries(commonRules))
      expect(read(example)).toMatchObject({ metric, operator });
    for (const [metric, { operator, format }] of Object.entries(metricRules).filter(([name]) => !(name in commonRules)))
      expect(read(`${metric} ${operator} ${format(0.25)}`)).toMatchObject({ metric, operator, value: 0.25 });
  });
});

describe("deadline", () => {
  const frames = { host: "camera", rate: 20, count: 1, answer: { host: "camera", bytes: 16 } };
  it("is the widest bound on latency, else the time to the next frame", () => {
    expect(deadlineOf({ frames, requirements: [] })).toBe(0.05);
    expect(deadlineOf({ frames, requirements: [read("accuracy >= 0.5")] })).toBe(0.05);
    expect(deadlineOf({ frames, requirements: [read("latency p99 <= 80 ms"), read("latency median <= 9 ms")] })).toBe(
      0.08,
    );
  });
});
