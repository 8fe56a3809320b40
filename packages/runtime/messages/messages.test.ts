/** @file Bytes of a stream and datagrams as messages: whole, in parts, with holes, and from hostile hands. */
import { VirtualClock } from "@split-et-impera/core/network";
import { randomStream } from "@split-et-impera/core/random";
import { SEAL, FRAMING } from "@split-et-impera/core/wire";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { sealedOverhead } from "../trust/index.ts";
import { Kept, readRequest, requestOf } from "./datagrams.ts";
import { DatagramReader, MessageReader, packetsOf, writeMessage, type ArrivedMessage } from "./index.ts";

const random = randomStream(3, "messages");
const bytes = (size: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: size }, () => random.integer(256));
const frame = (number: number) => ({ kind: "frame" as const, plan: 1, frame: number, budgetMicros: 500 });

test("the simulator counts the bytes that sealing adds", () => expect(sealedOverhead).toBe(SEAL));

describe("a stream", () => {
  test("cut anywhere gives the messages that were written", () => {
    const stream = new PassThrough({ highWaterMark: 1e6 });
    const bodies = [0, 1, 5000, 17].map(bytes);
    bodies.forEach((body, i) => writeMessage(stream, { ...frame(i), index: 0, bytes: body.length }, body));
    const all = stream.read() as Buffer;
    for (let round = 0; round < 50; round++) {
      const found: ArrivedMessage[] = [];
      const reader = new MessageReader(
        { kinds: ["frame"], mostBytes: 5000 },
        () => 7,
        (one) => found.push(one),
      );
      for (let at = 0; at < all.length;) {
        const next = Math.min(all.length, at + 1 + random.integer(round < 25 ? 40 : 4000));
        reader.push(all.subarray(at, next));
        at = next;
      }
      expect(found.map((one) => [one.frame, one.plan, one.budgetMicros])).toEqual([0, 1, 2, 3].map((i) => [i, 1, 500]));
      found.forEach(({ received }, i) => expect([...received.bytes]).toEqual([...bodies[i]!]));
    }
  });

  test.each([
    [
      "longer than the manifest has it",
      { ...frame(0), index: 0, bytes: 101 },
      "announces 101 bytes, expected at most 100",
    ],
    [
      "of a kind that does not come from there",
      { ...frame(0), kind: "answer" as const, index: 0, bytes: 1 },
      "no message",
    ],
  ])("what is %s ends it before anything is kept", (_, header, message) => {
    const stream = new PassThrough();
    writeMessage(stream, header, new Uint8Array(0));
    const reader = new MessageReader(
      { kinds: ["frame"], mostBytes: 100 },
      () => 0,
      () => undefined,
    );
    expect(() => reader.push(stream.read() as Buffer)).toThrow(message);
  });

  test("noise is no message", () => {
    for (let i = 0; i < 1000; i++) {
      const reader = new MessageReader(
        { kinds: ["frame"], mostBytes: 100 },
        () => 0,
        () => undefined,
      );
      const noise = bytes(16);
      noise[0] = 4 + random.integer(250);
      expect(() => reader.push(noise)).toThrow("no message");
    }
  });
});

