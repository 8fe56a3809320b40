/** @file The bound by which designs are left out of the map: the simulation is never quicker. */
import { simulateDesign, type Work } from "@split-et-impera/core/design";
import { type Study } from "@split-et-impera/core/study";
import { randomStream } from "@split-et-impera/core/random";
import { expect, it } from "vitest";
import { quickestFrames } from "./lossmap.ts";

it("no frame that arrives whole is quicker than its bound, and without loss or waiting all are near it", () => {
  let near = 0;
  for (let seed = 0; seed < 60; seed++) {
    const random = randomStream(seed, "lossmap");
    const rate = 10 ** (5 + 3 * random.uniform());
    const answer = { host: random.uniform() < 0.5 ? "camera" : "server", bytes: 16 };
    const study = {
      hosts: { camera: { speed: 1 }, server: { speed: 1 } },
      links: [
        {
          between: ["camera", "server"],
          rate,
          delay: 0.01 * random.uniform(),
          loss: { rate: 0, burst: 1 },
          queue: 100,
          duplex: "full",
          header: 14,
        },
      ],
      frames: { host: "camera", rate: 20, count: 60, answer },
      seed,
    } as unknown as Study;
    const seconds = (): number => 0.06 * random.uniform() ** 2;
    const remote = {
      bytes: Uint32Array.from({ length: 60 }, () => 200 + random.integer(3000)),
      decode: seconds() / 10,
      tail: seconds(),
    };
    const work: Work = { head: seconds(), encode: seconds() / 10, ...(random.uniform() < 0.8 && { remote }) };
    for (const transport of ["tcp", "udp"] as const) {
      for (const loss of [0, 0.02]) {
        const bounds = quickestFrames(study, work, transport);
        const frames = simulateDesign(study, work, transport, loss);
        frames.forEach(({ latency, missing }, i) => {
          if (missing.length > 0) return;
          expect(latency).toBeGreaterThanOrEqual(bounds[i]!.latency - 1e-8);
          if (latency < 1.5 * bounds[i]!.latency) near++;
        });
      }
    }
  }
  expect(near).toBeGreaterThan(2000);
});
