/** @file Results against each other: what is told to be a change, and what is not. */
import type { DesignResult, Result } from "@split-et-impera/core/design";
import { expect, it } from "vitest";
import { syntheticResult } from "../testing/fixture.ts";
import { compareResults, comparisonText, type Comparison } from "./index.ts";

const before = syntheticResult();

/** The fixture, and what becomes of a copy of it. */
function against(change: (result: Result) => void): Comparison {
  const after = structuredClone(before);
  change(after);
  return compareResults([
    { file: "before.json", result: before },
    { file: "after.json", result: after },
  ]);
}

const first = ({ designs }: Result): DesignResult => designs[0]!;

/** What is said of the first design's figures, by their names; those that are the same are left out. */
function changes({ designs }: Comparison): Record<string, string> {
  const { figures } = designs.find(({ id }) => id === first(before).id)!;
  return Object.fromEntries(
    figures.flatMap(({ metric, statistic, host, changes: [change] }) =>
      change!.state === "same" ? [] : [[[metric, statistic, host].filter(Boolean).join(" "), change!.state]],
    ),
  );
}

it("a result and itself differ in nothing", () => {
  const found = against(() => undefined);
  expect(found.changed).toBe(false);
  expect(found.settings).toEqual([]);
  expect(found.designs.map(({ id }) => id)).toEqual(before.designs.map(({ id }) => id));
  expect(found.designs.every(({ figures }) => figures.every(({ changes: [one] }) => one!.state === "same"))).toBe(true);
});

it("names every setting that differs, and says nothing of paths to the same content", () => {
  const found = against(({ study, machine, model, data }) => {
    study.links[0]!.rate = 5e6;
    study.requirements.pop();
    study.explore.inputs!.push({ format: "jpeg", quality: 50 });
    study.model = "elsewhere/vgg.onnx";
    study.data.path = "elsewhere";
    data.train = undefined;
    machine.threads = 8;
    model.macs = 1;
  });
  const values = Object.fromEntries(found.settings.map(({ path, values }) => [path, values]));
  expect(Object.keys(values).toSorted()).toEqual([
    "data.path",
    "explore.inputs",
    "links.0.rate",
    "machine.threads",
    "requirements",
  ]);
  expect(values["links.0.rate"]).toEqual([20e6, 5e6]);
  expect((values["explore.inputs"] as string[][])[1]).toContain("jpeg-50");
  // Without a digest nobody knows what stands at a path; another digest is told beside it.
  expect(against(({ study }) => (study.data.path = "elsewhere")).settings).toEqual([]);
  const other = against((result) => Object.assign(result.model, { sha256: "00" }) && (result.study.model = "x"));
  expect(other.settings.map(({ path }) => path)).toEqual(["model.path", "model.sha256"]);
  expect(other.changed).toBe(false);
});

it("calls a difference within the intervals noise, and one beyond them better or worse", () => {
  const move = (value: number) => (result: Result) => {
    const { quality } = first(result);
    const { lo, hi, n } = quality["accuracy"]!;
    const by = value - quality["accuracy"]!.value;
    quality["accuracy"] = { value, lo: lo + by, hi: hi + by, n };
  };
  const { value, hi } = first(before).quality["accuracy"]!;
  // Two intervals whose ends just touch differ: their widths add up by squares.
  expect(changes(against(move(value + 0.9 * (hi - value))))).toEqual({ accuracy: "noise" });
  expect(changes(against(move(value + 1.9 * (hi - value))))).toEqual({ accuracy: "better" });
  expect(changes(against(move(value - 1.9 * (hi - value))))).toEqual({ accuracy: "worse" });
  const noisy = against(move(value + 0.9 * (hi - value)));
  expect(noisy.changed).toBe(false);
  const change = noisy.designs[0]!.figures[0]!.changes[0]!;
  expect(change.difference!.value).toBeCloseTo(0.9 * (hi - value), 12);
  expect(change.difference!.lo).toBeLessThan(0);
});

it("takes what is computed by its digits, and latencies not to the last per cent", () => {
  const found = against((result) => {
    const design = first(result);
    design.bytes += 1;
    design.memory["camera"]! -= 1;
    design.latency.median = { ...design.latency.median, value: design.latency.median.value * 1.009 };
    design.latency.p95 = { value: Infinity, lo: Infinity, hi: Infinity, n: 400 };
    design.latency.p99 = { value: Infinity, lo: 0, hi: Infinity, n: 400 };
  });
  expect(changes(found)).toEqual({
    "latency median": "noise",
    "latency p95": "worse",
    "latency p99": "noise",
    bytes: "worse",
    "memory camera": "better",
  });
  expect(found.changed).toBe(true);
});

