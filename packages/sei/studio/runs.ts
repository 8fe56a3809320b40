/** @file Full studies started from the page: each is a `sei design` of its own, watched, stopped and gone on with. */
import { InputError } from "@split-et-impera/core/errors";
import type { RunState, RunTask, StudioRun } from "@split-et-impera/studio";
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { EventEmitter } from "node:events";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

/** Lines kept of what a run says. */
const mostLines = 200;
/** Runs that are remembered, and those at work at once: they would only take each other's time. */
const mostRuns = 50;

interface Process {
  run: StudioRun;
  child?: ChildProcess;
}

export interface RunsEvents {
  /** A run began or changed. */
  run: [StudioRun];
}

export class Runs extends EventEmitter<RunsEvents> {
  private readonly processes = new Map<string, Process>();
  private readonly cache: string | undefined;
  private count = 0;

  /** @param cache the folder of what earlier runs left; absent: the usual one */
  constructor(cache?: string) {
    super();
    this.cache = cache;
  }

  list(): StudioRun[] {
    return Array.from(this.processes.values(), ({ run }) => run).reverse();
  }

  /**
   * Starts a study, or goes on with one that was stopped: what is done is in the cache.
   * @throws InputError `ERR_STUDIO` where one is at work already
   */
  start(study: StudioRun["study"], out: string): StudioRun {
    const busy = this.list().find(({ state }) => state === "running" || state === "stopping");
    if (busy) throw new InputError("ERR_STUDIO", `expected no other run at work, got that of "${busy.study.name}"`);
    const id = `${(++this.count).toString(36)}-${Date.now().toString(36)}`;
    const run: StudioRun = {
      id,
      study,
      out,
      state: "running",
      started: new Date().toISOString(),
      tasks: [],
      says: [],
    };
    const one: Process = { run };
    this.processes.set(id, one);
    for (const old of [...this.processes.keys()].slice(0, -mostRuns)) this.processes.delete(old);
    one.child = this.spawn(run);
    this.emit("run", run);
    return run;
  }

  /** Asks a run to stop; it keeps what is done. @throws InputError `ERR_STUDIO` where there is no such run */
  stop(id: string): StudioRun {
    const one = this.processes.get(id);
    if (!one) throw new InputError("ERR_STUDIO", `expected a run, got "${id}"`);
    if (one.run.state === "running") {
      one.run.state = "stopping";
      one.child?.kill("SIGTERM");
      this.emit("run", one.run);
    }
    return one.run;
  }

  /** Stops what runs, and waits until it has. */
  async close(): Promise<void> {
    const ended = Array.from(this.processes.values(), async ({ run, child }) => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const end = new Promise((resolve) => child.once("close", resolve));
      this.stop(run.id);
      await end;
    });
    await Promise.all(ended);
  }

  private spawn(run: StudioRun): ChildProcess {
    const cache = this.cache === undefined ? [] : ["--cache", this.cache];
    const child = spawn(process.execPath, [program, "design", run.study.file, "--out", run.out, ...cache], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, SEI_PROGRESS: "json", NO_COLOR: "1" },
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      hear(run, line);
      this.emit("run", run);
    });
    child.on("error", (error) => this.end(run, "failed", error.message));
    // 3: done, and no design fits; 130: stopped.
    child.on("close", (code) => {
      const state = code === 0 || code === 3 ? "done" : code === 130 || run.state === "stopping" ? "stopped" : "failed";
      this.end(run, state);
    });
    return child;
  }

  private end(run: StudioRun, state: RunState, says?: string): void {
    if (run.state === "failed") return;
    run.state = state;
    if (says !== undefined) run.says.push(says);
    run.tasks = run.tasks.map((task) => (task.seconds === undefined ? { ...task, seconds: 0, failed: true } : task));
    this.emit("run", run);
  }
}

/** The command line that this is a part of. */
const program = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../bin/sei.js" : "../../bin/sei.js", import.meta.url),
);

/** A line of `SEI_PROGRESS=json`, or of what is said beside it. */
function hear(run: StudioRun, line: string): void {
  const progress = progressOf(line);
  if (progress === undefined) {
    const text = stripVTControlCharacters(line).slice(0, 500);
    if (text.trim() !== "" && run.says.length < mostLines) run.says.push(text);
    return;
  }
  const { task: title, status = "", seconds, failed } = progress;
  const at = run.tasks.findLastIndex((one) => one.title === title && one.seconds === undefined);
  const task: RunTask = {
    title,
    status: status || (run.tasks[at]?.status ?? ""),
    ...(seconds !== undefined && { seconds }),
    ...(failed && { failed }),
  };
  if (at < 0) run.tasks.push(task);
  else run.tasks[at] = task;
}

function progressOf(line: string): { task: string; status?: string; seconds?: number; failed?: true } | undefined {
  if (!line.startsWith(`{"task":`)) return undefined;
  try {
    return JSON.parse(line) as { task: string };
  } catch {
    return undefined;
  }
}
