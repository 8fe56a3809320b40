/** @file Workers and what bounds them: time without an answer, memory, and what happens when one dies. */
import { fork, type ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Fault, Order, Report } from "./protocol.ts";

/** Seconds that one input may take before its process is ended, and bytes that it may take at its peak. */
const mostSeconds = 20;
const mostBytes = 1.5e9;
/** Inputs after which a worker makes room for a fresh one: the engine leaks a little at each session. */
const mostInputs = 20_000;

export interface Outcome {
  faults: Fault[];
  /** Inputs that were taken without complaint. */
  accepted: number;
}

type Attempt = ({ kind: "done" } & Outcome) | { kind: "ended"; fault: Fault };

export class Worker implements AsyncDisposable {
  private child: ChildProcess | undefined;
  private scratch = "";
  private done = 0;

  /** Runs a batch; where the process dies or hangs, once more one by one, to tell which input did it. */
  async run(order: Omit<Order, "each">): Promise<Outcome> {
    const found = await this.attempt({ ...order, each: false });
    if (found.kind === "done") return found;
    const faults: Fault[] = [];
    for (let { from } = order; from < order.to;) {
      const again = await this.attempt({ ...order, from, each: true });
      if (again.kind === "done") return { faults: [...faults, ...again.faults], accepted: again.accepted };
      faults.push(again.fault);
      from = again.fault.index + 1;
    }
    return { faults, accepted: 0 };
  }

  private async attempt(order: Order): Promise<Attempt> {
    const child = await this.ready();
    this.done += order.to - order.from;
    return new Promise((resolve) => {
      let index = order.from;
      const bound = order.each ? mostSeconds : mostSeconds + (order.to - order.from) * 0.5;
      let timer = setTimeout(() => end("endless", `no end in ${bound} s`), bound * 1000);
      const memory = setInterval(() => {
        if (peakOf(child) > mostBytes) end("large", `${(peakOf(child) / 1e9).toFixed(1)} GB`);
      }, 200);
      const settle = (result: Attempt): void => {
        clearTimeout(timer);
        clearInterval(memory);
        child.off("message", onMessage).off("exit", onExit);
        resolve(result);
      };
      const end = (what: Fault["what"], told: string): void => {
        this.child = undefined;
        child.kill("SIGKILL");
        settle({ kind: "ended", fault: { index, what, told } });
      };
      const onMessage = (report: Report): void => {
        if (report.kind === "done") return settle(report);
        index = report.index;
        clearTimeout(timer);
        timer = setTimeout(() => end("endless", `no end in ${bound} s`), bound * 1000);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        this.child = undefined;
        settle({ kind: "ended", fault: { index, what: "dead", told: signal ?? `exit ${code}` } });
      };
      child.on("message", onMessage).on("exit", onExit);
      forgetPeak(child);
      child.send(order);
    });
  }

  private async ready(): Promise<ChildProcess> {
    if (this.done > mostInputs) await this.stop();
    if (this.child) return this.child;
    this.done = 0;
    this.scratch ||= await mkdtemp(join(tmpdir(), "fuzz-"));
    const script = fileURLToPath(new URL("worker.ts", import.meta.url));
    const env = { ...process.env, SEI_CACHE: join(this.scratch, "cache"), CI: "true" };
    this.child = fork(script, [this.scratch], { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
    return this.child;
  }

  private async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.scratch !== "") await rm(this.scratch, { recursive: true, force: true });
  }
}

/** Bytes at the process's peak since `forgetPeak`; 0 where the system does not tell. */
function peakOf({ pid }: ChildProcess): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return 1024 * Number(kilobytes ?? 0);
  } catch {
    return 0;
  }
}

function forgetPeak({ pid }: ChildProcess): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // Only Linux tells peaks, and only of one's own processes.
  }
}
