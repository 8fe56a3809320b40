/**
 * @file How close a pipeline of two hosts comes to the pace of its slowest stage.
 *
 *     npm run bench:throughput [SECONDS]
 *
 * A camera whose head takes a while and a server whose tail takes another, over TCP on loopback; 32 frames are always under way.
 * The bound is what the slower stage does alone, measured in the same process by the same calls: one after the other, nothing between.
 */
import { float32 } from "@split-et-impera/core/tensor";
import type { FrameRecord } from "@split-et-impera/runtime/host";
import { deploymentOf, idleEngine, openHost, startServer, type Takes } from "./pair.ts";

const seconds = Number(process.argv[2] ?? 5);
const values = 3000;
const deadlineNs = 10e9;
const tensor = float32([1, values], new Float32Array(values).fill(0.5));

/** Frames a second of the slower stage alone. */
async function bound(takes: Takes): Promise<number> {
  const slower = takes.head >= takes.tail ? "head.onnx" : "tail.onnx";
  const session = await idleEngine(takes).load(slower);
  let count = 0;
  const until = performance.now() + 1e3 * seconds;
  const began = performance.now();
  for (; performance.now() < until; count++) await session.run({ input: tensor }, []);
  return (1e3 * count) / (performance.now() - began);
}

console.log("| head, tail | slower stage alone | pipeline | share |\n|---|---|---|---|");
for (const [head, tail] of [
  [2, 10],
  [10, 2],
  [5, 5],
  [20, 19],
] as const) {
  const takes = { head: head * 1e6, tail: tail * 1e6 };
  const { child, ports } = await startServer("tcp", values, deadlineNs, takes);
  const records: FrameRecord[] = [];
  const camera = await openHost(
    {
      deployment: deploymentOf("tcp", values, deadlineNs),
      host: "camera",
      addresses: { server: { host: "127.0.0.1", port: ports.runtime } },
      onRecord(record) {
        records.push(record);
        if (performance.now() < until) camera.capture({ tensor });
      },
    },
    takes,
  );
  let until = Infinity;
  while (!camera.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  const alone = await bound(takes);
  until = performance.now() + 1e3 * seconds;
  for (let i = 0; i < 32; i++) camera.capture({ tensor });
  await camera.drained();
  // From the tenth answer to the last tenth: filled at both ends.
  const at = records.filter(({ answer }) => answer).map(({ captured, latency }) => captured + latency!);
  const [first, last] = [10, at.length - 10];
  const found = (last - first) / (at[last]! - at[first]!);
  console.log(
    `| ${head} ms, ${tail} ms | ${alone.toFixed(1)} frames/s | ${found.toFixed(1)} frames/s | ${((100 * found) / alone).toFixed(1)} % |`,
  );
  await camera[Symbol.asyncDispose]();
  child.kill();
}
process.exit(0);
