/** @file Forced loss of named packets: which segments are sent again, when, and in which state. */
import { describe, expect, test } from "vitest";
import { MSS, simulateMessages, type CongestionName, type PacketEvent } from "../index.ts";
import { conservePackets } from "../testing/conservation.ts";

conservePackets();

interface Told {
  /** Segments (from 0) sent again, in order, with the state after which they went. */
  resent: { segment: number; state: string; at: number }[];
  /** The sender's states, in order, without repeats. */
  states: string[];
  events: PacketEvent[];
  oneWay: number[];
  timeouts: number;
  probes: number;
}

interface Options {
  back?: number[];
  count?: number;
  gap?: number;
  cc?: CongestionName;
  nagle?: boolean;
}

/** Sends messages over 100 Mbit/s and 10 ms each way, losing the named packets (the handshake's ACK is packet 0). */
function send(
  bytes: number,
  lost: number[],
  { back = [], count = 1, gap = 0, cc = "cubic", nagle = false }: Options = {},
): Told {
  const all: PacketEvent[] = [];
  const link = { rate: 1e8, delay: 10e6 };
  const run = simulateMessages({
    link: [
      { ...link, loss: { packets: lost } },
      { ...link, loss: { packets: back } },
    ],
    transport: { kind: "tcp", cc, nagle },
    bytes,
    count,
    gap,
    seed: 3,
    trace: (event) => void all.push(event),
  });
  // From the first message on, what comes after the handshake.
  const events = all.filter(({ syn }) => !syn).map((event) => ({ ...event, time: event.time - run.started[0]! + gap }));
  const there = events.filter(({ direction }) => direction === 0);
  const states: string[] = [];
  for (const { state } of there) if (state !== undefined && state !== states.at(-1)) states.push(state);
  return {
    resent: there
      .filter(({ retransmission }) => retransmission)
      .map(({ sequence, state, time }) => ({ segment: sequence / MSS, state: state!, at: time / 1e6 })),
    states,
    events,
    oneWay: run.oneWay.map((time) => time / 1e6),
    timeouts: run.timeouts,
    probes: run.probes,
  };
}

describe("fast recovery", () => {
  test("one lost segment is sent again once three later ones are SACKed, and nothing else", () => {
    const told = send(10 * MSS, [3]);
    expect(told.resent.map(({ segment }) => segment)).toEqual([2]);
    expect(told.resent[0]!.state).toBe("recovery");
    expect(told.timeouts + told.probes).toBe(0);
    // A round trip after it was sent, and three segments: SACKs of segments 3, 4 and 5.
    expect(told.resent[0]!.at).toBeGreaterThan(20);
    expect(told.resent[0]!.at).toBeLessThan(21.5);
    expect(told.oneWay[0]).toBeLessThan(32);
  });

  test("several lost segments go in order, within one round trip", () => {
    const told = send(10 * MSS, [2, 4, 6]);
    expect(told.resent.map(({ segment }) => segment)).toEqual([1, 3, 5]);
    expect(told.timeouts).toBe(0);
    expect(told.resent[2]!.at - told.resent[0]!.at).toBeLessThan(20);
  });

  test("the window ends at ssthresh: 0.7 of what it was for CUBIC, half for Reno", () => {
    for (const [cc, share] of [
      ["cubic", 0.7],
      ["reno", 0.5],
    ] as const) {
      const told = send(60 * MSS, [12], { cc });
      const before = told.events.findLast(({ direction, state }) => direction === 0 && state === "open")!;
      const entered = told.events.find(({ state }) => state === "recovery")!;
      const cut = told.events
        .slice(0, told.events.indexOf(entered))
        .findLast(({ direction }) => direction === 0)!.cwnd!;
      expect(entered.ssthresh! / cut).toBeGreaterThan(share - 0.1);
      expect(entered.ssthresh! / cut).toBeLessThan(share + 0.1);
      expect(before.cwnd).toBeGreaterThanOrEqual(entered.ssthresh!);
    }
  });

  test("a lost retransmission is found by time (RACK), without a time-out", () => {
    // Segment 2 of 60 (packet 3), and its retransmission, which is the first packet in state recovery.
    const first = send(60 * MSS, [3]);
    const there = first.events.filter(({ direction }) => direction === 0);
    const resent = there.findIndex(({ retransmission }) => retransmission);
    const told = send(60 * MSS, [3, resent]);
    expect(told.resent.map(({ segment }) => segment)).toEqual([2, 2]);
    expect(told.timeouts).toBe(0);
    expect(told.resent[1]!.at - told.resent[0]!.at).toBeLessThan(30);
  });
});

