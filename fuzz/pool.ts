/** @file Workers and what bounds them: time without an answer, memory, and what happens when one dies. */
import { fork, type ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { patience, type Fault, type Order, type Report } from "./protocol.ts";

/**
 * Seconds of computing that one input may take before its process is ended, a fresh one's start included: a busy machine gives
 * few of them in a second. It may wait for `patience` times as long, which is not to be ready and get no processor.
 */
const mostSeconds = 20;
/** Bytes that it may take at its peak. */
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
      let begun = { computed: stateOf(child)?.computed ?? 0, waited: 0 };
      let last = performance.now();
      const watch = setInterval(() => {
        if (peakOf(child) > mostBytes) return end("large", `${(peakOf(child) / 1e9).toFixed(1)} GB`);
        const [now, state] = [performance.now(), stateOf(child)];
        // Where the system does not tell, all is waiting.
        if (state?.ready !== true) begun.waited += (now - last) / 1000;
        last = now;
        if (state && state.computed - begun.computed > bound) end("endless", `no end in ${bound} s of computing`);
        else if (begun.waited > patience * bound) end("endless", `no end in ${patience * bound} s of waiting`);
      }, 200);
      const settle = (result: Attempt): void => {
        clearInterval(watch);
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
        begun = { computed: stateOf(child)?.computed ?? 0, waited: 0 };
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

/** Ticks of the processor in a second, as Linux tells them to every program (USER_HZ). */
const ticks = 100;

/** Seconds that all threads of a process have computed, and whether its first would go on; undefined where the system does not tell. */
function stateOf({ pid }: ChildProcess): { computed: number; ready: boolean } | undefined {
  try {
    // The second field is the program's name, which may hold anything; of those behind it the 1st, 12th and 13th are meant.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    return { computed: (Number(fields[11]) + Number(fields[12])) / ticks, ready: fields[0] === "R" };
  } catch {
    return undefined;
  }
}

function forgetPeak({ pid }: ChildProcess): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // Only Linux tells peaks, and only of one's own processes.
  }
}
