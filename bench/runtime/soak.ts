/**
 * @file Many small frames: is memory flat, is anything lost?
 *
 *     npm run bench:soak [COUNT [tcp|udp]]
 *
 * A camera and a server of their own processes over loopback, an engine that computes nothing, 32 frames under way. Memory is of the
 * camera's process: what is live after a full collection, and what the system counts.
 */
import { float32 } from "@split-et-impera/core/tensor";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readFile } from "node:fs/promises";
import { deploymentOf, openHost, startServer } from "./pair.ts";

const count = Number(process.argv[2] ?? 1_000_000);
const kind = process.argv[3] === "udp" ? "udp" : "tcp";
const none = { head: 0, tail: 0 };
const deadlineNs = 10e9;
const values = 64;
const tensor = float32([1, values], new Float32Array(values).fill(0.5));
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const { child, ports } = await startServer(kind, values, deadlineNs, none);
const told: Record<string, number> = { answered: 0 };
let [captured, done] = [0, 0];
const camera = await openHost(
  {
    deployment: deploymentOf(kind, values, deadlineNs),
    host: "camera",
    addresses: { server: { host: "127.0.0.1", port: ports.runtime } },
    onRecord({ answer, why, missing }) {
      const what = answer ? (missing > 0 ? "answered with datagrams missing" : "answered") : why!;
      told[what] = (told[what] ?? 0) + 1;
      done++;
      if (done % (count / 10) === 0) void show();
      if (captured < count) {
        captured++;
        camera.capture({ tensor });
      }
    },
  },
  none,
);
const residentOf = async (pid: number): Promise<string> =>
  /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? "?";
const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);

async function show(): Promise<void> {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const server = Number(await residentOf(child.pid!)) * 1024;
  console.log(
    `${String(done).padStart(8)} frames  ${((performance.now() - began) / 1e3).toFixed(0)} s  live ${mega(heapUsed + external)} MB  resident ${mega(rss)} MB, server ${mega(server)} MB`,
  );
}

while (!camera.ready) await new Promise((resolve) => setTimeout(resolve, 5));
const began = performance.now();
await show();
for (; captured < 32; captured++) camera.capture({ tensor });
await camera.drained();
await show();
const rate = count / ((performance.now() - began) / 1e3);
console.log(JSON.stringify({ kind, count, ...told, framesPerSecond: Math.round(rate), ...camera.counters }));
await camera[Symbol.asyncDispose]();
child.kill();
process.exit(0);
