/**
 * @file What becomes of frames when the server is killed, and when the link is cut, a hundred times each at random moments.
 *
 *     npm run bench:failures [COUNT [tcp|udp]]
 *
 * A camera captures 100 frames a second with a deadline of 100 ms, and runs the rest of the model itself where it must. Kills: SIGKILL,
 * and a new server after up to 0.3 s. Cuts: the device of an emulated link (10 Mbit/s, 2 ms) goes down for 0.05 to 3 s. Told are
 * the frames by what became of them, those of which nothing was told (there must be none), and how long it took from the server's or the
 * link's return until frames had the server's answers again.
 */
import { randomStream } from "@split-et-impera/core/random";
import { quantile } from "@split-et-impera/core/statistics";
import { float32 } from "@split-et-impera/core/tensor";
import { openEmulatedLink, runProgram } from "@split-et-impera/runtime/emulation";
import type { RunningHost } from "@split-et-impera/runtime/host";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { insecure } from "../../packages/runtime/host/testing/pair.ts";
import { deploymentOf, openHost, startServer } from "./pair.ts";

const values = 500;
const deadlineNs = 100e6;
const none = { head: 0, tail: 0 };
const random = randomStream(1, "failures");
const between = (least: number, most: number): number => least + random.uniform() * (most - least);

/** A camera at work; what became of its frames. */
class Camera {
  readonly told: Record<string, number> = {};
  captured = 0;
  twice = 0;
  /** When the last frame that the server answered was captured, ms of the system's clock. */
  served = 0;
  private readonly seen = new Set<number>();
  private host!: RunningHost;
  private timer: NodeJS.Timeout | undefined;

  static async open(kind: "tcp" | "udp", server: { host: string; port: number }): Promise<Camera> {
    const camera = new Camera();
    camera.host = await openHost(
      {
        deployment: deploymentOf(kind, values, deadlineNs),
        host: "camera",
        addresses: { server },
        fallback: "local",
        trust: { ...insecure("camera"), anywhere: true },
        onRecord: ({ frame, answer, fallback, why }) => {
          const what = fallback ? "fallen back" : answer ? "answered" : why!;
          if (what === "answered") camera.served = Date.now();
          camera.told[what] = (camera.told[what] ?? 0) + 1;
          if (camera.seen.has(frame)) camera.twice++;
          camera.seen.add(frame);
        },
      },
      none,
    );
    const tensor = float32([1, values], new Float32Array(values).fill(0.5));
    camera.timer = setInterval(() => {
      camera.captured++;
      camera.host.capture({ tensor });
    }, 10);
    return camera;
  }

  /** ms until a frame has the server's answer again. */
  async again(): Promise<number> {
    const from = Date.now();
    while (this.served <= from) await sleep(2);
    return this.served - from;
  }

  async end(): Promise<object> {
    clearInterval(this.timer);
    await this.host.drained();
    await this.host[Symbol.asyncDispose]();
    return { frames: this.captured, ...this.told, untold: this.captured - this.seen.size, toldTwice: this.twice };
  }
}

function show(what: string, kind: string, ended: object, back: readonly number[]): void {
  const at = (share: number): string => `${quantile(back, share).toFixed(0)} ms`;
  const late = back.filter((ms) => ms > 1000).length;
  console.log(
    `${what} over ${kind}: ${JSON.stringify(ended)}; back after p50 ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)}; ${late} of ${back.length} above 1 s`,
  );
}

async function kills(kind: "tcp" | "udp", count: number): Promise<void> {
  let { child, ports } = await startServer(kind, values, deadlineNs, none);
  const port = ports.runtime;
  const camera = await Camera.open(kind, { host: "127.0.0.1", port });
  await camera.again();
  const back: number[] = [];
  for (let i = 0; i < count; i++) {
    await sleep(between(50, 500));
    child.kill("SIGKILL");
    await once(child, "exit");
    await sleep(between(0, 300));
    ({ child } = await startServer(kind, values, deadlineNs, none, port));
    back.push(await camera.again());
  }
  show("server killed", kind, await camera.end(), back);
  child.kill("SIGKILL");
}

/** The camera's side of the cuts: in a network of its own, told by lines when the link is back. */
async function camera(kind: "tcp" | "udp", host: string, port: number): Promise<void> {
  const running = await Camera.open(kind, { host, port });
  await running.again();
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "end") break;
    console.log(await running.again());
  }
  console.log(JSON.stringify(await running.end()));
  process.exit(0);
}

async function cuts(kind: "tcp" | "udp", count: number): Promise<void> {
  const link = { rate: 10e6, delay: 2e6, queue: { packets: 1000 } };
  await using emulated = await openEmulatedLink({ kind: "tun", link }, new AbortController().signal);
  const start = (host: 0 | 1, script: string, ...words: string[]) => {
    const { command, args } = emulated.hosts[host].exec(process.execPath, [
      fileURLToPath(new URL(script, import.meta.url)),
      ...words,
    ]);
    return spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  };
  const at = emulated.hosts[1].address;
  const server = start(1, "pair.ts", "serve", kind, String(values), String(deadlineNs), "0", "7000", at);
  await once(server.stdout, "data");
  const capturing = start(0, "failures.ts", "camera", kind, at, "7000");
  const lines = createInterface({ input: capturing.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const back: number[] = [];
  const set = (state: "up" | "down") => runProgram(emulated.hosts[0].exec("ip", ["link", "set", "dev", "sei0", state]));
  for (let i = 0; i < count; i++) {
    await sleep(between(50, 500));
    await set("down");
    const cut = between(50, 3000);
    await sleep(cut);
    await set("up");
    capturing.stdin.write("back\n");
    back.push(Number((await lines.next()).value));
    if (back.at(-1)! > 700) console.log(`  cut for ${cut.toFixed(0)} ms: back after ${back.at(-1)} ms`);
  }
  capturing.stdin.write("end\n");
  show("link cut", kind, JSON.parse((await lines.next()).value as string) as object, back);
  server.kill("SIGKILL");
}

const [first = "100", kind = "tcp", ...rest] = process.argv.slice(2);
if (first === "camera") await camera(kind as "tcp", rest[0]!, Number(rest[1]));
else {
  if (rest[0] !== "cuts") await kills(kind as "tcp", Number(first));
  await cuts(kind as "tcp", Number(first));
  process.exit(0);
}
