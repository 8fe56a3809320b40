/** @file What the engine asks of ONNX Runtime. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { localEngine } from "./engine.ts";

it("between two runs a session's threads sleep", async () => {
  const model = await readFile(new URL("../../examples/conveyor/parts.onnx", import.meta.url));
  const session = await localEngine.load(model, { threads: 4 });
  const dims = [1, 3, 32, 32];
  const feeds = { [session.inputs[0]!]: { type: "float32" as const, dims, data: new Float32Array(3 * 32 * 32) } };
  let idle = 0;
  let busy = 0;
  for (let frame = 0; frame < 20; frame++) {
    await session.run(feeds);
    const [since, before] = [performance.now(), process.cpuUsage()];
    await sleep(20);
    const { user, system } = process.cpuUsage(before);
    idle += performance.now() - since;
    busy += (user + system) / 1000;
  }
  await session.release();
  // Threads that spin take a processor, or what others leave of it.
  expect(busy / idle).toBeLessThan(0.15);
});
