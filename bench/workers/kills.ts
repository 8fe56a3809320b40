/**
 * @file A sweep with workers that are killed at random, and with its database killed: `node bench/workers/kills.ts [kills] [crashes]`.
 * Its results must be those of the sweep by one process.
 */
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { SeiProcess } from "../../packages/sei/cli/testing/process.ts";
import { startPostgres } from "../../packages/sei/jobs/queue/testing/postgres.ts";
import { freeze, lasting, openPlace, stream } from "../robust/run.ts";

const [kills = 50, crashes = 10] = process.argv.slice(2).map(Number);
await using server = await startPostgres();
if (!server) throw new Error("no PostgreSQL is installed (Debian's package postgresql)");
const place = await openPlace();
const random = stream(3);
const design = async (...argv: string[]): Promise<void> => {
  const { code, stderr } = await place.start("design", ...argv).ended;
  if (code !== 0 && code !== 3) throw new Error(`sei design ${argv.join(" ")}: ${String(code)}\n${stderr}`);
};
await design("study.yaml", "--out", "first");
await freeze(place);
const frozen = await readFile(place.at("frozen.yaml"), "utf8");
await writeFile(
  place.at("frozen.yaml"),
  `${frozen}vary: { seed: [1, 2, 3], "links[0].rate": [1 Mbit/s, 10 Mbit/s] }\n`,
);
const variants = ["v1", "v2", "v3", "v4", "v5", "v6"];
await design("frozen.yaml", "--out", "alone", "--cache", place.at("own"));
const expected = await Promise.all(variants.map((one) => lasting(place.at(`alone/${one}`))));

const startWorker = (): SeiProcess => place.start("worker", server.url);
const workers = [startWorker(), startWorker()];
let [killed, crashed, rounds, different] = [0, 0, 0, 0];
while (killed < kills || crashed < crashes) {
  // What earlier rounds computed would leave nothing to do.
  const { openQueue } = await import("../../packages/sei/jobs/queue/index.ts");
  await using queue = await openQueue(server.url);
  await queue.pool.query("DROP TABLE IF EXISTS sei_store");
  const run = place.start("design", "frozen.yaml", "--workers", server.url, "--out", "shared");
  const over = run.ended.then(() => true);
  for (;;) {
    if (await Promise.race([over, setTimeout(500 + 2500 * random(), false)])) break;
    if (crashed < crashes && random() < crashes / (kills + crashes)) {
      await server.crash();
      crashed++;
    } else if (killed < kills) {
      const which = random() < 0.5 ? 0 : 1;
      workers[which]!.kill("SIGKILL");
      await workers[which]!.ended;
      workers[which] = startWorker();
      killed++;
    }
  }
  const { code, stderr } = await run.ended;
  if (code !== 0 && code !== 3) throw new Error(`sei design: ${String(code)}\n${stderr}`);
  const found = await Promise.all(variants.map((one) => lasting(place.at(`shared/${one}`))));
  different += found.filter((one, i) => one !== expected[i]).length;
  rounds++;
  console.log({ rounds, killed, crashed, different });
}
for (const worker of workers) worker.kill("SIGKILL");
console.table({
  sweeps: rounds,
  "workers killed": killed,
  "database killed": crashed,
  "results that differ": different,
});
await place.remove();
process.exitCode = different > 0 ? 1 : 0;
