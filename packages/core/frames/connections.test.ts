/** @file A connection per message: round trips, answers on the same connection, and links on which none can be opened. */
import { expect, test } from "vitest";
import type { HandshakeName, LinkParameters } from "../network/index.ts";
import { conservePackets } from "../network/testing/conservation.ts";
import { simulateFrames, type FrameScenario, type Step } from "./index.ts";

conservePackets();

/** Frames of a request of 1000 bytes and an answer of 16, each `period` after the last; ms until each was answered. */
function answered(handshake: HandshakeName, options: LinkParameters, { period = 1e9, count = 5 } = {}): number[] {
  const transport = { kind: "tcp", handshake } as const;
  const steps: Step[] = [
    { kind: "transfer", link: "l", from: "a", to: "b", bytes: 1000, part: "wire", transport },
    { kind: "transfer", link: "l", from: "b", to: "a", bytes: 16, part: "answer", transport },
  ];
  const scenario: FrameScenario = {
    hosts: ["a", "b"],
    links: [{ name: "l", from: "a", to: "b", options }],
    flows: [{ name: "f", period, count, steps }],
    seed: 1,
  };
  return simulateFrames(scenario)[0]!.map(({ captured, finished }) =>
    finished < 0 ? Infinity : (finished - captured) / 1e6,
  );
}

const fast: LinkParameters = { rate: 1e9, delay: 10e6 };

test.each([
  ["warm", 2],
  ["tcp", 4],
  ["tls", 6],
] as const)("%s: %i ways of 10 ms until the answer is there", (handshake, ways) => {
  for (const ms of answered(handshake, fast)) {
    expect(ms).toBeGreaterThan(10 * ways);
    expect(ms).toBeLessThan(10 * ways + 0.2);
  }
});

test.each(["tcp", "tls"] as const)("%s: frames that overtake each other's set-up are all answered", (handshake) => {
  const all = answered(handshake, fast, { period: 1e6, count: 200 });
  expect(Math.max(...all)).toBeLessThan(61);
});

test.each(["tcp", "tls"] as const)(
  "%s under loss: all are answered, some after the SYN's second of waiting",
  (handshake) => {
    const all = answered(handshake, { ...fast, loss: { rate: 0.1 } }, { count: 200 });
    expect(all.every((ms) => ms < Infinity)).toBe(true);
    expect(all.filter((ms) => ms > 1000).length).toBeGreaterThan(10);
  },
);

test("where no connection can be opened frames are lost", () => {
  expect(answered("tls", { ...fast, loss: { rate: 1 } })).toEqual([Infinity, Infinity, Infinity, Infinity, Infinity]);
});
