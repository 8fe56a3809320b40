/** @file Studies of whole systems from the file to the result, the examples among them, on few samples. */
import type { Result } from "@split-et-impera/core/design";
import type { SystemResult } from "@split-et-impera/core/system";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { at, design, said, sei, useFolder, variant } from "../../cli/testing/harness.ts";

useFolder();

/** An example's study in the test's folder, on so many samples. */
async function example(name: string, ...changes: [string, string][]): Promise<string> {
  let text = await readFile(new URL(`../../../../examples/${name}/study.yaml`, import.meta.url), "utf8");
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  const examples = fileURLToPath(new URL("../../../../examples/", import.meta.url));
  await writeFile(at(`${name}.yaml`), text.replaceAll("../", examples));
  return `${name}.yaml`;
}

async function designSystem(name: string): Promise<SystemResult> {
  const code = await sei("design", at(name), "--out", at(`${name}-out`));
  expect([0, 3], said.stderr).toContain(code);
  return JSON.parse(await readFile(at(`${name}-out/result.json`), "utf8")) as SystemResult;
}

it("requirements on quality are in the words of each flow's own task", { timeout: 120_000 }, async () => {
  const study = await variant(
    "quality.yaml",
    ["camera: { speed: 1/20 }", "camera: { speed: 1/20, copies: 2 }"],
    ["latency median <= 2 s", "latency median <= 2 s, quality-drop <= 90 %"],
    ["count: 60 }", "count: 80 }\nflows: { one: {}, other: { task: agreement } }"],
    [
      "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]",
      "bottlenecks: []",
    ],
  );
  const { flows } = await designSystem(study);
  const judged = flows.map(({ checks }) => checks.map(({ requirement }) => requirement.metric));
  expect(judged).toEqual([
    ["latency", "accuracy-drop"],
    ["latency", "agreement-drop"],
  ]);
});

it("the drone's exits answer while its link is down", { timeout: 240_000 }, async () => {
  // One exit, which needs no saliency, and few ways to send.
  const study = await example(
    "drone",
    ["test: 500, train: 2000", "test: 100, train: 1500"],
    ["candidates: { from: saliency, most: 2 }", "scenarios: [RC]\n  transports: [tcp]"],
    ["inputs: [raw, jpeg 90]", "inputs: [raw]"],
    ["exits: { loss: 2 % }", "exits: { at: [block2/MaxPool], loss: 5 % }"],
  );
  const { designs }: Result = await design(study, "drone");
  const sent = designs.filter(({ crossings }) => crossings.length > 0);
  const misses = (some: Result["designs"]): number[] => some.map(({ deadlineMisses }) => deadlineMisses.value);
  const [exits, plain] = [sent.filter(({ exits }) => exits), sent.filter(({ exits }) => !exits)];
  expect(exits.length).toBeGreaterThan(0);
  // Half a second in ten and a half without an answer, and what comes behind it.
  expect(Math.min(...misses(plain))).toBeGreaterThan(0.02);
  expect(Math.max(...misses(exits))).toBe(0);
});

it("the shop's cameras share their air with phones", { timeout: 240_000 }, async () => {
  const study = await example(
    "shop",
    ["test: 300, train: 300", "test: 40, train: 40"],
    ["count: 400", "count: 80"],
    ["inputs: [raw, jpeg 90]", "scenarios: [RC]\n  inputs: [raw, jpeg 90]"],
  );
  const { loads, flows } = await designSystem(study);
  const air = loads.find(({ name }) => name === "air")!;
  expect(air.kind).toBe("medium");
  // Six cameras send 8 pictures a second over 6 Mbit/s; headers and accesses come on top.
  expect(air.utilisation).toBeGreaterThan((6 * 8 * 8 * flows[0]!.bytes) / 6e6);
  expect(flows[0]!.cameras).toHaveLength(6);
});
