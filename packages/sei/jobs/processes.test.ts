/** @file Work shared by processes: the same result bit for bit, whoever dies meanwhile; what fails is told, and the rest goes on. */
import type { Result } from "@split-et-impera/core/design";
import type { Study } from "@split-et-impera/core/study";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { at, useFolder } from "../cli/testing/harness.ts";
import { contextOf } from "../stages/default-context.ts";
import { prepareJob } from "../stages/design/jobs.ts";
import { runStudy } from "../stages/design/index.ts";
import { profileJson } from "../stages/measure/index.ts";
import { openStore } from "../store/index.ts";
import { readStudy } from "../study/index.ts";
import { processes } from "./index.ts";

useFolder();
let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "jobs-"))));
afterAll(() => rm(folder, { recursive: true }));

/** All that does not depend on when it was made, and on what was kept. */
function comparable({ date: _date, stages, ...result }: Result): unknown {
  return { ...result, stages: stages.map(({ name }) => name) };
}

/** The study with times that are measured once. */
async function frozen(): Promise<{ study: Study; alone: Result }> {
  const study = await readStudy(at("study.yaml"));
  const first = await runStudy(study, { store: openStore(join(folder, "alone")) });
  await writeFile(join(folder, "profile.json"), profileJson(first.profile));
  for (const host of Object.values(study.hosts)) host.profile = join(folder, "profile.json");
  const { result } = await runStudy(study, { store: openStore(join(folder, "alone")) });
  return { study, alone: result };
}

it("gives what one process gives, though its processes are killed", async () => {
  const { study, alone } = await frozen();
  const store = join(folder, "shared");
  await using jobs = processes({ count: 2, place: { folder: store } });
  let killed = 0;
  const work = runStudy(study, { store: openStore(store), jobs });
  const over = work.then(() => true);
  while (killed < 3 && !(await Promise.race([over, setTimeout(400, false)]))) {
    const [pid] = jobs.pids;
    // It may have just ended.
    if (pid !== undefined && killed < 2) process.kill(pid, "SIGKILL");
    killed += pid === undefined ? 0 : 1;
  }
  const { result } = await work;
  expect(killed).toBeGreaterThan(0);
  expect(comparable(result)).toEqual(comparable(alone));
  expect((await readdir(store)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
}, 400_000);

it("a job that fails is tried three times and told, and the others are done", async () => {
  const store = join(folder, "shared");
  await using jobs = processes({ count: 1, place: { folder: store } });
  const context = contextOf({ store: openStore(store), jobs });
  const study = await readStudy(at("study.yaml"));
  const about = { study, model: "0", test: "0", train: "0" };
  const inputs = [{ about, recipe: { kind: "local" as const } }];
  const [other] = await jobs.ahead(prepareJob, inputs, context);
  expect(other).toMatchObject({ state: "failed", why: expect.stringMatching(/files .* others here.*tried 3 times/) });
  const [unknown] = await jobs.ahead({ ...prepareJob, version: 99 }, inputs, context);
  expect(unknown).toMatchObject({ state: "failed", why: expect.stringContaining("does not know") });
  // What the user has to hear of is said where it is asked for.
  const lost = { about: { ...about, study: { ...study, model: "missing.onnx" } }, recipe: inputs[0]!.recipe };
  expect(await jobs.ahead(prepareJob, [lost], context)).toEqual([{ state: "here" }]);
}, 200_000);

it("ends its processes when the work is stopped", async () => {
  const stopping = new AbortController();
  const store = join(folder, "stopped");
  await using jobs = processes({ count: 1, place: { folder: store } });
  const work = runStudy(await readStudy(at("study.yaml")), {
    store: openStore(store),
    jobs,
    signal: stopping.signal,
  });
  const refused = expect(work).rejects.toThrow(/abort/i);
  while (jobs.pids.length === 0) await setTimeout(20);
  const [pid] = jobs.pids;
  stopping.abort();
  await refused;
  expect(jobs.pids).toEqual([]);
  expect(() => process.kill(pid!, 0)).toThrow(/ESRCH/);
}, 200_000);
