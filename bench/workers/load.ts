/**
 * @file Where the queue ends: `node bench/workers/load.ts [jobs] [connections]`. As many takers as connections take jobs that are nothing and
 * complete them; then they look into the empty queue. 1,000 workers look 5 times a second each while there is nothing to do.
 */
import { loadavg } from "node:os";
import { makeQueue, openQueue } from "../../packages/sei/jobs/queue/index.ts";
import { startPostgres } from "../../packages/sei/jobs/queue/testing/postgres.ts";

const [count = 100_000, connections = 32] = process.argv.slice(2).map(Number);
await using server = await startPostgres();
if (!server) throw new Error("no PostgreSQL is installed (Debian's package postgresql)");
await using queue = await openQueue(server.url, undefined, connections);
const name = await makeQueue(queue, undefined);
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};
const input = "x".repeat(2500);
const put = await seconds(async () => {
  for (let from = 0; from < count; from += 1000)
    await queue.boss.insert(
      name,
      Array.from({ length: Math.min(1000, count - from) }, () => ({ data: { input } })),
    );
});
let taken = 0;
const drained = await seconds(() =>
  Promise.all(
    Array.from({ length: connections }, async () => {
      for (;;) {
        const [job] = await queue.boss.fetch(name);
        if (!job) return;
        await queue.boss.complete(name, job.id, { state: "done", cached: true, seconds: 0 });
        taken++;
      }
    }),
  ),
);
const looks = 2000;
const empty = await seconds(() =>
  Promise.all(
    Array.from({ length: connections }, async () => {
      for (let i = 0; i < looks / connections; i++) await queue.boss.fetch(name);
    }),
  ),
);
console.table({
  jobs: count,
  connections,
  "put, jobs a second": Math.round(count / put),
  "taken and completed, jobs a second": Math.round(taken / drained),
  "looks into the empty queue a second": Math.round(looks / empty),
  load: loadavg()[0]!.toFixed(1),
});