it("takes frames that pile up for latencies without end", () => {
  const found = against((result) => (first(result).overload = { offered: 20, sustained: 3 }));
  expect(changes(found)).toEqual({ "latency median": "worse", "latency p95": "worse", "latency p99": "worse" });
  const both = structuredClone(before);
  first(both).overload = { offered: 20, sustained: 3 };
  first(both).latency.p95.value = 500;
  const piles = [both, structuredClone(both)].map((result) => ({ file: "", result }));
  first(piles[1]!.result).latency.p95.value = 900;
  expect(compareResults(piles).changed).toBe(false);
});

it("tells metrics that only one result has, of different tasks, and compares the others", () => {
  const other = structuredClone(before);
  const renamed = (quality: Result["whole"]["quality"]) => ({ agreement: quality["accuracy"]! });
  other.whole.quality = renamed(other.whole.quality);
  for (const design of other.designs) design.quality = renamed(design.quality);
  const results = [before, other];
  const found = compareResults(results.map((result) => ({ file: "x", result })));
  expect(found.whole.map(({ metric, in: where }) => [metric, where])).toEqual([
    ["accuracy", ["A"]],
    ["agreement", ["B"]],
  ]);
  const [accuracy, agreement, median] = found.designs[0]!.figures;
  expect(accuracy!.values[1]).toBeNull();
  expect(accuracy!.changes).toEqual([{ difference: null, state: "absent" }]);
  expect(agreement!.values[0]).toBeNull();
  expect(median).toMatchObject({ metric: "latency", statistic: "median", changes: [{ state: "same" }] });
  expect(median).not.toHaveProperty("in");
  expect(found.changed).toBe(true);
  const blocks = comparisonText(found, results);
  expect(blocks.slice(-3)).toEqual([
    `Of ${before.designs.length} designs that both have, none differs by more than noise.`,
    "Only in A: accuracy",
    "Only in B: agreement",
  ]);
  const rows = blocks.flatMap((block) => (typeof block === "string" ? [] : block.rows));
  expect(rows.find(([name]) => name === "whole model")).toEqual([
    "whole model",
    "accuracy",
    expect.stringMatching(/%$/),
    "–",
    "",
    "only in A",
  ]);
  expect(rows.some((row) => row[1] === "agreement" && row[2] === "–" && row[5] === "only in B")).toBe(true);
});

it("rounds the settings' numbers for people, and leaves them as they are in JSON", () => {
  const rate = 1 - 0.9;
  const after = structuredClone(before);
  after.study.links[0]!.loss.rate = rate;
  const results = [before, after];
  const found = compareResults(results.map((result) => ({ file: "x", result })));
  expect(found.settings.find(({ path }) => path === "links.0.loss.rate")!.values[1]).toBe(rate);
  const tables = comparisonText(found, results).flatMap((block) => (typeof block === "string" ? [] : block.rows));
  expect(tables.find(([path]) => path === "links.0.loss.rate")![2]).toBe("0.1");
});

it("tells another verdict, and designs that only some results have, of any number of results", () => {
  const lacks = structuredClone(before);
  const gone = lacks.designs.pop()!.id;
  const chooses = structuredClone(before);
  chooses.verdict.recommended = before.verdict.runnerUp!.id;
  const results = [before, lacks, chooses];
  const found = compareResults(results.map((result) => ({ file: "x", result })));
  expect(found.results.map(({ label }) => label)).toEqual(["A", "B", "C"]);
  expect(found.partial).toEqual([{ id: gone, in: ["A", "C"] }]);
  expect(found.designs).toHaveLength(before.designs.length - 1);
  expect(found.designs[0]!.figures[0]!.changes).toHaveLength(2);
  expect(found.verdicts[2]!.recommended).toBe(before.verdict.runnerUp!.id);
  expect(found.changed).toBe(true);
  const text = comparisonText(found, results);
  expect(text.at(-1)).toMatch(/^Only in A and C: /);
  expect(text.at(-2)).toBe(`Of ${before.designs.length - 1} designs that all have, none differs by more than noise.`);
});

it("shows what changed, and all there is where it is asked for", () => {
  const change = (result: Result): void => {
    const design = result.designs.at(-1)!;
    design.bytes *= 2;
  };
  const after = structuredClone(before);
  change(after);
  const found = against(change);
  const rows = (everything: boolean): string[][] =>
    comparisonText(found, [before, after], everything).flatMap((block) =>
      typeof block !== "string" && block.header[0] === "design" ? block.rows : [],
    );
  const shown = rows(false);
  const last = shown.at(-1)!;
  expect(last[0]).not.toBe("");
  expect([last[1], last[5]]).toEqual(["bytes", "worse"]);
  // The whole model, the recommended design in full, and that one line.
  expect(shown).toHaveLength(1 + found.designs[0]!.figures.length + 1);
  expect(rows(true)).toHaveLength(1 + found.designs.length * found.designs[0]!.figures.length);
});
