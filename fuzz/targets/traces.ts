/** @file Traces of a link's rate: what is read is a link that can be simulated. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { strToU8 } from "fflate";
import { networkLink } from "../../packages/core/dist/design/index.js";
import { simulateMessages } from "../../packages/core/dist/network/index.js";
import { traceRate } from "../../packages/core/dist/study/index.js";
import { readRateTrace } from "../../packages/sei/dist/network/rate-trace.js";
import { mutateBytes } from "../mutate/bytes.ts";
import type { Target } from "../target.ts";

const seeds = {
  "rate.csv": ["time,rate\n0,1e6\n0.5,20 Mbit/s\n1,0\n2.5,3e5\n", "10 ms; 5 Mbit/s\n20 ms; 7 Mbit/s\n"],
  "rate.up": ["0\n0\n3\n7\n7\n12\n40\n"],
};

export const traces: readonly Target[] = Object.entries(seeds).map(([file, texts]): Target => ({
  name: `trace: ${file}`,
  share: 2000,
  seeds: () => texts.map((text) => strToU8(text)),
  mutate: (bytes, random) => mutateBytes(bytes as Uint8Array, random),
  async read(input, folder) {
    const path = join(folder, file);
    await writeFile(path, input as Uint8Array);
    const trace = await readRateTrace(path, file, "repeat");
    const link = networkLink({
      between: ["a", "b"],
      rate: traceRate(trace),
      trace,
      delay: 0.001,
      loss: { rate: 0, burst: 1 },
      queue: 100,
      duplex: "full",
      header: 14,
    });
    simulateMessages({ link, transport: { kind: "udp", payload: 1000, timeout: 1e9 }, bytes: 3000, count: 2, seed: 1 });
  },
}));