describe("datagrams", () => {
  const packing = { protection: { kind: "none" }, payloadBytes: 100, timeoutNs: 1000 } as const;

  function reading(): { clock: VirtualClock; reader: DatagramReader; found: ArrivedMessage[] } {
    const clock = new VirtualClock();
    const found: ArrivedMessage[] = [];
    const reader = new DatagramReader({ kinds: ["frame"], mostBytes: 1000 }, packing, clock, (one) => found.push(one));
    return { clock, reader, found };
  }

  test("all come: the message, at once", () => {
    const { reader, found } = reading();
    const body = bytes(950);
    const packets = packetsOf(frame(4), body, packing);
    expect(packets.map(({ length }) => length - FRAMING)).toEqual([...Array.from({ length: 9 }).fill(100), 50]);
    packets.forEach((packet) => reader.push(packet));
    expect(found).toMatchObject([{ frame: 4, missing: 0, received: { missing: [] } }]);
    expect([...found[0]!.received.bytes]).toEqual([...body]);
  });

  test("some are lost: what is missing is said, when the last one or a later message has come, or time is up", () => {
    const { clock, reader, found } = reading();
    const send = (number: number, lost: readonly number[]): void =>
      packetsOf(frame(number), bytes(300), packing).forEach((packet, i) => lost.includes(i) || reader.push(packet));
    send(0, [1]);
    expect(found[0]).toMatchObject({ frame: 0, missing: 1, received: { missing: [[100, 200]] } });
    send(1, [2]);
    expect(found).toHaveLength(1);
    send(2, []);
    expect(found.slice(1).map((one) => [one.frame, one.missing])).toEqual([
      [1, 1],
      [2, 0],
    ]);
    send(3, [0, 2]);
    expect(found).toHaveLength(3);
    clock.run(1000);
    expect(found[3]).toMatchObject({
      frame: 3,
      missing: 2,
      at: 1000,
      received: {
        missing: [
          [0, 100],
          [200, 300],
        ],
      },
    });
  });

  test("at the deadline the receiver goes on with what has come", () => {
    const { clock, reader, found } = reading();
    const [first] = packetsOf({ ...frame(0), budgetMicros: 0.5 }, bytes(300), { ...packing });
    new DataView(first!.buffer).setUint32(12, 1, true);
    const late = new DatagramReader(
      { kinds: ["frame"], mostBytes: 1000 },
      { ...packing, timeoutNs: 1e9 },
      clock,
      (one) => found.push(one),
    );
    late.push(first!);
    clock.run(999);
    expect(found).toEqual([]);
    clock.run(1000);
    expect(found).toMatchObject([{ frame: 0, missing: 2 }]);
    reader.close();
  });

  test("with parity a message is whole with as many datagrams as it needs; what still comes is not strange", () => {
    const protection = { kind: "reed-solomon", parity: 0, least: 2 } as const;
    const safe = { ...packing, protection };
    const found: ArrivedMessage[] = [];
    const clock = new VirtualClock();
    const reader = new DatagramReader({ kinds: ["frame"], mostBytes: 1000 }, safe, clock, (one) => found.push(one));
    const body = bytes(450);
    const send = (number: number, lost: readonly number[]): void =>
      packetsOf(frame(number), body, safe).forEach((packet, i) => lost.includes(i) || reader.push(packet));
    send(0, []);
    send(1, [1, 4]);
    send(2, [0, 2, 3]);
    expect(found.map((one) => [one.frame, one.missing, one.received.missing.length])).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [2, 3, 2],
    ]);
    for (const { received } of found.slice(0, 2)) expect([...received.bytes]).toEqual([...body]);
    expect(reader.strange).toBe(0);
    // Of another length it is no part of what was done.
    const other = packetsOf(frame(0), bytes(449), safe)[0]!;
    reader.push(other);
    expect(reader.strange).toBe(1);
  });

  test("lost datagrams are asked for again while that can be in time, and what is sent again makes the message whole", () => {
    const asking = { ...packing, timeoutNs: 1000, reserveNs: 500, resendNs: 600 };
    const clock = new VirtualClock();
    const found: ArrivedMessage[] = [];
    const requests: Uint8Array[] = [];
    const reader = new DatagramReader(
      { kinds: ["frame"], mostBytes: 1000 },
      asking,
      clock,
      (one) => found.push(one),
      (request) => requests.push(request),
    );
    const kept = new Kept();
    const body = bytes(450);
    const send = (number: number, budgetMicros: number, lost: readonly number[]): void => {
      const packets = packetsOf({ ...frame(number), budgetMicros }, body, asking);
      kept.keep(number, packets);
      packets.forEach((packet, i) => lost.includes(i) || reader.push(packet));
    };
    send(0, 10, [1, 2]);
    expect(found).toEqual([]);
    expect(requests.map(readRequest)).toEqual([{ frame: 0, indices: [1, 2] }]);
    for (const packet of kept.again(0, [1, 2, 77])) reader.push(packet);
    expect(found).toMatchObject([{ frame: 0, missing: 0, received: { missing: [] } }]);
    expect([...found[0]!.received.bytes]).toEqual([...body]);
    // With too little time left it is not asked for; without any end neither.
    send(1, 1, [1]);
    send(2, 0, [1]);
    expect(requests).toHaveLength(1);
    expect(found.slice(1).map((one) => [one.frame, one.missing])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    // What was asked for and never comes is given up when the message is due.
    send(3, 10, [0]);
    clock.run();
    expect(found[3]).toMatchObject({ frame: 3, missing: 1, at: 9500 });
    expect(requests.length).toBeGreaterThan(3);
    expect(reader.strange).toBe(0);
  });

  test("a request is of one datagram's worth; a peer cannot have a datagram more than eight times, nor what was not sent", () => {
    const kept = new Kept();
    const packets = packetsOf(frame(5), bytes(250), packing);
    kept.keep(5, packets);
    const all = Array.from({ length: 20 }, () => kept.again(5, [0, 2])).flat();
    expect(all).toHaveLength(2 * 7);
    expect(kept.again(6, [0])).toEqual([]);
    expect(kept.again(5, [3, 65_535])).toEqual([]);
    for (let i = 0; i < 100; i++) kept.keep(100 + i, packets);
    expect(kept.again(5, [1])).toEqual([]);
    const request = requestOf(7, 3, [1, 258]);
    expect(readRequest(request)).toEqual({ frame: 7, indices: [1, 258] });
    for (const wrong of [request.subarray(0, 19), request.subarray(0, 3), packets[0]!, new Uint8Array(0)])
      expect(readRequest(wrong)).toBeUndefined();
  });

  test("what comes late or twice begins nothing, and what does not fit is counted", () => {
    const { reader, found } = reading();
    const packets = packetsOf(frame(0), bytes(300), packing);
    for (const packet of [...packets, ...packets]) reader.push(packet);
    expect(found).toHaveLength(1);
    expect(reader.strange).toBe(3);
    const [other] = packetsOf(frame(1), bytes(300), packing);
    reader.push(other!);
    for (const [at, value] of [
      [2, 9],
      [8, 99],
      [0, 2],
      [0, 77],
    ] as const) {
      const wrong = other!.slice();
      wrong[at] = value;
      reader.push(wrong);
    }
    reader.push(other!.subarray(0, 60));
    reader.push(new Uint8Array(3));
    expect(reader.strange).toBe(9);
    expect(found).toHaveLength(1);
  });

  test("what is no packet of its message begins none", () => {
    const { reader, found } = reading();
    const [packet] = packetsOf(frame(0), bytes(300), packing);
    reader.push(packet!.subarray(0, 60));
    reader.close();
    expect(found).toEqual([]);
    expect(reader.strange).toBe(1);
  });

  test("a thousand messages that never end are bounded", () => {
    const { reader, found } = reading();
    // The newest first: none is given up for a later one's sake.
    for (let i = 999; i >= 0; i--) reader.push(packetsOf(frame(i), bytes(300), packing)[0]!);
    expect(found.map((one) => [one.frame, one.missing])).toEqual(
      Array.from({ length: 1000 - 64 }, (_, i) => [999 - i, 2]),
    );
  });
});
