/** @file The process of an emulated link, from outside: started, asked, ended. */
import { InputError } from "@split-et-impera/core/errors";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { fromLine, toLine, type Counted, type Opened, type WorkerOptions } from "./protocol.ts";

/** How to start a program inside one of the networks. */
export interface Spawn {
  command: string;
  args: string[];
}

export interface Worker {
  opened: Exclude<Opened, { failed: string }>;
  /** How to start a program in the network of host 0 or 1. */
  inside(host: 0 | 1, command: string, args: readonly string[]): Spawn;
  counters(): Promise<Counted>;
  close(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A start takes some 0.2 s; on a busy machine much longer. */
const START_MS = 20_000;

/**
 * Starts the process: as it is where that is allowed, else as root of a user namespace of its own.
 * @throws InputError `ERR_EMULATION` with what the system refused; `ERR_LINK` for a link that cannot be
 */
export async function startWorker(options: WorkerOptions, signal: AbortSignal): Promise<Worker> {
  const first = await tryStart(options, signal, false);
  if (!("failed" in first)) return first;
  const second = /EPERM|EACCES|not permitted/i.test(first.failed) ? await tryStart(options, signal, true) : first;
  if (!("failed" in second)) return second;
  const also = second === first ? "" : `; as an ordinary user: ${second.failed}`;
  throw new InputError("ERR_EMULATION", `networks of our own cannot be made here: ${first.failed}${also}`);
}

async function tryStart(
  options: WorkerOptions,
  signal: AbortSignal,
  asUser: boolean,
): Promise<Worker | { failed: string }> {
  signal.throwIfAborted();
  const script = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url));
  const [command, ...before] = asUser ? ["unshare", "--user", "--map-root-user", process.execPath] : [process.execPath];
  const args = [...before, "--single-threaded-gc", "--expose-gc", "--max-semi-space-size=16", script];
  const stdio: ["pipe", "pipe", "pipe"] = ["pipe", "pipe", "pipe"];
  // Ctrl-C in a terminal is for who asked, who then closes the link.
  const child: Child = spawn(command, args, { stdio, detached: true });
  const ended = new Promise<void>((resolve) => {
    child.on("exit", () => resolve()).on("error", () => resolve());
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  signal.addEventListener("abort", kill);
  const timer = setTimeout(kill, START_MS);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2000)));
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    return line.done ? undefined : fromLine(line.value);
  };
  const close = async (): Promise<void> => {
    process.off("exit", kill);
    signal.removeEventListener("abort", kill);
    child.stdin.end();
    kill();
    await ended;
  };
  child.stdin.write(toLine(options));
  const opened = (await next()) as Opened | undefined;
  clearTimeout(timer);
  if (opened === undefined || "failed" in opened) {
    await close();
    signal.throwIfAborted();
    if (opened?.code !== undefined) throw new InputError(opened.code, opened.failed);
    return { failed: opened?.failed ?? (said.trim() || `${command} ended at once`) };
  }
  const { pid } = child;
  let asked: Promise<unknown> = Promise.resolve();
  return {
    opened,
    inside: (host, inner, innerArgs) => ({
      command: "nsenter",
      args: [
        ...(asUser ? [`--user=/proc/${pid}/ns/user`, "--preserve-credentials"] : []),
        `--net=/proc/${pid}/fd/${opened.networks[host]}`,
        "--",
        inner,
        ...innerArgs,
      ],
    }),
    counters: () => {
      const answer = asked.then(async () => {
        child.stdin.write("counters\n");
        const counted = await next();
        if (counted === undefined) {
          throw new InputError("ERR_EMULATION", `the emulated link's process has ended: ${said.trim() || "killed"}`);
        }
        return counted as Counted;
      });
      asked = answer.catch(() => undefined);
      return answer;
    },
    close,
  };
}

/** Runs a program to its end. @throws Error with what it said where it fails */
export async function runProgram({ command, args }: Spawn, signal?: AbortSignal): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], signal });
  let out = "";
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")}: ${said.trim() || `exit code ${code}`}`);
  return out;
}
