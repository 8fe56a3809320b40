import { describe, expect, test } from "vitest";
import { simulateMessages } from "../network/index.ts";
import { conservePackets } from "../network/testing/conservation.ts";
import { randomStream } from "../random/index.ts";
import {
  hostOrders,
  simulateFrames,
  workSteps,
  type FrameScenario,
  type FrameTrace,
  type HostOrder,
  type Step,
} from "./index.ts";

conservePackets();

const scenario = (steps: Step[], loss = 0, count = 5, period = 1e9): FrameScenario => ({
  hosts: ["camera", "server"],
  links: [{ name: "radio", from: "camera", to: "server", options: { rate: 1e8, delay: 5e6, loss: { rate: loss } } }],
  flows: [{ name: "belt", period, count, steps }],
  seed: 7,
});
const compute = (ns: number | Float64Array, host = "camera"): Step => {
  return { kind: "compute", host, work: "head", part: "head", ns };
};
const transfer = (bytes: number, kind: "tcp" | "udp", [from, to] = ["camera", "server"]): Step => ({
  kind: "transfer",
  part: "tensor",
  link: "radio",
  from,
  to,
  bytes,
  transport: kind === "tcp" ? { kind } : { kind, payload: 1000, timeout: 2e6 },
});
const latencies = (traces: readonly FrameTrace[]): number[] =>
  traces.map(({ captured, finished }) => (finished < 0 ? Infinity : finished - captured));
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

test("without queueing a frame takes the sum of its steps", () => {
  const [traces] = simulateFrames(scenario([compute(3e6), transfer(1000, "udp")]));
  for (const latency of latencies(traces!)) expect(latency).toBe(3e6 + 5e6 + (1000 + 28 + 14) * 80);
});

test("an answer over TCP goes back over the connection of what it answers, and takes its acknowledgement along", () => {
  const link = { rate: 250e3, delay: 2e6 };
  const slow = { ...scenario([transfer(400, "tcp"), transfer(64, "tcp", ["server", "camera"])], 0, 30, 50e6) };
  slow.links = [{ name: "radio", from: "camera", to: "server", options: link }];
  const found = latencies(simulateFrames(slow)[0]!);
  const { total } = simulateMessages({
    link,
    transport: { kind: "tcp" },
    bytes: 400,
    answer: 64,
    count: 30,
    gap: 30e6,
    seed: 7,
  });
  // As soon as the server is known to answer, which its host learns from the first exchanges.
  expect(found.slice(20)).toEqual(total.slice(20));
  expect(Math.min(...found)).toBe(found[20]);
  const [there, back] = [400 + 52 + 14, 64 + 52 + 14].map((bytes) => (bytes * 8e9) / 250e3 + 2e6);
  expect(found[20]).toBeCloseTo(there! + back!, -1);
});

test("work waits in line at a host", () => {
  const [traces] = simulateFrames(scenario([compute(3e6)], 0, 4, 1e6));
  expect(traces!.map(({ finished }) => finished)).toEqual([3e6, 6e6, 9e6, 12e6]);
  expect(traces!.map(({ steps }) => steps[0]!.served)).toEqual([0, 3e6, 6e6, 9e6]);
});

