/** @file Processes of this machine that do jobs, each with an engine of its own; one that dies is replaced, and its job done again. */
import { fork, type ChildProcess } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Context, Job, Jobs, Outcome } from "../stages/context.ts";
import { doneBefore } from "./done.ts";
import type { Order, Report } from "./messages.ts";

/** How often a job is tried before it is said to fail. */
export const mostTries = 3;

/** The store that all processes see: a folder, or a database by its address. */
export type StorePlace = { folder: string } | { database: string };

export interface ProcessesOptions {
  count: number;
  place: StorePlace;
  /** Of the machine that gives the same results by one process; this one's unless it is said. */
  processors?: number;
  /** How often a job is tried. */
  tries?: number;
}

interface Task {
  order: Order;
  title: string;
  tries: number;
  update(text: string): void;
  settle(outcome: Outcome): void;
}

interface Worker {
  child: ChildProcess;
  task?: Task;
  /** Names of what it has half-written. */
  held: Set<string>;
}

/** Jobs done by processes that are started when they are needed, and end when this is disposed of. */
export function processes({
  count,
  place,
  processors,
  tries = mostTries,
}: ProcessesOptions): Jobs & AsyncDisposable & { readonly pids: number[] } {
  const workers = new Set<Worker>();
  const waiting: Task[] = [];
  let closed = false;

  function assign(): void {
    if (closed) return;
    while (waiting.length > 0) {
      const idle = [...workers].find(({ task }) => !task) ?? (workers.size < count ? start() : undefined);
      if (!idle) return;
      const task = waiting.shift()!;
      idle.task = task;
      task.update(task.title);
      // A process that ended meanwhile says so by its exit.
      idle.child.send(task.order, () => {});
    }
  }

  function start(): Worker {
    const worker: Worker = { child: startChild(place, processors), held: new Set() };
    workers.add(worker);
    worker.child.on("message", (report: Report) => hear(worker, report));
    worker.child.on("exit", (code, signal) => {
      workers.delete(worker);
      for (const path of worker.held) void rm(path, { recursive: true, force: true }).catch(() => undefined);
      if (worker.task) again(worker.task, `the process that did it ended (${signal ?? `exit code ${code}`})`);
      assign();
    });
    return worker;
  }

  function hear(worker: Worker, report: Report): void {
    const { task } = worker;
    if ("hold" in report) worker.held.add(report.hold);
    else if ("release" in report) worker.held.delete(report.release);
    else if ("update" in report) task?.update(`${task.title} · ${report.update}`);
    else {
      delete worker.task;
      if ("done" in report) task?.settle(report.done);
      else if ("refused" in report) task?.settle({ state: "here" });
      else if (task) again(task, report.error);
      assign();
    }
  }

  function again(task: Task, why: string): void {
    task.tries++;
    const often = tries > 1 ? `; it was tried ${tries} times` : "";
    if (task.tries >= tries) task.settle({ state: "failed", why: `${why}${often}` });
    else waiting.unshift(task);
  }

  const end = (): Promise<void[]> => {
    waiting.length = 0;
    return Promise.all(
      [...workers].map((worker) => {
        delete worker.task;
        return ended(worker.child);
      }),
    );
  };

  return {
    apart: true,
    get pids() {
      return [...workers].flatMap(({ child }) => child.pid ?? []);
    },
    async ahead<I>(job: Job<I>, inputs: readonly I[], context: Context): Promise<Outcome[]> {
      const { signal, update } = context;
      signal.throwIfAborted();
      let done = 0;
      const one = async (input: I): Promise<Outcome> => {
        const outcome = (await doneBefore(job, input, context)) ?? (await asked(job, input));
        done++;
        return outcome;
      };
      const asked = (job: Job<I>, input: I): Promise<Outcome> =>
        new Promise((settle) => {
          waiting.push({
            order: { job: job.name, version: job.version, input },
            title: job.title(input),
            tries: 0,
            update: (text) => update(`${done} of ${inputs.length} done · ${text}`),
            settle,
          });
          assign();
        });
      const stop = Promise.withResolvers<never>();
      const onAbort = (): void => void end().then(() => stop.reject(signal.reason as Error));
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        const outcomes = await Promise.race([Promise.all(inputs.map(one)), stop.promise]);
        update(`${inputs.length} done`);
        return outcomes;
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await end();
    },
  };
}

function startChild(place: StorePlace, processors: number | undefined): ChildProcess {
  const script = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url));
  return fork(script, processors === undefined ? [] : [String(processors)], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: [],
    // Not among the arguments, which everybody on the machine can read: the address may have a password in it.
    env: { ...process.env, SEI_STORE: JSON.stringify(place) },
    // Ctrl-C in a terminal is for who asked, who then ends this process.
    detached: true,
  });
}

/** Resolves when the process is gone. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
