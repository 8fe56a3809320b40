/** @file First runs of models in a process of their own, with bounds on memory and time: one process, kept for the next. */
import type { Refused, TrialJob, TrialOptions, TrialResult } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { fork, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { limitsFor } from "./limits.ts";

export interface Request {
  job: TrialJob;
  memoryBytes: number;
}

export type Answer = { results: TrialResult[] } | { error: Refused };

/** Larger models go through a file: a pipe would copy them several times. The helper takes it away if this process dies. */
const byFile = 2 ** 24;
/** Jobs after which the process is replaced: sessions that are made and released leave memory behind. */
const mostJobs = 100;

interface Helper {
  child: ChildProcess;
  jobs: number;
  said: string;
}

let helper: Helper | undefined;
let last: Promise<unknown> = Promise.resolve();

/** `Engine.tryApart`: one job after the other. */
export function tryApart(job: TrialJob, options: TrialOptions = {}): Promise<TrialResult[]> {
  const result = last.then(() => runApart(job, options));
  last = result.catch(() => undefined);
  return result;
}

async function runApart({ model, runs }: TrialJob, { signal }: TrialOptions): Promise<TrialResult[]> {
  signal?.throwIfAborted();
  const limits = limitsFor(typeof model === "string" ? (await stat(model)).size : model.length);
  const folder =
    typeof model !== "string" && model.length > byFile
      ? await mkdtemp(join(tmpdir(), `sei-model-${process.pid}-`))
      : undefined;
  try {
    const file = folder && join(folder, "model.onnx");
    if (file) await writeFile(file, model);
    const request: Request = { job: { model: file ?? model, runs }, memoryBytes: limits.memoryBytes };
    const answer = await ask(request, limits, signal);
    if ("results" in answer) return answer.results;
    throw new InputError(answer.error.code, answer.error.message);
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true });
  }
}

function ask(
  request: Request,
  { memoryBytes, seconds }: { memoryBytes: number; seconds: number },
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const used = (helper ??= start());
  const { child } = used;
  used.jobs++;
  child.ref();
  child.channel?.ref();
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      end(used);
    }, 1000 * seconds);
    const stop = (): void => {
      end(used);
      done();
      reject(signal!.reason as Error);
    };
    const onMessage = (answer: Answer): void => {
      done();
      if (used.jobs >= mostJobs) end(used);
      resolve(answer);
    };
    const onExit = (code: number | null, killed: NodeJS.Signals | null): void => {
      done();
      if (late) reject(tooSlow(seconds));
      // It may have ended by what it did before, perhaps without having heard of this job: a new one tells.
      else if (used.jobs > 1 && !used.said.endsWith("memory")) resolve(ask(request, { memoryBytes, seconds }, signal));
      else reject(crashed(used, code, killed, memoryBytes));
    };
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      child.off("message", onMessage).off("exit", onExit);
      child.unref();
      child.channel?.unref();
    };
    signal?.addEventListener("abort", stop);
    child.on("message", onMessage).on("exit", onExit);
    child.send(request, (error) => {
      // A process that ended says so by its exit, one that does not hear is ended.
      if (error) end(used);
    });
  });
}

function start(): Helper {
  const script = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url));
  const child = fork(script, {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: [],
    // Ctrl-C in a terminal is for who asked, who then ends this process.
    detached: true,
  });
  const made: Helper = { child, jobs: 0, said: "" };
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (made.said = (made.said + text).slice(-2000)));
  (child.stderr as unknown as { unref(): void }).unref();
  const stop = (): void => void child.kill("SIGKILL");
  process.once("exit", stop);
  child.on("exit", () => {
    process.off("exit", stop);
    if (helper === made) helper = undefined;
  });
  return made;
}

function end(used: Helper): void {
  if (helper === used) helper = undefined;
  used.child.kill("SIGKILL");
}

function tooSlow(seconds: number): InputError {
  return new InputError(
    "ERR_MODEL_TIME",
    `the engine did not finish this model's first run within ${seconds} s; SEI_MODEL_TIME gives it more`,
  );
}

function crashed(
  { said }: Helper,
  code: number | null,
  killed: NodeJS.Signals | null,
  memoryBytes: number,
): InputError {
  if (said.endsWith("memory") || killed === "SIGKILL") {
    const why = said.endsWith("memory")
      ? `more than ${(memoryBytes / 2 ** 30).toFixed(1)} GiB`
      : "more memory than there is";
    return new InputError(
      "ERR_MODEL_MEMORY",
      `the engine takes ${why} for this model's first run; SEI_MODEL_MEMORY gives it more`,
    );
  }
  return new InputError("ERR_MODEL_CRASH", `the engine crashed on this model (${killed ?? `exit code ${code}`})`);
}
