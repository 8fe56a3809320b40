/** @file Frames beside background traffic. */
import { expect, test } from "vitest";
import { conservePackets } from "../network/testing/conservation.ts";
import { loadsOf, simulateFrames, type FrameScenario, type Step } from "./index.ts";

conservePackets();

function scenario(background: FrameScenario["background"], loss = 0, kind: "tcp" | "udp" = "udp"): FrameScenario {
  const transport = kind === "tcp" ? { kind } : ({ kind, payload: 1400, timeout: 1e7 } as const);
  const step: Step = { kind: "transfer", link: "l", from: "a", to: "b", bytes: 10_000, part: "p", transport };
  return {
    hosts: ["a", "b"],
    links: [{ name: "l", from: "a", to: "b", options: { rate: 1e7, delay: 1e6, loss: { rate: loss } } }],
    flows: [{ name: "f", period: 1e8, count: 50, steps: [step] }],
    ...(background && { background }),
    seed: 1,
  };
}

const medianOf = (one: FrameScenario): number =>
  simulateFrames(one)[0]!
    .map(({ captured, finished }) => (finished < 0 ? Infinity : finished - captured))
    .sort((a, b) => a - b)[25]!;

test("a download on their way holds frames up; one the other way those whose acknowledgements wait behind it", () => {
  const times = (["tcp", "udp"] as const).map((kind) =>
    [[], ["a"], ["b"]].map((from) =>
      medianOf(
        scenario(
          from.map((one) => ({ link: "l", from: one, pattern: "download" as const })),
          0,
          kind,
        ),
      ),
    ),
  );
  for (const [alone, along] of times) expect(along!).toBeGreaterThan(3 * alone!);
  const [[aloneTcp, , againstTcp], [aloneUdp, , againstUdp]] = times as [number[], number[]];
  expect(againstTcp!).toBeGreaterThan(2 * aloneTcp!);
  // The download's own acknowledgements take a fortieth of the way.
  expect(againstUdp!).toBeLessThan(1.1 * aloneUdp!);
});

test("constant traffic takes its share of the link's time, and a download what is left", () => {
  const [load] = loadsOf(scenario([{ link: "l", from: "a", pattern: "constant", rate: 5e6 }]));
  const [free] = loadsOf(scenario([{ link: "l", from: "a", pattern: "download" }]));
  expect(load!.utilisation - free!.utilisation).toBeCloseTo(0.5, 6);
});

test("background ends although frames are lost without a trace", () => {
  const traces = simulateFrames(scenario([{ link: "l", from: "a", pattern: "poisson", rate: 1e5 }], 1))[0]!;
  expect(traces.every(({ finished }) => finished < 0)).toBe(true);
});
