import { expect, test } from "vitest";
import { simulateFrames, type FrameScenario, type Stage } from "./index.ts";
import { conservePackets } from "../network/testing/conservation.ts";

conservePackets();

const scenario = (stages: Stage[], loss = 0, count = 5, period = 1e9): FrameScenario => ({
  hosts: ["camera", "server"],
  links: [{ name: "radio", from: "camera", to: "server", options: { rate: 1e8, delay: 5e6, loss: { rate: loss } } }],
  flows: [{ name: "belt", period, count, stages }],
  seed: 7,
});
const compute = (duration: number): Stage => ({ kind: "compute", host: "camera", label: "head", duration });
const transfer = (bytes: number, kind: "tcp" | "udp"): Stage => ({
  kind: "transfer",
  label: "tensor",
  link: "radio",
  from: "camera",
  to: "server",
  bytes,
  transport: kind === "tcp" ? { kind } : { kind, payload: 1000, timeout: 2e6 },
});

test("without queueing a frame takes the sum of its stages", () => {
  const [run] = simulateFrames(scenario([compute(3e6), transfer(1000, "udp")]));
  for (const { captured, finished } of run!.frames) {
    expect(finished - captured).toBe(3e6 + 5e6 + (1000 + 28 + 14) * 80);
  }
});

test("work waits in line at a host", () => {
  const [run] = simulateFrames(scenario([compute(3e6)], 0, 4, 1e6));
  expect(run!.frames.map(({ finished }) => finished)).toEqual([3e6, 6e6, 9e6, 12e6]);
  expect(run!.frames.map(({ stages }) => stages[0]!.served)).toEqual([0, 3e6, 6e6, 9e6]);
});

test("over UDP losses stay, over TCP they cost time", () => {
  const [udp] = simulateFrames(scenario([transfer(100_000, "udp")], 0.05, 40));
  const [tcp] = simulateFrames(scenario([transfer(100_000, "tcp")], 0.05, 40));
  const missing = udp!.frames.reduce((sum, { lost }) => sum + lost[0]!.missing.length, 0);
  expect(missing / (40 * 100)).toBeGreaterThan(0.03);
  expect(missing / (40 * 100)).toBeLessThan(0.07);
  expect(tcp!.frames.every(({ lost, finished }) => lost.length === 0 && finished > 0)).toBe(true);
  const mean = (frames: { finished: number; captured: number }[]): number =>
    frames.reduce((sum, { finished, captured }) => sum + finished - captured, 0) / frames.length;
  expect(mean(tcp!.frames)).toBeGreaterThan(2 * mean(udp!.frames));
});

test("a run that cannot succeed ends", () => {
  const [tcp] = simulateFrames(scenario([transfer(1000, "tcp")], 1, 2));
  expect(tcp!.frames.map(({ finished }) => finished)).toEqual([-1, -1]);
  const [udp] = simulateFrames(scenario([transfer(5000, "udp")], 1, 2));
  expect(udp!.frames.map(({ finished, lost }) => [finished, lost[0]!.missing.length])).toEqual([
    [-1, 5],
    [-1, 5],
  ]);
});

test("the same seed gives the same run, and another flow on another link does not change it", () => {
  const one = scenario([transfer(50_000, "tcp")], 0.02, 10);
  const alone = simulateFrames(one)[0];
  expect(simulateFrames(one)[0]).toEqual(alone);
  const both: FrameScenario = {
    ...one,
    links: [...one.links, { name: "wire", from: "camera", to: "server", options: { rate: 1e7, loss: { rate: 0.1 } } }],
    flows: [
      ...one.flows,
      { name: "other", period: 5e8, count: 10, stages: [{ ...transfer(9000, "udp"), link: "wire" } as Stage] },
    ],
  };
  expect(simulateFrames(both)[0]).toEqual(alone);
});
