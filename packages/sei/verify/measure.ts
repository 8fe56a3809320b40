/** @file A design run for real: its hosts as processes of this machine, with an emulated link between them. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networkLink } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { endsOf, uplinkOf, type Study } from "@split-et-impera/core/study";
import {
  keepAwake,
  openEmulatedLink,
  type EmulatedHost,
  type EmulatedLink,
  type LinkCounters,
  type LinkKind,
} from "@split-et-impera/runtime/emulation";
import type { FrameLine } from "../run/index.ts";
import { paceOf } from "./pace.ts";
import type { Predicted } from "./predict.ts";
import { seiCommand, start, type Running } from "./process.ts";

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
  const rest = keepAwake();
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
      serving = startOn(at(server), [...argv, ...shared, ...(await paced(server))], stop);
      await serving.line((line) => line.includes('"listening"'));
      address = await emulated.reach(link.between.indexOf(server) as 0 | 1, port, transport);
    }
    const lines: FrameLine[] = [];
    const argv = ["run", bundle, ...source, "--count", String(study.frames.count), "--in-flight", "100000"];
    const to = address ? ["--connect", `${server}=${address.host}:${address.port}`] : [];
    const running = startOn(at(camera), [...argv, ...to, ...shared, ...(await paced(camera))], stop, (line) => {
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
    await rest();
    await rm(folder, { recursive: true, force: true });
  }
}

/** `sei` on one of the link's hosts. */
function startOn(
  host: EmulatedHost,
  argv: readonly string[],
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Running {
  const { command, args } = host.exec(...seiCommand(argv));
  return start([...(isRealTime() ? realTime : []), command, ...args], signal, onLine);
}
