/** @file The summary on a terminal: aligned, narrow enough, and readable without colour. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { terminalSummary } from "./index.ts";
import { syntheticResult } from "../testing/fixture.ts";

// oxlint-disable-next-line no-control-regex -- colours are control characters
const bare = (text: string): string => text.replace(/\u001B\[\d+m/g, "");
const width = (line: string): number => Array.from(bare(line)).length;
const rowsOf = (text: string): string[] => {
  const lines = bare(text).split("\n");
  const head = lines.findIndex((line) => line.includes("p95 ms"));
  return lines.slice(head + 1, lines.indexOf(""));
};

afterEach(() => vi.unstubAllEnvs());

describe("the summary", () => {
  const result = syntheticResult();
  const text = terminalSummary(result, { colour: false });

  it("fits its width, whatever that is", () => {
    for (const options of [{}, { impossible: true }, { designs: 3, losses: [] }]) {
      for (const columns of [120, 100, 80, 60]) {
        const summary = terminalSummary(syntheticResult(options), { columns, colour: true });
        for (const line of summary.split("\n")) expect(width(line)).toBeLessThanOrEqual(columns);
      }
    }
  });

  it("lines its columns up", () => {
    const lines = text.split("\n");
    const head = lines.find((line) => line.includes("p95 ms"))!;
    const end = head.indexOf("p95 ms") + "p95 ms".length;
    for (const row of rowsOf(text).slice(0, -1)) {
      expect(row.slice(0, end)).toMatch(/[\d–]$/);
      expect(row[end]).toBe(" ");
    }
  });

  it("marks the recommended design first, with its numbers", () => {
    const [first] = rowsOf(text);
    expect(first).toMatch(/^▶ {2}SC@features\.3 uint8 64x udp +✓✓✓✓✓ +85\.0 ±1\.6 +24\.4 +26\.7 +29\.9 /);
    expect(first).toContain("528 B");
  });

  it("always lists the baselines, and says how many designs it leaves out", () => {
    const rows = rowsOf(terminalSummary(result, { rows: 5, colour: false }));
    expect(rows).toHaveLength(6);
    expect(rows.some((row) => /\bLC\b/.test(row))).toBe(true);
    expect(rows.some((row) => /\bRC\b/.test(row))).toBe(true);
    expect(rows.at(-1)).toContain(`and ${result.designs.length - 5} more`);
  });

  it("ends with the verdict and a line for each loss", () => {
    const said = text.replaceAll("\n", " ");
    expect(said).toContain("Split at features.3/Conv with a 64x bottleneck in uint8 over UDP");
    expect(text.split("\n").filter((line) => /^[✓✕] +[\d.]+ % loss /.test(line))).toHaveLength(result.sweep.length);
  });

  it("says how the requirements would have to give where nothing fits", () => {
    const said = terminalSummary(syntheticResult({ impossible: true }), { colour: false }).replaceAll("\n", " ");
    expect(said).toContain("▶ nearest");
    expect(said).toContain("latency p95 <= 5 ms");
    expect(said).toContain("nothing fits; nearest");
  });

  it("colours only where that is wanted", () => {
    vi.stubEnv("FORCE_COLOR", "1");
    vi.stubEnv("NO_COLOR", undefined);
    const coloured = terminalSummary(result);
    expect(coloured).not.toBe(bare(coloured));
    expect(bare(coloured)).toBe(text);
    vi.stubEnv("FORCE_COLOR", undefined);
    vi.stubEnv("NO_COLOR", "1");
    expect(terminalSummary(result)).toBe(text);
  });

  it("lets no name steer the terminal", () => {
    const changed = structuredClone(syntheticResult());
    const hostile = "\u001B]0;owned\u0007\n\u001B[2J";
    for (const design of changed.designs) design.id = `${design.id}${hostile}`;
    changed.verdict.says.push({ kind: "misses", requirement: hostile, metric: "bytes", value: 1, bound: 0 });
    changed.study.frames.host = hostile;
    changed.study.hosts = { [hostile]: { speed: 1 }, server: { speed: 1 } };
    changed.study.links[0]!.between = [hostile, "server"];
    changed.optimum!.map.host = hostile;
    changed.optimum!.breakEvens.speed = {};
    const summary = terminalSummary(changed, { colour: false });
    expect(rowsOf(summary)).toHaveLength(25);
    // oxlint-disable-next-line no-control-regex -- that there is none is the point
    expect(/[\u0000-\u0009\u000B-\u001F\u007F]/.exec(summary)).toBeNull();
  });

  it("needs no designs", () => {
    const none = syntheticResult({ designs: 1, losses: [], saliency: false });
    none.designs = [];
    none.verdict = { says: [{ kind: "nothing" }], fitting: [], ties: [], instead: [] };
    expect(terminalSummary(none, { colour: false })).toContain("There is no design to choose from");
  });
});
