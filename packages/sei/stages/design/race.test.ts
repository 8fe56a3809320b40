/** @file A race against all designs evaluated: the same choice, to the last digit, and none that fits among those that left. */
import type { Result } from "@split-et-impera/core/design";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { design, said, useFolder, variant } from "../../cli/testing/harness.ts";

useFolder();

const parts = fileURLToPath(new URL("../../../../examples/conveyor/parts.onnx", import.meta.url));

const wide: [string, string][] = [
  ["model: tiny.onnx", `model: ${parts}`],
  ["limit: { test: 40, train: 48 }", "limit: { test: 200, train: 64 }"],
  ["loss: 2 %", "loss: 0.5 %"],
  ["count: 60", "count: 120"],
  ["candidates: [pool1]", "candidates: [block2/MaxPool, block3/MaxPool]"],
  ["codecs: [float32, uint8]", "codecs: [uint8, uint1]"],
  ["losses: [0 %, 5 %]", "losses: []"],
  [
    "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]",
    "bottlenecks: [{ compression: 4, epochs: { frozen: 1 }, batch: 8, augment: [] }, { kind: pca, compression: 8 }]",
  ],
];

async function both(name: string, ...changes: [string, string][]): Promise<{ all: Result; race: Result }> {
  const all = await design(await variant(`${name}.yaml`, ...wide, ...changes), `${name}-all`);
  const raced = await variant(`${name}-race.yaml`, ...wide, ...changes, ["explore:\n", "explore:\n  race: true\n"]);
  return { all, race: await design(raced, `${name}-race`) };
}

const asked = (...bounds: string[]): [string, string] => [
  "requirements: [latency median <= 2 s]",
  `requirements: [${bounds.join(", ")}]`,
];

it.each<[string, [string, string][]]>([
  ["overload", [asked("latency median <= 60 ms", "deadline-misses <= 20 %"), ["rate: 10 Mbit/s", "rate: 100 kbit/s"]]],
  ["quality", [asked("accuracy-drop <= 10 %", "latency median <= 200 ms")]],
  ["bytes and memory", [asked("bytes <= 600 bytes", "memory on camera <= 400 kB", "accuracy >= 20 %")]],
])("chooses alike by %s, and leaves out nothing that fits", { timeout: 240_000 }, async (name, changes) => {
  const { all, race } = await both(name.replaceAll(" ", "-"), ...changes);
  const out = race.pruned ?? [];
  expect(out.length).toBeGreaterThan(0);
  expect(race.verdict.recommended).toBe(all.verdict.recommended);
  expect(race.verdict.fitting).toEqual(all.verdict.fitting);
  const byId = new Map(all.designs.map((one) => [one.id, one]));
  for (const one of race.designs) expect({ ...one, pareto: false }).toEqual({ ...byId.get(one.id)!, pareto: false });
  for (const { design: id, misses, after } of out) {
    const states = byId
      .get(id)!
      .checks.flatMap(({ state, requirement }) => (state === "missed" ? requirement.text : []));
    expect([id, after, states]).toEqual([id, expect.anything(), expect.arrayContaining(misses)]);
  }
  const ids = [...race.designs.map(({ id }) => id), ...out.map((one) => one.design)];
  expect(ids.toSorted()).toEqual([...byId.keys()].toSorted());
  expect(said.stderr + said.stdout).toContain("Left the race");
});

it("evaluates all where nothing that stayed fits, so that the nearest is told", { timeout: 240_000 }, async () => {
  const { all, race } = await both("none", asked("latency p95 <= 1 ms", "accuracy-drop <= 10 %"));
  expect(all.verdict.recommended).toBeUndefined();
  expect(race.verdict).toEqual(all.verdict);
  expect(race.pruned).toBeUndefined();
  expect(said.stderr).toContain("no design that stayed in the race fits");
});
