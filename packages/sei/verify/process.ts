/** @file `sei` as a process of its own: what it says line by line, and how it ends. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { InputError } from "@split-et-impera/core/errors";

const bin = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../bin/sei.js" : "../../bin/sei.js", import.meta.url),
);

/** The program and its arguments that call `sei`. */
export const seiCommand = (argv: readonly string[]): [string, string[]] => [process.execPath, [bin, ...argv]];

export interface Running {
  /** What it said last, when it has ended. */
  ended: Promise<string>;
  /** Resolves when a line of stdout fits. */
  line(fits: (line: string) => boolean): Promise<void>;
}

/** Ends when it ends by itself, or `signal` aborts. */
export function start(command: readonly string[], signal: AbortSignal, onLine?: (line: string) => void): Running {
  const [first, ...rest] = command as [string, ...string[]];
  const child = spawn(first, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", CI: "1" },
  });
  const kill = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", kill);
  if (signal.aborted) kill();
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-1000)));
  const waiting: { fits: (line: string) => boolean; resolve: () => void }[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    onLine?.(line);
    for (const one of waiting.splice(0))
      if (one.fits(line)) one.resolve();
      else waiting.push(one);
  });
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", () => {
      signal.removeEventListener("abort", kill);
      resolve(said.trim().split("\n").slice(-3).join(" "));
    });
  });
  return {
    ended,
    line: (fits) =>
      new Promise((resolve, reject) => {
        waiting.push({ fits, resolve });
        void ended.then((last) => reject(new InputError("ERR_EMULATION", `a host ended: ${last}`)));
      }),
  };
}
