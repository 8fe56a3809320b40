/** @file Starts `sei` as a process of its own, as a shell would; it must have been built. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../bin/sei.js", import.meta.url));

export interface Ended {
  /** Exit code; null where a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** Seconds from the start, or from the last signal by {@link SeiProcess.kill}, to the end. */
  seconds: number;
}

export interface SeiProcess {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** So far. */
  said: Readonly<{ stdout: string; stderr: string }>;
  kill(signal: NodeJS.Signals): void;
  /** The first line of stdout. Throws where it ends without one. */
  firstLine(): Promise<string>;
}

interface StartOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** What it reads; default: nothing. */
  stdin?: Uint8Array;
}

export function startSei(argv: readonly string[], options: StartOptions = {}): SeiProcess {
  return start(process.execPath, [bin, ...argv], options);
}

/** Runs a line of bash in which `$0` is node and `$1` is `sei`. */
export function shell(line: string, options: StartOptions = {}): Promise<Ended> {
  return start("bash", ["-c", line, process.execPath, bin], options).ended;
}

function start(command: string, args: readonly string[], options: StartOptions): SeiProcess {
  let since = performance.now();
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  // It may end without having read.
  child.stdin.on("error", () => undefined).end(options.stdin);
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => void (said.stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => void (said.stderr += text.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...said, seconds: (performance.now() - since) / 1000 }));
  });
  return {
    child,
    ended,
    said,
    kill(signal) {
      since = performance.now();
      child.kill(signal);
    },
    async firstLine() {
      const end = ended.then(({ stderr }) => Promise.reject(new Error(stderr)));
      end.catch(() => undefined);
      while (!said.stdout.includes("\n"))
        await Promise.race([end, new Promise((resolve) => child.stdout.once("data", resolve))]);
      return said.stdout.slice(0, said.stdout.indexOf("\n"));
    },
  };
}

/** The processes that a process has started (Linux). */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}
