/** @file A process that runs models for another one, and that a model may crash: what it answers are plain summaries. */
import { tryHere } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { Worker } from "node:worker_threads";
import { localEngine } from "./engine.ts";
import type { Answer, Request } from "./apart.ts";

/**
 * Ends the process when it takes more memory than it may, or when who asked is gone; in a thread of its own, since the
 * runtime computes in one go.
 */
const most = new Float64Array(new SharedArrayBuffer(8)).fill(Infinity);
void new Worker(
  `const { workerData: most } = require("node:worker_threads");
   const { readdirSync, rmSync, writeSync } = require("node:fs");
   const { tmpdir } = require("node:os");
   const parent = process.ppid;
   const sweep = () => {
     for (const name of readdirSync(tmpdir()))
       if (name.startsWith("sei-model-" + parent + "-")) rmSync(tmpdir() + "/" + name, { recursive: true, force: true });
   };
   setInterval(() => {
     const over = process.memoryUsage.rss() > most[0];
     const alone = process.ppid !== parent;
     if (over) writeSync(2, "memory");
     try {
       if (alone) sweep();
     } finally {
       if (over || alone) process.kill(process.pid, "SIGKILL");
     }
   }, 25);`,
  { eval: true, workerData: most },
);

process.on("message", ({ job, memoryBytes }: Request) => {
  most[0] = memoryBytes;
  tryHere(localEngine, job).then(
    (results) => send({ results }),
    (error: unknown) => {
      if (!(error instanceof InputError)) throw error;
      send({ error: { code: error.code, message: error.message } });
    },
  );
});
process.on("disconnect", () => process.exit());

function send(answer: Answer): void {
  process.send!(answer);
}
