/** @file A process that does jobs for the one that started it, with an engine of its own: `node child.js PROCESSORS`, the store in SEI_STORE. */
import { InputError, internal } from "@split-et-impera/core/errors";
import { engine, pooled } from "@split-et-impera/ort";
import { Worker } from "node:worker_threads";
import { onTemporaries } from "../files/index.ts";
import { contextOf } from "../stages/default-context.ts";
import { knownJobs } from "../stages/known-jobs.ts";
import { openStore, postgresStore, type Store } from "../store/index.ts";
import { doJob, doneBefore } from "./done.ts";
import type { Order, Report } from "./messages.ts";
import { neighbourly } from "./neighbour.ts";
import type { StorePlace } from "./processes.ts";

const [processors] = process.argv.slice(2);
const place = JSON.parse(process.env["SEI_STORE"]!) as StorePlace;
delete process.env["SEI_STORE"];

// What computes in one go does not hear that whoever asked is gone.
const parent = process.ppid;
new Worker(`setInterval(() => process.ppid === ${parent} || process.kill(process.pid, "SIGKILL"), 200)`, {
  eval: true,
  env: {},
  resourceLimits: { maxOldGenerationSizeMb: 8, stackSizeMb: 1 },
}).unref();

const tell = (report: Report): void => void process.send!(report);
onTemporaries((change, path) => tell(change === "hold" ? { hold: path } : { release: path }));
/** Milliseconds between two words on how far a job has come. */
const every = 200;
let told = 0;
const context = contextOf({
  engine: pooled(neighbourly(engine, processors === undefined ? undefined : Number(processors))),
  store: "folder" in place ? openStore(place.folder) : await databaseStore(place.database),
  update(update) {
    if (performance.now() - told < every) return;
    told = performance.now();
    tell({ update });
  },
});

process.on("message", (order: Order) => {
  run(order).then(tell, (error: unknown) =>
    tell(
      error instanceof InputError
        ? { refused: error.message }
        : { error: error instanceof Error ? error.message : String(error) },
    ),
  );
});
process.on("disconnect", () => process.exit());

/** The driver is loaded where there is a database. */
async function databaseStore(url: string): Promise<Store> {
  const { Pool } = await import("pg");
  const pool = new Pool({ connectionString: url, max: 2 });
  // A connection that breaks while idle is made again when it is needed.
  pool.on("error", () => undefined);
  return postgresStore(pool);
}

async function run({ job: name, version, input }: Order): Promise<Report> {
  const job = Object.hasOwn(knownJobs, name) ? knownJobs[name] : undefined;
  if (job?.version !== version) throw internal(`a job ${name} ${version} that this version does not know`);
  const before = await doneBefore(job, input, context);
  return { done: before?.state === "done" ? before : await doJob(job, input, context) };
}
