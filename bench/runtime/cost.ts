/**
 * @file What the runtime costs a frame, beyond the sockets and the engine: a frame over loopback and back, beside a bare echo of node:net
 * with the same bytes to the same process, by turns.
 *
 *     npm run bench:runtime [COUNT]
 *
 * Both ends are processes of their own; the engine computes nothing. A frame's time is from its capture to its answer; what the engine's
 * empty calls take is taken off. One frame at a time, over TCP; the first fifth is warm-up.
 */
import { quantile } from "@split-et-impera/core/statistics";
import { float32 } from "@split-et-impera/core/tensor";
import type { FrameRecord } from "@split-et-impera/runtime/host";
import { connect } from "node:net";
import { answerBytes, deploymentOf, openHost, startServer } from "./pair.ts";

const count = Number(process.argv[2] ?? 2000);
const none = { head: 0, tail: 0 };
const deadlineNs = 10e9;
const milli = (seconds: number): string => (1e3 * seconds).toFixed(3);

async function bareEcho(port: number, bytes: number): Promise<() => Promise<number>> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  const message = Buffer.alloc(bytes);
  let left = 0;
  let done: () => void = () => undefined;
  socket.on("data", (chunk) => {
    left -= chunk.length;
    if (left === 0) done();
  });
  return async () => {
    const began = performance.now();
    left = answerBytes;
    socket.write(message);
    await new Promise<void>((resolve) => (done = resolve));
    return (performance.now() - began) / 1e3;
  };
}

console.log("| tensor | frame p50, p95 | bare echo p50, p95 | the runtime's own, p50 | p95 |\n|---|---|---|---|---|");
for (const values of [2000, 200_000]) {
  const { child, ports } = await startServer("tcp", values, deadlineNs, none);
  let told: (record: FrameRecord) => void = () => undefined;
  const camera = await openHost(
    {
      deployment: deploymentOf("tcp", values, deadlineNs),
      host: "camera",
      addresses: { server: { host: "127.0.0.1", port: ports.runtime } },
      onRecord: (record) => told(record),
    },
    none,
  );
  while (!camera.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  const echo = await bareEcho(ports.bare, 16 + 4 * values);
  const tensor = float32([1, values], new Float32Array(values).fill(0.5));
  const [frames, bare]: number[][] = [[], []];
  for (let i = 0; i < count; i++) {
    const record = await new Promise<FrameRecord>((resolve) => {
      told = resolve;
      camera.capture({ tensor });
    });
    if (record.answer === undefined) throw new Error(record.why);
    const { head = 0, tail = 0 } = record.parts;
    const alone = await echo();
    if (i < count / 5) continue;
    frames!.push(record.latency! - head - tail);
    bare!.push(alone);
  }
  const own = frames!.map((seconds, i) => seconds - bare![i]!);
  const of = (list: number[]): string => `${milli(quantile(list, 0.5))}, ${milli(quantile(list, 0.95))} ms`;
  console.log(
    `| ${(4 * values) / 1e3} kB | ${of(frames!)} | ${of(bare!)} | ${milli(quantile(own, 0.5))} ms | ${milli(quantile(own, 0.95))} ms |`,
  );
  await camera[Symbol.asyncDispose]();
  child.kill();
}
process.exit(0);