describe("a host's line", () => {
  /** 20 frames a second of a host that takes 100 ms for each. */
  const overloaded = (steps: Step[], order?: HostOrder, count = 100): FrameTrace[] =>
    simulateFrames({ ...scenario(steps, 0, count, 50e6), ...(order && { order }) })[0]!;

  test("work in one piece or in two is one visit: the same times", () => {
    for (const order of hostOrders) {
      const one = latencies(overloaded([compute(100e6)], order));
      const two = latencies(overloaded([compute(99.99e6), compute(0.01e6)], order));
      const three = latencies(overloaded([compute(1e6), compute(98e6), compute(1e6)], order));
      expect(two).toEqual(one);
      expect(three).toEqual(one);
    }
    expect(median(latencies(overloaded([compute(100e6)])))).toBe(100e6 + 50 * 50e6);
  });

  test("the pieces of a visit have their own times", () => {
    const [traces] = simulateFrames(scenario([compute(3e6), compute(2e6), compute(1e6, "server")], 0, 1));
    expect(traces![0]!.steps).toEqual([
      { step: 0, start: 0, served: 0, end: 3e6 },
      { step: 1, start: 3e6, served: 3e6, end: 5e6 },
      { step: 2, start: 5e6, served: 5e6, end: 6e6 },
    ]);
  });

  test("oldest first, a frame that comes back goes before newer ones", () => {
    // To the server and back: the camera's second piece of frame 0 does not wait for the heads of frames 2, 3 ...
    const back: [string, string] = ["server", "camera"];
    const steps = [compute(60e6), transfer(100, "udp"), transfer(100, "udp", back), compute(20e6)];
    const traces = overloaded(steps);
    expect(traces.map(({ finished }) => finished)).toEqual(
      traces.map(({ finished }) => finished).toSorted((a, b) => a - b),
    );
    const own = traces[0]!.steps[3]!;
    // One head is under way when it comes.
    expect(own.served - own.start).toBeLessThanOrEqual(60e6);
  });

  test("newest first answers the frame that came last, and the others when no newer one waits", () => {
    const traces = overloaded([compute(100e6)], "newest", 10);
    // Frames 0, 1 (captured as the host is free), then the latest each time.
    const order = traces.map((_, i) => i).toSorted((a, b) => traces[a]!.finished - traces[b]!.finished);
    expect(order).toEqual([0, 2, 4, 6, 8, 9, 7, 5, 3, 1]);
    expect(traces.every(({ finished }) => finished >= 0)).toBe(true);
  });

  test("drop leaves out what waits when a newer frame comes, and says where", () => {
    const traces = overloaded([compute(100e6)], "drop", 10);
    const answered = traces.flatMap(({ finished }, i) => (finished < 0 ? [] : [i]));
    expect(answered).toEqual([0, 2, 4, 6, 8, 9]);
    for (const { finished, dropped } of traces) expect(dropped).toBe(finished < 0 ? "camera" : undefined);
    // What is answered is fresh.
    expect(Math.max(...latencies(traces).filter((time) => time < Infinity))).toBeLessThanOrEqual(200e6);
  });

  test("frames of one flow do not stand for those of another", () => {
    const flows = ["a", "b"].map((name) => ({ name, period: 100e6, count: 10, steps: [compute(90e6)] }));
    const runs = simulateFrames({ ...scenario([]), flows, order: "drop" });
    for (const traces of runs) expect(traces.filter(({ finished }) => finished >= 0).length).toBeGreaterThan(1);
  });

  test("against a sorted list, a thousand visits at random", () => {
    const random = randomStream(3, "line");
    const ns = Float64Array.from({ length: 1000 }, () => Math.floor(random.exponential() * 1.5e6));
    const [traces] = simulateFrames(scenario([compute(ns)], 0, 1000, 1e6));
    let free = 0;
    for (const [i, { captured, finished }] of traces!.entries()) {
      free = Math.max(free, captured) + ns[i]!;
      expect(finished).toBe(free);
    }
  });
});

test("over UDP losses stay, over TCP they cost time", () => {
  const [udp] = simulateFrames(scenario([transfer(100_000, "udp")], 0.05, 40));
  const [tcp] = simulateFrames(scenario([transfer(100_000, "tcp")], 0.05, 40));
  const missing = udp!.reduce((sum, trace) => sum + trace.missing[0]!.missing.length, 0);
  expect(missing / (40 * 100)).toBeGreaterThan(0.03);
  expect(missing / (40 * 100)).toBeLessThan(0.07);
  expect(tcp!.every((trace) => trace.missing.length === 0 && trace.finished > 0)).toBe(true);
  const mean = (traces: FrameTrace[]): number => latencies(traces).reduce((sum, time) => sum + time, 0) / traces.length;
  expect(mean(tcp!)).toBeGreaterThan(2 * mean(udp!));
});

test("a run that cannot succeed ends", () => {
  const [tcp] = simulateFrames(scenario([transfer(1000, "tcp")], 1, 2));
  expect(tcp!.map(({ finished }) => finished)).toEqual([-1, -1]);
  const [udp] = simulateFrames(scenario([transfer(5000, "udp")], 1, 2));
  expect(udp!.map(({ finished, missing }) => [finished, missing[0]!.missing.length])).toEqual([
    [-1, 5],
    [-1, 5],
  ]);
  expect(udp![0]!.steps.map(({ end }) => end)).toEqual([-1]);
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
      { name: "other", period: 5e8, count: 10, steps: [{ ...transfer(9000, "udp"), link: "wire" } as Step] },
    ],
  };
  expect(simulateFrames(both)[0]).toEqual(alone);
});

