/** @file Workers by a queue in a real PostgreSQL: the same result as one process gives, whoever dies; cancelled work ends. */
import { setTimeout } from "node:timers/promises";
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { at, useFolder } from "../../cli/testing/harness.ts";
import { startSei, type SeiProcess } from "../../cli/testing/process.ts";
import { contextOf } from "../../stages/default-context.ts";
import { prepareJob } from "../../stages/design/jobs.ts";
import { runStudy } from "../../stages/design/index.ts";
import { postgresStore } from "../../store/index.ts";
import { readStudy } from "../../study/index.ts";
import { byWorkers, openQueue, queueName, type Queue } from "./index.ts";
import { startPostgres, type Server } from "./testing/postgres.ts";

useFolder();
let server: Server | undefined;
let queue: Queue;
const workers: SeiProcess[] = [];
beforeAll(async () => {
  server = await startPostgres();
  if (server) queue = await openQueue(server.url);
}, 60_000);
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await queue?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const why = "no PostgreSQL is installed (Debian's package postgresql)";
const startWorker = (...flags: string[]): SeiProcess => {
  const worker = startSei(["worker", server!.url, "--files", dirname(at("study.yaml")), ...flags]);
  workers.push(worker);
  return worker;
};

it("designs what one process designs, though a worker is killed and the server started again", async (test) => {
  if (!server) {
    test.skip(why);
    return;
  }
  const study = await readStudy(at("study.yaml"));
  study.explore.bottlenecks = study.explore.bottlenecks.slice(0, 1);
  const store = postgresStore(queue.pool);
  const jobs = await byWorkers(queue, { files: dirname(at("study.yaml")) });
  const first = startWorker();
  startWorker();
  const work = runStudy(study, { store, jobs });
  while (!first.said.stdout.includes("done")) await setTimeout(50);
  first.kill("SIGKILL");
  await server.crash();
  const shared = (await work).result;
  // The times that it measured lie in the store, so that one process finds them there.
  const alone = (await runStudy(study, { store })).result;
  const { stages: _a, date: _b, ...found } = shared;
  const { stages: _c, date: _d, ...expected } = alone;
  expect(found).toEqual(expected);
}, 240_000);

it("a poison job fails and is told, and what is no job hurts nobody", async (test) => {
  if (!server) {
    test.skip(why);
    return;
  }
  if (workers.length < 2) startWorker();
  const { boss, pool } = queue;
  const bad = await boss.send(queueName(undefined), { rm: "-rf" });
  const context = contextOf({ store: postgresStore(pool) });
  const jobs = await byWorkers(queue, { files: dirname(at("study.yaml")) });
  const study = await readStudy(at("study.yaml"));
  const about = { study, model: "0", test: "0", train: "0" };
  const [outcome] = await jobs.ahead(prepareJob, [{ about, recipe: { kind: "local" } }], context);
  expect(outcome).toMatchObject({ state: "failed", why: expect.stringMatching(/files .* others here.*tried 3 times/) });
  const [job] = await boss.findJobs(queueName(undefined), { id: bad! });
  expect(job).toMatchObject({ state: "failed", retryCount: 2 });
}, 120_000);

it("cancel takes what is queued out of the queue", async (test) => {
  if (!server) {
    test.skip(why);
    return;
  }
  const stopping = new AbortController();
  const context = contextOf({ store: postgresStore(queue.pool), signal: stopping.signal });
  const jobs = await byWorkers(queue, { files: dirname(at("study.yaml")), label: "nobody-has-it" });
  const study = await readStudy(at("study.yaml"));
  const inputs = [0, 1, 2].map((i) => ({
    about: { study, model: `${i}`, test: "0", train: "0" },
    recipe: { kind: "local" as const },
  }));
  const work = expect(jobs.ahead(prepareJob, inputs, context)).rejects.toThrow(/abort/i);
  await setTimeout(500);
  stopping.abort();
  await work;
  const states = (await queue.boss.findJobs(queueName("nobody-has-it"))).map(({ state }) => state);
  expect(states).toEqual(["cancelled", "cancelled", "cancelled"]);
}, 60_000);
