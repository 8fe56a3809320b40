/** @file What is reserved behind a message is enough for frames that wait for what was lost. */
import { expect, test } from "vitest";
import type { Study } from "../study/index.ts";
import { behindEach, over, remoteDesign, simulateSteps, wayOf } from "./index.ts";

const ends = { inputs: ["image"], outputs: ["scores"] };
const study = (jitter?: object): Study =>
  ({
    hosts: { camera: {}, server: {} },
    links: [
      {
        between: ["camera", "server"],
        rate: 4e6,
        delay: 0.005,
        loss: { rate: 0.3, burst: 1 },
        queue: 100,
        duplex: "full",
        header: 14,
        ...(jitter && { jitter }),
      },
    ],
    frames: { host: "camera", rate: 4, count: 300, answer: { host: "camera", bytes: 16 } },
    explore: {},
    seed: 1,
  }) as unknown as Study;

/** Work of every frame, ns: a long tail. */
const drawn = Float64Array.from(
  { length: 300 },
  (_, i) => 1e6 * (1 + 9 * ((i * 37) % 100 === 0 ? 1 : ((i * 37) % 100) / 300)),
);
const deadline = 60e6;

test.each([
  ["work that always takes as long", 1e6, undefined],
  ["work that takes longer now and then", drawn, undefined],
  ["jitter", 1e6, { range: 0.004, distribution: "uniform", reorder: false }],
] as const)("frames that waited until the end answer before the deadline: %s", (_, ns, jitter) => {
  const given = study(jitter);
  const transport = { kind: "udp", resend: true, protection: { kind: "none" } } as const;
  const design = over(remoteDesign(given, ends, { format: "raw" }), transport, given);
  const steps = wayOf(design, given, { ns: () => ns, bytes: () => 4000, deadline });
  const { frames } = simulateSteps(given, steps);
  const waited = frames.filter(({ missing, latency }) => missing.length > 0 && latency < Infinity);
  const late = waited.filter(({ latency }) => latency > deadline / 1e9);
  expect(waited.length).toBeGreaterThan(10);
  expect(late.length).toBeLessThanOrEqual(0.02 * waited.length);
});

test("each step has what comes behind it: all of 99 of 100 frames, whichever step it is in which they take long", () => {
  const given = study();
  const design = over(remoteDesign(given, ends, { format: "raw" }), "udp", given);
  const steps = wayOf(design, given, { ns: () => drawn, bytes: () => 4000 });
  const answer = behindEach(steps, given).at(-2)!;
  expect(behindEach(steps, given).at(-1)).toBe(0);
  // 5 ms and, at 4 Mbit/s, what the answer weighs with its headers.
  expect(answer).toBeGreaterThan(5.1e6);
  expect(answer).toBeLessThan(5.5e6);
  const sorted = drawn.toSorted();
  expect(behindEach(steps, given)[0]).toBeCloseTo(answer + sorted[296]!, 3);
});