test("frames that leave at an exit pass what is theirs, the others go on", () => {
  const taken = Uint8Array.of(1, 0, 1, 0);
  const own = [compute(1e6, "camera")];
  const steps: Step[] = [
    compute(3e6),
    { kind: "exit", taken, steps: own },
    transfer(1000, "udp"),
    compute(7e6, "server"),
  ];
  const [traces] = simulateFrames(scenario(steps, 0, 4));
  const wire = 5e6 + (1000 + 28 + 14) * 80;
  expect(latencies(traces!)).toEqual([4e6, 3e6 + wire + 7e6, 4e6, 3e6 + wire + 7e6]);
  // Steps are named by their place as written.
  expect(traces![0]!.steps.map(({ step }) => step)).toEqual([0, 1]);
  expect(traces![1]!.steps.map(({ step }) => step)).toEqual([0, 2, 3]);
  expect(workSteps(steps).map(({ kind }) => kind)).toEqual(["compute", "compute", "transfer", "compute"]);
});

test("what is repeated is passed as often as said, loops within loops too", () => {
  const inner: Step = { kind: "repeat", times: 2, steps: [compute(1e6)] };
  const steps: Step[] = [
    { kind: "repeat", times: Uint32Array.of(0, 1, 3), steps: [compute(10e6, "server"), inner] },
    { kind: "repeat", times: 5, steps: [] },
    compute(0.5e6),
  ];
  const [traces] = simulateFrames(scenario(steps, 0, 3));
  expect(latencies(traces!)).toEqual([0.5e6, 12.5e6, 36.5e6]);
  expect(traces![2]!.steps.map(({ step }) => step)).toEqual([0, 1, 1, 0, 1, 1, 0, 1, 1, 2]);
});

test("a message over two links, there and back, adds their times", () => {
  const two: FrameScenario = {
    hosts: ["camera", "gateway", "server"],
    links: [
      { name: "radio", from: "camera", to: "gateway", options: { rate: 1e7, delay: 1e6, header: 0 } },
      // Each direction has a rate of its own; written from the server.
      {
        name: "wire",
        from: "server",
        to: "gateway",
        options: [
          { rate: 1e6, header: 0 },
          { rate: 1e8, header: 0 },
        ],
      },
    ],
    flows: [
      {
        name: "f",
        period: 1e9,
        count: 2,
        steps: [
          { ...transfer(972, "udp"), link: ["radio", "wire"] } as Step,
          { ...transfer(97, "udp", ["server", "camera"]), link: ["wire", "radio"] } as Step,
        ],
      },
    ],
    seed: 1,
  };
  const there = 1e6 + 1000 * 800 + 1000 * 80;
  const back = 125 * 8000 + 125 * 800 + 1e6;
  expect(latencies(simulateFrames(two)[0]!)).toEqual([there + back, there + back]);
});

test("background traffic delays frames and ends with them", () => {
  const run = (rate: number, loss = 0): number[] => {
    const one = scenario([transfer(20_000, "tcp")], loss, 20, 5e7);
    const links = [{ ...one.links[0]!, options: { rate: 1e7, delay: 1e6, loss: { rate: loss } } }];
    return latencies(
      simulateFrames({ ...one, links, background: [{ link: "radio", from: "camera", rate, pattern: "poisson" }] })[0]!,
    );
  };
  const mean = (times: number[]): number => times.reduce((a, b) => a + b) / times.length;
  // A burst waits for what is queued already, one or two packets in the mean.
  expect(mean(run(6e6)) / mean(run(1))).toBeGreaterThan(1.05);
  expect(run(1e5, 1).every((time) => time === Infinity)).toBe(true);
});

test("what cannot be is refused by name", () => {
  const refuses = (change: Partial<FrameScenario>, message: string | RegExp): void => {
    expect(() => simulateFrames({ ...scenario([compute(1)]), ...change })).toThrow(message);
  };
  const flow = (steps: Step[], more = {}): Partial<FrameScenario> => {
    return { flows: [{ name: "f", period: 1, count: 2, steps, ...more }] };
  };
  refuses(flow([compute(1, "moon")]), 'Unknown host "moon" at step 0 of flow "f"; known: "camera", "server"');
  refuses(flow([{ ...transfer(1, "tcp"), link: "air" } as Step]), 'Unknown link "air"');
  refuses(flow([transfer(1, "tcp", ["camera", "camera"])]), 'to go from "camera" to "camera"');
  refuses(flow([{ ...transfer(1, "tcp"), link: [] } as Step]), 'to go from "camera" to "server"');
  refuses(flow([compute(Float64Array.of(1))]), "to have 2 entries, got 1");
  refuses(flow([compute(-1)]), "ns at step 0");
  refuses(flow([{ kind: "repeat", times: 1.5, steps: [compute(1)] }]), "whole number of times");
  refuses(flow([{ kind: "exit", taken: Uint8Array.of(1) }]), "to have 2 entries");
  refuses(flow([compute(1)], { period: Number.NaN }), "period");
  refuses(flow([compute(1)], { count: 1e8 }), "count");
  refuses({ order: "random" as HostOrder }, 'Unknown order "random"');
});
