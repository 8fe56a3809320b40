/**
 * @file The queue alone: `node bench/workers/drain.ts [jobs] [workers]`. Jobs whose results are known go the whole way (database, worker,
 * its process, store, database), so that what is measured is what a job costs besides its work; every one must be done exactly once.
 */
import { loadavg } from "node:os";
import { contextOf } from "../../packages/sei/stages/default-context.ts";
import { prepareJob } from "../../packages/sei/stages/design/jobs.ts";
import { keep, keyOf } from "../../packages/sei/stages/run-stage.ts";
import { makeQueue, openQueue } from "../../packages/sei/jobs/queue/index.ts";
import { startPostgres } from "../../packages/sei/jobs/queue/testing/postgres.ts";
import { postgresStore } from "../../packages/sei/store/index.ts";
import { readStudy } from "../../packages/sei/study/index.ts";
import { version } from "../../packages/sei/version.ts";
import { openPlace } from "../robust/run.ts";

const [count = 10_000, workers = 4] = process.argv.slice(2).map(Number);
await using server = await startPostgres();
if (!server) throw new Error("no PostgreSQL is installed (Debian's package postgresql)");
const place = await openPlace();
await using queue = await openQueue(server.url);
const name = await makeQueue(queue, undefined);
const context = contextOf({ store: postgresStore(queue.pool) });
const study = { ...(await readStudy(place.at("study.yaml"))), model: "parts.onnx" };
const payloads = [];
for (let i = 0; i < count; i++) {
  const input = { about: { study, model: String(i), test: "", train: "" }, recipe: { kind: "local" as const } };
  // As the worker sees it: with its own folder before the file.
  const there = { ...input, about: { ...input.about, study: { ...study, model: place.at("parts.onnx") } } };
  await keep(keyOf(prepareJob, there, context), true, context);
  const { name: engine } = context.engine;
  payloads.push({
    data: {
      version,
      engine,
      processors: 1,
      job: prepareJob.name,
      jobVersion: prepareJob.version,
      input: JSON.stringify(input),
    },
  });
}
for (let from = 0; from < count; from += 1000) await queue.boss.insert(name, payloads.slice(from, from + 1000));
const all = Array.from({ length: workers }, () => place.start("worker", server.url, "--once"));
const ends = await Promise.all(all.map((one) => one.ended));
/** From the first job that was taken to the end of the last: without the workers' start. */
const span = await queue.pool.query<{ seconds: number }>(
  "SELECT extract(epoch FROM max(completed_on) - min(started_on))::float AS seconds FROM pgboss.job WHERE name = $1",
  [name],
);
const { seconds } = span.rows[0]!;
const done = ends.reduce(
  (sum, { stdout }) => sum + stdout.split("\n").filter((line) => line.includes("done:")).length,
  0,
);
const { rows } = await queue.pool.query<{ state: string; tries: number; jobs: string }>(
  "SELECT state::text AS state, retry_count AS tries, count(*) AS jobs FROM pgboss.job WHERE name = $1 GROUP BY 1, 2",
  [name],
);
console.table({
  jobs: count,
  workers,
  "done by all workers": done,
  "ms a job": ((1000 * seconds) / count).toFixed(2),
  "ms a job and worker": ((1000 * seconds * workers) / count).toFixed(1),
  states: rows.map(({ state, tries, jobs }) => `${jobs} ${state} at try ${tries + 1}`).join(", "),
  load: loadavg()[0]!.toFixed(1),
});
await place.remove();
process.exitCode = done === count ? 0 : 1;
