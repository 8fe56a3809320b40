/** @file Stages: what is kept is not run again, what the key does not name changes nothing. */
import type { Engine } from "@split-et-impera/core/engine";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { inProcess } from "../jobs/index.ts";
import { openStore } from "../store/index.ts";
import type { Context, Stage } from "./context.ts";
import { runEach, runStage } from "./run-stage.ts";

let folder = "";
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "stages-"))));
afterEach(() => rm(folder, { recursive: true }));

const contextOf = (engine: string, signal = new AbortController().signal): Context => ({
  engine: { name: engine } as Engine,
  store: openStore(folder),
  jobs: inProcess,
  signal,
  progress: { task: (_, work) => work(() => {}) },
  update: () => {},
});

/** Squares, and counts how often it had to. */
function squares(version = 1) {
  const seen: number[] = [];
  const stage: Stage<{ n: number; note: string }, { square: Float64Array }> = {
    name: "square",
    version,
    key: ({ n }) => n,
    run({ n }) {
      seen.push(n);
      return Promise.resolve({ square: Float64Array.of(n * n) });
    },
  };
  return { stage, seen };
}

it("is run once for a key, version and engine", async () => {
  const { stage, seen } = squares();
  const first = await runStage(stage, { n: 3, note: "a" }, contextOf("one 1"));
  expect(first).toEqual({ value: { square: Float64Array.of(9) }, cached: false });
  expect(await runStage(stage, { n: 3, note: "b" }, contextOf("one 1"))).toEqual({ ...first, cached: true });
  expect((await runStage(stage, { n: 3, note: "a" }, contextOf("one 2"))).cached).toBe(false);
  expect((await runStage(squares(2).stage, { n: 3, note: "a" }, contextOf("one 1"))).cached).toBe(false);
  expect(seen).toEqual([3, 3]);
});

it("is run again where what was kept is damaged", async () => {
  const { stage, seen } = squares();
  await runStage(stage, { n: 4, note: "" }, contextOf("one 1"));
  for (const name of await readdir(folder)) await writeFile(join(folder, name), "damaged");
  expect(await runStage(stage, { n: 4, note: "" }, contextOf("one 1"))).toMatchObject({ cached: false });
  expect(await runStage(stage, { n: 4, note: "" }, contextOf("one 1"))).toMatchObject({ cached: true });
  expect(seen).toEqual([4, 4]);
});

it("runs for many inputs, in their order, until it is stopped", async () => {
  const { stage, seen } = squares();
  const stopping = new AbortController();
  const context = contextOf("one 1", stopping.signal);
  const inputs = [5, 6, 5, 7].map((n) => ({ n, note: "" }));
  const found: [number, boolean][] = [];
  await expect(async () => {
    for await (const { value, cached } of runEach(stage, inputs, context)) {
      found.push([value.square[0]!, cached]);
      if (found.length === 3) stopping.abort();
    }
  }).rejects.toThrow();
  expect(found).toEqual([
    [25, false],
    [36, false],
    [25, true],
  ]);
  expect(seen).toEqual([5, 6]);
});
