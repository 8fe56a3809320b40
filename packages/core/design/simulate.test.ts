import { expect, test } from "vitest";
import type { Step } from "../frames/index.ts";
import { simulateSteps, summariseFrames, type Simulated } from "./simulate.ts";

const compute = (ms: number): Step => ({ kind: "compute", host: "camera", work: "model", part: "head", ns: ms * 1e6 });
const study = (order?: Simulated["frames"]["order"]): Simulated => ({
  hosts: { camera: { speed: 1 } },
  links: [],
  frames: { host: "camera", rate: 20, count: 100, answer: { host: "camera", bytes: 16 }, ...(order && { order }) },
  seed: 1,
});
const median = (steps: Step[], order?: Simulated["frames"]["order"]): number =>
  summariseFrames(simulateSteps(study(order), steps).frames, 1).latency.median.value;

test("a head and its encoding take what they take together, also where frames queue up", () => {
  // 99.99 ms and 10 us of work every 50 ms.
  expect(median([compute(99.99), compute(0.01)])).toBe(median([compute(100)]));
});

test("an overload is told, with the frames that could be served", () => {
  const { overload } = simulateSteps(study(), [compute(500), compute(125)]);
  expect(overload).toEqual({ offered: 20, sustained: expect.closeTo(1.6, 9) as number, busiest: "camera" });
  expect(simulateSteps(study(), [compute(30)]).overload).toBeUndefined();
});

test("the study says which of the waiting frames goes next", () => {
  const lost = (order?: Simulated["frames"]["order"]): number =>
    summariseFrames(simulateSteps(study(order), [compute(100)]).frames, 1).framesLost;
  expect([lost(), lost("oldest"), lost("newest")]).toEqual([0, 0, 0]);
  expect(lost("drop")).toBeGreaterThan(40);
  expect(median([compute(100)], "oldest")).toBe(median([compute(100)]));
  expect(median([compute(100)], "newest")).not.toBe(median([compute(100)]));
});

test("a spread of times that may not be the host's own lets quantiles be as low as without it, and leaves the mean", () => {
  const frames = simulateSteps(study("oldest"), [compute(10)]).frames;
  const plain = summariseFrames(frames, 1).latency;
  const { latency } = summariseFrames(frames, 1, {
    less: 0.001,
    more: 0,
    spread: { median: 0, p95: 0.004, p99: 0.006 },
  });
  expect(latency.median.lo).toBeCloseTo(plain.median.lo - 0.001, 12);
  expect(latency.p95.lo).toBeCloseTo(plain.p95.lo - 0.005, 12);
  expect(latency.p99.lo).toBeCloseTo(plain.p99.lo - 0.007, 12);
  expect([latency.p95.value, latency.p95.hi, latency.mean]).toEqual([plain.p95.value, plain.p95.hi, plain.mean]);
});

test("an answer of several datagrams of which one is lost is none", () => {
  const link = { rate: 1e8, delay: 0, loss: { rate: 0.2, burst: 1 }, queue: 100, duplex: "full", header: 14 } as const;
  const lossy: Simulated = {
    ...study(),
    hosts: { camera: { speed: 1 }, server: { speed: 1 } },
    links: [{ between: ["camera", "server"], ...link }],
    frames: { ...study().frames, count: 1000 },
  };
  const transport = { kind: "udp", payload: 100, header: 0, timeout: 1e6 } as const;
  const answered = (bytes: number): number => {
    const step: Step = {
      kind: "transfer",
      link: "link",
      from: "camera",
      to: "server",
      part: "answer",
      bytes,
      transport,
    };
    return simulateSteps(lossy, [step]).frames.filter(({ latency }) => latency < Infinity).length / 1000;
  };
  expect(answered(100)).toBeCloseTo(0.8, 1);
  expect(answered(300)).toBeCloseTo(0.8 ** 3, 1);
});
