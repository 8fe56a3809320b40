import { expect, test } from "vitest";
import { loadsOf, overloadOf, simulateFrames, type FrameScenario, type Step } from "./index.ts";

const compute = (ms: number, host = "camera"): Step => {
  return { kind: "compute", host, work: "head", part: "head", ns: ms * 1e6 };
};
const transfer = (bytes: number | Uint32Array, kind: "tcp" | "udp" = "udp"): Step => ({
  kind: "transfer",
  part: "tensor",
  link: "radio",
  from: "camera",
  to: "server",
  bytes,
  transport: kind === "tcp" ? { kind } : { kind, payload: 1472, timeout: 1e9 },
});
const scenario = (steps: Step[], options: object = {}, count = 100): FrameScenario => ({
  hosts: ["camera", "server"],
  links: [{ name: "radio", from: "camera", to: "server", options: { rate: 1e6, header: 0, ...options } }],
  flows: [{ name: "belt", period: 50e6, count, steps }],
  seed: 7,
});
const overload = (given: FrameScenario): ReturnType<typeof overloadOf> =>
  overloadOf(given, given.flows[0]!, simulateFrames(given)[0]);

test("the busiest comes first: what it does in a second", () => {
  // 1472 bytes are one packet of 1500: 12 ms at 1 Mbit/s, every 50 ms.
  const loads = loadsOf(scenario([compute(10), compute(5), transfer(1472), compute(25, "server")]));
  expect(loads.map(({ resource, utilisation }) => [resource, utilisation.toFixed(6)])).toEqual([
    [{ kind: "host", host: "server" }, "0.500000"],
    [{ kind: "host", host: "camera" }, "0.300000"],
    [{ kind: "link", link: "radio", from: "camera", to: "server" }, "0.240000"],
  ]);
});

test("frames that leave early and steps that are repeated count as often as they are passed", () => {
  const taken = Uint8Array.from({ length: 100 }, (_, i) => (i % 4 === 0 ? 0 : 1));
  const steps: Step[] = [
    { kind: "exit", taken },
    { kind: "repeat", times: 3, steps: [compute(20)] },
  ];
  expect(loadsOf(scenario(steps))[0]!.utilisation).toBeCloseTo((0.25 * 3 * 20) / 50, 12);
});

test("links in turns carry both directions, losses and background take their share", () => {
  const [half] = loadsOf(scenario([transfer(14_480, "tcp")], { duplex: "half" }));
  expect(half!.resource).toEqual({ kind: "medium", name: "radio" });
  // Ten segments of 1500 bytes and five acknowledgements of 52, 20 times a second.
  expect(half!.utilisation).toBeCloseTo(((15_000 + 5 * 52) * 8 * 20) / 1e6, 12);
  // Lost after it took its time, each byte takes it 1 / 0.8 times; lost before, what is lost takes none.
  const lossy = (kind: "tcp" | "udp", lossAt: "entry" | "exit"): number =>
    loadsOf(scenario([transfer(kind === "tcp" ? 1448 : 1472, kind)], { loss: { rate: 0.2 }, lossAt }))[0]!.utilisation;
  expect(lossy("tcp", "exit")).toBeCloseTo(0.24 / 0.8, 12);
  expect(lossy("tcp", "entry")).toBeCloseTo(0.24, 12);
  expect(lossy("udp", "exit")).toBeCloseTo(0.24, 12);
  expect(lossy("udp", "entry")).toBeCloseTo(0.24 * 0.8, 12);
  const background = [{ link: "radio", from: "camera", rate: 5e5 }];
  expect(loadsOf({ ...scenario([transfer(1472)]), background })[0]!.utilisation).toBeCloseTo(0.74, 12);
});

test("other stations on a medium count as what they leave, and overload nobody", () => {
  const medium = { name: "air" };
  const air = (each?: number): FrameScenario => ({
    ...scenario([transfer(1472)], { medium }),
    stations: [{ count: 4, link: { rate: 1e6, medium }, ...(each !== undefined && { traffic: { rate: each } }) }],
  });
  const load = (given: FrameScenario): number => loadsOf(given)[0]!.utilisation;
  expect(load(air(1e5))).toBeCloseTo(0.24 + 0.4, 12);
  // More than there is, and full packets all the time.
  expect(load(air(3e5))).toBe(1);
  expect(load(air())).toBe(1);
  expect(overloadOf(air(), air().flows[0]!)).toBeUndefined();
});

test("a host that is too slow is told with the frames that it can serve", () => {
  // 625 ms a frame: 1.6 of 20 frames a second.
  const found = overload(scenario([compute(600), compute(25)]))!;
  expect(found.offered).toBe(20);
  expect(found.sustained).toBeCloseTo(1.6, 9);
  expect(found.load!.resource).toEqual({ kind: "host", host: "camera" });
  expect(overload(scenario([compute(49.9)]))).toBeUndefined();
  expect(overload(scenario([compute(50)]))).toBeUndefined();
});

test("so is a link", () => {
  const found = overload(scenario([transfer(14_720)]))!;
  expect(found.sustained).toBeCloseTo(20 / 2.4, 9);
  expect(found.load!.resource).toMatchObject({ kind: "link", link: "radio" });
});

test("TCP under loss may be slower than its link: then latencies grow from frame to frame", () => {
  const far = { rate: 1e8, delay: 50e6 };
  const found = overload(scenario([transfer(200_000, "tcp")], { ...far, loss: { rate: 0.05 } }, 600))!;
  expect(found.load).toBeUndefined();
  // Mathis: sqrt(3 / (4 * 0.05)) segments a round trip of 100 ms, 56 kB/s: 0.28 frames a second.
  expect(found.sustained).toBeCloseTo(0.28, 1);
  // Neither distance nor loss as such is overload.
  expect(overload(scenario([transfer(200_000, "tcp")], far, 200))).toBeUndefined();
  expect(overload(scenario([transfer(3000, "tcp")], { ...far, delay: 5e9 }, 200))).toBeUndefined();
  expect(overload(scenario([transfer(1000, "tcp")], { ...far, loss: { rate: 0.05 } }, 200))).toBeUndefined();
});
