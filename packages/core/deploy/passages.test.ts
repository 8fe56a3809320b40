/** @file How much of the time that is left a receiver of datagrams keeps for what comes behind. */
import { expect, test } from "vitest";
import { over, remoteDesign } from "../design/index.ts";
import type { Study } from "../study/index.ts";
import { crossingPassages } from "./index.ts";

test("the reserve is the way's own time with its jitter, and what comes behind the crossing", () => {
  const study = (jitter?: object): Study =>
    ({
      hosts: { camera: {}, server: {} },
      links: [
        {
          between: ["camera", "server"],
          rate: 4e6,
          delay: 0.005,
          loss: { rate: 0.1, burst: 1 },
          queue: 100,
          duplex: "full",
          header: 14,
          ...(jitter && { jitter }),
        },
      ],
      frames: { host: "camera", rate: 4, count: 3, answer: { host: "camera", bytes: 16 } },
    }) as unknown as Study;
  const reserve = (given: Study, behind?: number[]): { reserveNs?: number; resendNs?: number } => {
    const transport = { kind: "udp", resend: true } as const;
    const design = over(remoteDesign(given, { inputs: [], outputs: [] }, { format: "raw" }), transport, given);
    return crossingPassages(design, given, behind)[0]!.transport as object;
  };
  const { reserveNs: way, resendNs } = reserve(study());
  expect(way).toBeGreaterThan(5e6);
  expect(resendNs).toBe(2 * way!);
  expect(reserve(study(), [7e6]).reserveNs).toBe(way! + 7e6);
  const held = reserve(study({ range: 0.004, distribution: "uniform", reorder: false }), [7e6]);
  expect(held.reserveNs).toBe(way! + 7e6 + 4e6);
  expect(held.resendNs).toBe(resendNs);
});
