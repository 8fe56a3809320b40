/** @file `sei compare` as it is called. */
import type { Result } from "@split-et-impera/core/design";
import { writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { Comparison } from "../../compare/index.ts";
import { syntheticResult } from "../../testing/fixture.ts";
import { at, json, said, sei, useFolder } from "../testing/harness.ts";

useFolder();

async function saved(name: string, change: (result: Result) => void = () => undefined): Promise<string> {
  const result = syntheticResult();
  change(result);
  await writeFile(at(name), JSON.stringify(result));
  return at(name);
}

it("tells what changed in words and as JSON", async () => {
  const [a, b] = [
    await saved("a.json"),
    await saved("b.json", ({ study, designs, model }) => {
      study.links[0]!.rate = 5e6;
      model.sha256 = "00".repeat(32);
      designs[0]!.bytes += 40;
      designs[1]!.latency.p99 = { value: Infinity, lo: Infinity, hi: Infinity, n: 400 };
    }),
  ];
  expect(await sei("compare", a, b), said.stderr).toBe(0);
  expect(said.stdout).toMatch(/links\.0\.rate +20000000 +5000000\n/);
  expect(said.stdout).toMatch(/model\.sha256 +3f3f3f3f3f3f… +000000000000…\n/);
  expect(said.stdout).toMatch(/bytes +\d+ B +\d+ B +\+40 B +worse\n/);
  expect(said.stdout).toMatch(/latency p99 +[\d.]+ ms +no end +worse\n/);
  expect(said.stdout).toContain("2 differ by more than noise");
  const told = await json<Comparison>("compare", a, b);
  expect(told.changed).toBe(true);
  expect(told.settings.map(({ path }) => path)).toEqual(["links.0.rate", "model.sha256"]);
  const { figures } = told.designs[1]!;
  const p99 = figures.find(({ statistic }) => statistic === "p99")!;
  expect(p99).toMatchObject({ metric: "latency", changes: [{ state: "worse", difference: { value: null } }] });
});

it("ends with 4 on a change where that is asked for, and with 0 otherwise", async () => {
  const [a, same, other] = [
    await saved("a.json"),
    await saved("same.json", ({ study }) => (study.seed = 8)),
    await saved("other.json", ({ designs }) => (designs[3]!.bytes += 1)),
  ];
  expect(await sei("compare", a, same, "--fail-on-change")).toBe(0);
  expect(await sei("compare", a, same, other, "--fail-on-change")).toBe(4);
  expect(await sei("compare", a, same, other)).toBe(0);
});

it("needs two results", async () => {
  const a = await saved("a.json");
  expect(await sei("compare", a)).toBe(2);
  expect(said.stderr).toContain("expected two results to compare, 26 at most, got 1");
  expect(await sei("compare", a, at("nowhere.json"))).toBe(1);
  expect(said.stderr).toMatch(/nowhere\.json: expected a result.* but there is no such file/);
});