describe("tail loss", () => {
  test("the last segment is probed after two round trips, not a time-out", () => {
    const told = send(5 * MSS, [5]);
    expect(told.probes).toBe(1);
    expect(told.timeouts).toBe(0);
    expect(told.resent.map(({ segment, state }) => [segment, state])).toEqual([[4, "open"]]);
    expect(told.oneWay[0]).toBeLessThan(300);
  });

  test("two lost at the tail: the probe's SACK brings the other", () => {
    const told = send(8 * MSS, [7, 8]);
    expect(told.probes).toBe(1);
    expect(told.timeouts).toBe(0);
    expect(told.resent.map(({ segment }) => segment)).toEqual([7, 6]);
    expect(told.resent[1]!.state).toBe("recovery");
    // Two round trips and 2 ms, in ticks of 4 ms.
    expect(told.resent[0]!.at).toBeGreaterThan(42);
    expect(told.resent[0]!.at).toBeLessThan(75);
  });
});

describe("time-outs", () => {
  test("a flight that is lost twice goes by time-out, one segment first, then doubling", () => {
    const flight = Array.from({ length: 10 }, (_, i) => i + 1);
    const told = send(10 * MSS, [...flight, 11]);
    expect(told.probes).toBe(1);
    expect(told.timeouts).toBe(1);
    expect(told.resent.map(({ segment }) => segment)).toEqual([9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(told.resent.slice(1).every(({ state }) => state === "loss")).toBe(true);
    const rounds = told.resent.slice(1).map(({ at }) => Math.round((at - told.resent[1]!.at) / 20));
    expect(rounds).toEqual([0, 1, 1, 2, 2, 2, 2, 3, 3, 3]);
  });

  test("time-outs back off by two", () => {
    // Everything for a second and a half.
    const told = send(1000, [1, 2, 3, 4]);
    const times = told.resent.map(({ at }) => at);
    expect(told.timeouts).toBe(3);
    expect((times[3]! - times[2]!) / (times[2]! - times[1]!)).toBeGreaterThan(1.8);
    expect((times[3]! - times[2]!) / (times[2]! - times[1]!)).toBeLessThan(2.2);
    // Never before 200 ms.
    expect(times[0]).toBeGreaterThanOrEqual(200);
  });
});

describe("acknowledgements", () => {
  test("losing some costs nothing", () => {
    const told = send(60 * MSS, [], { back: [1, 2, 5, 8, 9, 14] });
    expect(told.resent).toEqual([]);
    expect(told.timeouts + told.probes).toBe(0);
    expect(told.states).toEqual(["open"]);
  });

  test("each segment is acknowledged at once at first, every second one later", () => {
    const told = send(30 * MSS, [], { count: 2 });
    const acks = told.events.filter(({ direction, length }) => direction === 1 && length === 0);
    const second = told.events.findLast(({ direction, length }) => direction === 0 && length > 0)!.sequence;
    const gaps = acks.map(({ acknowledgement }, i) => acknowledgement - (acks[i - 1]?.acknowledgement ?? 0));
    expect(gaps.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => MSS));
    const late = gaps.filter((_, i) => acks[i]!.acknowledgement > 30 * MSS && acks[i]!.acknowledgement < second);
    expect(late.length).toBeGreaterThan(5);
    expect(late.filter((gap) => gap === 2 * MSS).length / late.length).toBeGreaterThan(0.9);
  });

  test("a gap is reported at once, three times, then thinned", () => {
    // In the second message, when B answers and its ACKs are quick no more: its segments 40 on are packets 42 on.
    const told = send(40 * MSS, [42], { count: 2 });
    const start = 40 * MSS;
    const duplicates = told.events.filter(
      ({ direction, acknowledgement, sacks }) => direction === 1 && acknowledgement === start && sacks.length > 0,
    );
    expect(duplicates[0]!.sacks).toEqual([[start + MSS, start + 2 * MSS]]);
    // Three for the first three segments beyond the gap; then one per millisecond for eight segments.
    const early = duplicates.filter(({ time }) => time < duplicates[0]!.time + 3.6e6);
    expect(early.length).toBeGreaterThanOrEqual(5);
    expect(early.length).toBeLessThanOrEqual(7);
  });
});

describe("the application", () => {
  test("the window shrinks to its start after an idle time", () => {
    const told = send(200 * MSS, [], { count: 2, gap: 3e9 });
    const data = told.events.filter(({ direction, length }) => direction === 0 && length > 0);
    const grown = data[199]!.cwnd!;
    expect(grown).toBeGreaterThan(60);
    expect(data[200]!.cwnd).toBe(10);
  });

  test("Nagle holds a second small segment until the first is acknowledged", () => {
    const told = send(MSS + 100, [], { nagle: true });
    // A message that ends in a small segment goes as it is: only one small segment is under way.
    expect(told.oneWay[0]).toBeLessThan(11);
  });
});
