// The process that is started: it computes nothing, so that it always hears signals. A child does the work; this one asks it
// to stop, ends it where it does not listen, removes what it left half-written, and says in a line when it crashed.
// Plain JavaScript that Node 14 can run, because it also finds a newer Node for the child.
import { spawn } from "child_process";
import { existsSync, rmSync } from "fs";
import { join } from "path";
import { fileURLToPath } from "url";

const root = fileURLToPath(new URL("..", import.meta.url));
const worker = join(root, "dist", "cli", "worker.js");
/** In the project's own folder, the Node that it is developed with. */
const ownNode = join(root, "..", "..", "node_modules", "node", "bin", "node");
/** Milliseconds from being asked to stop to being ended, and from there to the end of this process. */
const patience = { stop: 1000, end: 400 };
/** Bytes kept of what native code writes to stderr. */
const mostNative = 65536;

/** Runs `sei` with these arguments in a child and ends with its exit code. */
export function supervise(argv) {
  const node = nodeToUse();
  if (!existsSync(worker)) return fail("not built yet; `npm run build` in the project's root does it");
  if (node === undefined) {
    return fail(
      `needs Node 22.18 or newer, this is ${process.version}; install one, or call it as \`npx -p node@24 -p split-et-impera sei\``,
    );
  }
  // stdout is the child's own. What native code writes to 2 comes here; the child's messages go to 4, the real stderr.
  const child = spawn(node, [...process.execArgv, worker, ...argv], {
    stdio: ["inherit", "inherit", "pipe", "pipe", 2],
    // Few arenas of malloc: each keeps what its threads freed, a fifth of the memory of a study.
    env: { MALLOC_ARENA_MAX: "2", ...process.env, SEI_SUPERVISOR: String(process.pid) },
  });
  const ledger = follow(child.stdio[3]);
  const native = collect(child.stderr);
  let heard;
  const end = () => {
    child.kill("SIGKILL");
    // A process may be stuck in the kernel.
    setTimeout(() => finish(130), patience.end);
  };
  const stop = (signal) => {
    if (heard !== undefined) return end();
    heard = signal;
    child.kill("SIGTERM");
    setTimeout(end, patience.stop);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop(signal));
  // Of a service it is the word to read its files again; from a terminal it says that this is gone.
  process.on("SIGHUP", () => {
    if (ledger.reloads && !process.stdin.isTTY) child.kill("SIGHUP");
    else stop("SIGHUP");
  });
  const finish = (code) => {
    for (const path of ledger.held) rmSync(path, { recursive: true, force: true });
    if (code === 130)
      say(
        `${process.stderr.isTTY ? "\r\u001B[K" : ""}stopped${ledger.resumes ? "; the next run goes on from here" : ""}`,
      );
    process.exit(code);
  };
  child.on("error", (error) => fail(`cannot start ${node}: ${error.message}`));
  // Not at `exit`: what the child said last must have come here.
  child.on("close", (code, signal) => {
    if (heard !== undefined || signal === "SIGINT" || signal === "SIGTERM" || signal === "SIGHUP") finish(130);
    const written = native();
    if (signal === null) {
      process.stderr.write(written);
      finish(code);
    }
    say(`error ${crash(signal, written)}`);
    finish(1);
  });
}

/** This Node, where it is new enough, else the project's own, else none. */
function nodeToUse() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  return existsSync(ownNode) ? ownNode : undefined;
}

/**
 * What the child holds half-written, whether a next run goes on where it was stopped, and whether it reads its files again when it is
 * told to: a line of JSON per change.
 */
function follow(stream) {
  const ledger = { held: new Set(), resumes: false, reloads: false };
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const { hold, release, resumes, reloads } = JSON.parse(line);
      if (hold !== undefined) ledger.held.add(hold);
      if (release !== undefined) ledger.held.delete(release);
      if (resumes !== undefined) ledger.resumes = resumes;
      if (reloads !== undefined) ledger.reloads = reloads;
    }
  });
  stream.on("error", () => {});
  return ledger;
}

/** The beginning of what a stream carries. */
function collect(stream) {
  const parts = [];
  let bytes = 0;
  stream.on("data", (part) => {
    if (bytes < mostNative) parts.push(part);
    bytes += part.length;
  });
  stream.on("error", () => {});
  return () => Buffer.concat(parts).slice(0, mostNative);
}

/** Why a child that was ended by a signal was ended, in a line. */
function crash(signal, written) {
  const text = written.toString("utf8");
  if (/heap out of memory|bad_alloc|Allocation failed|cannot allocate memory/i.test(text))
    return "ran out of memory; a smaller model, fewer images or more memory may help (`NODE_OPTIONS=--max-old-space-size=8192`)";
  if (signal === "SIGKILL")
    return "the work was ended from outside (SIGKILL); where nobody did so, the system ran out of memory";
  const [line = ""] = text.split("\n").filter((one) => /assert|error|what\(\)/i.test(one));
  const said = line
    .trim()
    .replace(/[^ -~]/g, "?")
    .slice(0, 160);
  return `the engine crashed (${signal})${said === "" ? "" : `: ${said}`}; most often a model holds an operator that it cannot bear`;
}

function fail(message) {
  say(`sei: ${message}`);
  process.exit(1);
}

function say(line) {
  try {
    process.stderr.write(`${line}\n`);
  } catch {
    // Nobody listens.
  }
}
process.stderr.on("error", () => {});
