/** @file A design run for real: its hosts as processes of this machine, with an emulated link between them. */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { networkLink } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { endsOf, uplinkOf, type Study } from "@split-et-impera/core/study";
import {
  openEmulatedLink,
  type EmulatedHost,
  type EmulatedLink,
  type LinkCounters,
  type LinkKind,
} from "@split-et-impera/runtime/emulation";
import type { FrameLine } from "../run/index.ts";
import { paceOf } from "./pace.ts";
import type { Predicted } from "./predict.ts";

export interface MeasureOptions {
  study: Study;
  /** Arguments that make `sei run` read the study's data. */
  source: readonly string[];
  bundle: string;
  predicted: Predicted;
  kind?: LinkKind | undefined;
  signal: AbortSignal;
  onFrame?(count: number): void;
}

export interface Measured {
  lines: FrameLine[];
  link: Pick<EmulatedLink, "kind" | "differs" | "scheduling"> & { counters?: LinkCounters };
  /** Whether the hosts went before the machine's other work. */
  realTime: boolean;
}

const bin = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../bin/sei.js" : "../../bin/sei.js", import.meta.url),
);

/**
 * Hosts stand for machines that nobody else uses: where the system allows it, they go before all other work of this one
 * (SCHED_RR), behind the link itself.
 */
const realTime = ["chrt", "--rr", "10"] as const;
let allowed: boolean | undefined;
const isRealTime = (): boolean => (allowed ??= spawnSync(realTime[0], [...realTime.slice(1), "true"]).status === 0);

/** Where the server listens; nothing else is in its network. */
const port = 7000;

/** @throws InputError `ERR_EMULATION` where there is no such link here, or with what a host said that ended early */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { study, bundle, predicted, kind, signal, source } = options;
  const { link, name } = uplinkOf(study);
  const { capturing: camera, other: server } = endsOf(study);
  const folder = await mkdtemp(join(tmpdir(), "sei-verify-"));
  const stopped = new AbortController();
  const stop = AbortSignal.any([signal, stopped.signal]);
  try {
    const token = join(folder, "token");
    await writeFile(token, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
    await using emulated = await openEmulatedLink(
      {
        link: networkLink(link),
        seed: study.seed,
        hosts: link.between,
        name,
        congestionControl: "cubic",
        ...(kind && { kind }),
      },
      stop,
    );
    const at = (host: string): EmulatedHost => emulated.hosts[link.between.indexOf(host)]!;
    const paced = async (host: string): Promise<string[]> => {
      const pace = paceOf(host, study, predicted.steps);
      if (!pace) return [];
      const file = join(folder, `${host}.json`);
      await writeFile(file, JSON.stringify(pace));
      return ["--pace", file];
    };
    const shared = ["--token", token, "--json"];
    let address: { host: string; port: number } | undefined;
    let serving: Running | undefined;
    if (predicted.design.result.crossings.length > 0) {
      const { kind: transport } = predicted.design.result.crossings[0]!.transport;
      const argv = [
        "serve",
        bundle,
        "--host",
        server,
        "--listen",
        `${emulated.kind === "proxy" ? "127.0.0.1" : "0.0.0.0"}:${port}`,
      ];
      serving = start(at(server), [...argv, ...shared, ...(await paced(server))], stop);
      await serving.line((line) => line.includes('"listening"'));
      address = await emulated.reach(link.between.indexOf(server) as 0 | 1, port, transport);
    }
    const lines: FrameLine[] = [];
    const argv = ["run", bundle, ...source, "--count", String(study.frames.count), "--in-flight", "100000"];
    const to = address ? ["--connect", `${server}=${address.host}:${address.port}`] : [];
    const running = start(at(camera), [...argv, ...to, ...shared, ...(await paced(camera))], stop, (line) => {
      lines.push(JSON.parse(line) as FrameLine);
      options.onFrame?.(lines.length);
    });
    const early = serving?.ended.then((said) => {
      if (lines.length < study.frames.count) throw new InputError("ERR_EMULATION", `${server} ended: ${said}`);
    });
    early?.catch(() => undefined);
    const said = await Promise.race([running.ended, ...(early ? [early.then(() => running.ended)] : [])]);
    signal.throwIfAborted();
    if (lines.length < study.frames.count)
      throw new InputError(
        "ERR_EMULATION",
        `${camera} ended after ${lines.length} of ${study.frames.count} frames: ${said}`,
      );
    const counters = await emulated.counters();
    const { kind: made, differs, scheduling } = emulated;
    return { lines, link: { kind: made, differs, scheduling, counters }, realTime: isRealTime() };
  } finally {
    stopped.abort();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Running {
  /** What it said last, when it has ended. */
  ended: Promise<string>;
  /** Resolves when a line of stdout fits. */
  line(fits: (line: string) => boolean): Promise<void>;
}

/** `sei` on one of the link's hosts. */
function start(
  host: EmulatedHost,
  argv: readonly string[],
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Running {
  const { command, args } = host.exec(process.execPath, [bin, ...argv]);
  const [first, ...rest] = [...(isRealTime() ? realTime : []), command, ...args] as [string, ...string[]];
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
