/** @file The process that does a command's work, started by bin/supervise.js: how it is told to stop, and what it tells. */
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { onTemporaries } from "../files/index.ts";
import { main } from "./main.ts";
import { openStderr } from "./stderr.ts";

/** Where the supervisor reads what is half-written, and where the real stderr is. */
const descriptors = { ledger: 3, stderr: 4 };

/** Commands that are done sooner than a thread has begun. */
const quick = new Set(["check", "cache"]);

const supervisor = Number(process.env["SEI_SUPERVISOR"]);
delete process.env["SEI_SUPERVISOR"];
const tell = (change: Record<string, unknown>): void => {
  try {
    writeSync(descriptors.ledger, `${JSON.stringify(change)}\n`);
  } catch {
    // The supervisor is gone, and this process will be.
  }
};
const stopping = new AbortController();
const stop = (): void => stopping.abort();
// Ctrl-C goes to both processes of a terminal; whether it stops the work is the supervisor's to say.
process.on("SIGINT", () => {});
let reload = (): void => {};
process.on("SIGHUP", () => reload());
process.on("SIGTERM", stop);
Object.defineProperty(process, "stderr", { value: openStderr(descriptors.stderr), configurable: true });
onTemporaries((change, path) => tell({ [change]: path }));
process.exitCode = await main(process.argv.slice(2), {
  signal: stopping.signal,
  onStart({ name, resumes }) {
    tell({ resumes });
    if (!quick.has(name)) followToTheEnd(supervisor);
  },
  onReload(again) {
    reload = again;
    tell({ reloads: true });
  },
});

/**
 * Ends this process with its supervisor, by a thread of its own: the main one may compute for long, and what is killed must
 * not go on writing.
 */
function followToTheEnd(parent: number): void {
  const code = `setInterval(() => process.ppid === ${parent} || process.kill(process.pid, "SIGKILL"), 200)`;
  new Worker(code, { eval: true, env: {}, resourceLimits: { maxOldGenerationSizeMb: 8, stackSizeMb: 1 } }).unref();
}
