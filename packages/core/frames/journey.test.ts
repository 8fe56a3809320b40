import { describe, expect, test } from "vitest";
import { InputError } from "../errors/index.ts";
import type { TransportSpec } from "../network/index.ts";
import { frameJourney, simulateFrames, type FrameScenario, type JourneyPacket } from "./index.ts";

const ms = 1e6;

/** Frames of `bytes` from a camera to a server that thinks 2 ms, and 100 bytes back. */
const scenario = (transport: TransportSpec, loss = 0, bytes = 20_000): FrameScenario => ({
  hosts: ["camera", "server"],
  links: [
    {
      name: "wifi",
      from: "camera",
      to: "server",
      options: { rate: 50e6, delay: 3 * ms, loss: { rate: loss }, queue: { packets: 100 } },
    },
  ],
  flows: [
    {
      name: "frames",
      period: 50 * ms,
      count: 40,
      steps: [
        { kind: "compute", host: "camera", work: "head", part: "head", ns: 5 * ms },
        { kind: "transfer", link: "wifi", from: "camera", to: "server", part: "wire", bytes, transport },
        { kind: "compute", host: "server", work: "tail", part: "tail", ns: 2 * ms },
        { kind: "transfer", link: "wifi", from: "server", to: "camera", part: "answer", bytes: 100, transport },
      ],
    },
  ],
  seed: 3,
});

const tcp: TransportSpec = { kind: "tcp", header: 12 };
const udp: TransportSpec = { kind: "udp", payload: 1400, timeout: 20 * ms };
const ownOf = (packets: readonly JourneyPacket[], step: number): JourneyPacket[] =>
  packets.filter((one) => one.own && one.step === step);

describe.each([
  ["tcp", tcp, 0],
  ["tcp with losses", tcp, 0.05],
  ["udp", udp, 0],
  ["udp with losses", udp, 0.05],
  ["a connection for each frame", { ...tcp, handshake: "tcp" }, 0],
] satisfies [string, TransportSpec, number][])("over %s", (_, transport, loss) => {
  const given = scenario(transport, loss);
  const [traces] = simulateFrames(given);
  // With losses a frame that met some.
  const frame = traces!.findIndex((one, i) => i > 2 && one.finished >= 0 && (loss === 0 || lost(i)));
  const journey = frameJourney(given, frame);

  function lost(i: number): boolean {
    return frameJourney(given, i).packets.some((one) => one.own && one.fate === "lost");
  }

  test("who looks on changes nothing", () => {
    const { captured, finished, steps } = traces![frame]!;
    expect(journey).toMatchObject({ frame, captured, finished, steps });
  });

  test("each packet's times follow each other, and all end before the answer", () => {
    expect(journey.packets.length).toBeGreaterThan(14);
    for (const { entered, left, arrived, fate } of journey.packets) {
      expect(entered).toBeGreaterThanOrEqual(journey.captured);
      expect(entered).toBeLessThanOrEqual(journey.finished);
      if (fate === "lost") expect([left, arrived]).toEqual([-1, -1]);
      else expect(left).toBeGreaterThan(entered);
      if (fate === "arrived") expect(arrived).toBe(Math.round(left + 3 * ms));
    }
  });

  test("the message is there when its last packet is", () => {
    const packets = ownOf(journey.packets, 1);
    const wire = journey.steps.find(({ step }) => step === 1)!;
    const there = packets.filter(({ fate }) => fate === "arrived");
    if (transport.kind === "tcp") {
      const covered = new Set(there.map(({ sequence }) => sequence));
      expect(covered.size).toBe(new Set(packets.map(({ sequence }) => sequence)).size);
      const bytes = journey.messages.find(({ step }) => step === 1)!.bytes;
      expect(bytes).toBe(20_012);
      expect(Math.min(...covered)).toBeLessThanOrEqual(0);
      expect(Math.max(...there.map((one) => one.sequence + one.length))).toBeGreaterThanOrEqual(bytes);
    } else {
      expect(packets).toHaveLength(15);
      const missing = traces![frame]!.missing.find(({ step }) => step === 1)!;
      const gone = packets.filter(({ fate }) => fate === "lost").map(({ sequence }) => sequence);
      expect(gone).toEqual(Array.from(missing.missing));
    }
    if (loss === 0) expect(Math.max(...there.map(({ arrived }) => arrived))).toBe(wire.end);
  });
});

test("what is lost over tcp is sent again, and the window says what the sender may do", () => {
  const given = scenario(tcp, 0.05, 100_000);
  const { packets, window } = frameJourney(given, 2);
  const lost = ownOf(packets, 1).filter(({ fate }) => fate === "lost");
  expect(lost.length).toBeGreaterThan(0);
  for (const { sequence, entered } of lost) {
    expect(packets.some((one) => one.resent && one.sequence === sequence && one.entered > entered)).toBe(true);
  }
  expect(window.filter(({ step }) => step === 1).length).toBeGreaterThan(1);
  expect(window.every(({ segments }) => segments >= 1)).toBe(true);
  expect(packets.some(({ kind, step, forward }) => kind === "control" && step === 1 && !forward)).toBe(true);
});

test("other traffic is counted and not shown; a frame that there is not is refused", () => {
  const given = scenario(tcp);
  const background = [{ link: "wifi", from: "camera", pattern: "constant" as const, rate: 20e6, size: 1000 }];
  expect(frameJourney({ ...given, background }, 1).others).toBeGreaterThan(10);
  expect(frameJourney(given, 1).others).toBe(0);
  expect(() => frameJourney(given, 40)).toThrow(InputError);
});
