import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createLink, PacketPool, simulateMessages, UdpFlow, VirtualClock, type LinkParameters } from "./index.ts";
import type { Datagrams, UdpOptions } from "./index.ts";
import { randomStream } from "../random/index.ts";
import { ACK, FRAGMENT, SEQ } from "./packet.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

test("a burst arrives when its bytes have crossed, to the nanosecond", () => {
  const run = simulateMessages({
    link: { rate: 1e8, delay: 5e6 },
    transport: { kind: "udp", payload: 1472, timeout: 1e9 },
    bytes: 16_000,
    count: 3,
    gap: 1e8,
    seed: 1,
  });
  // Ten full packets of 1514 bytes and one of 1280 + 42.
  expect(run.oneWay).toEqual([0, 1, 2].map(() => 5e6 + (10 * 1514 + 1322) * 80));
  expect(run.missing).toEqual([0, 0, 0]);
});

test("datagrams of named packets are missing, the rest is there", () => {
  const run = simulateMessages({
    link: { rate: 1e8, loss: { packets: [0, 7, 21] } },
    transport: { kind: "udp", payload: 1000, timeout: 1e9 },
    bytes: 10_000,
    count: 3,
    gap: 1e8,
    seed: 1,
  });
  expect(run.missing).toEqual([2, 0, 1]);
});

/** Sends messages of `bytes` every `period` ns over a link, and gives what the receiver made of them, in its order. */
function receive(options: LinkParameters, bytes: number[], period: number, timeout = 1e9, payload = 1000): Datagrams[] {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const { forward } = createLink(clock, pool, { name: "l", a: "a", b: "b", options }, 3);
  const results: Datagrams[] = [];
  const flow = new UdpFlow({
    clock,
    pool,
    channel: forward,
    flow: 0,
    payload,
    timeout,
    inOrder: forward.inOrder,
    done: (result) => void results.push(result),
  });
  forward.targets[0] = flow;
  for (const [i, size] of bytes.entries()) clock.at(i * period, { fire: () => void flow.send(size) });
  clock.run();
  flow.flush();
  return results;
}

test("where packets overtake each other and none is lost, none is missing: within a message and between messages", () => {
  const jitter = { range: 20e6, reorder: true };
  // Ten messages of ten datagrams are under way at once.
  const sizes = Array.from({ length: 200 }, () => 10_000);
  const results = receive({ rate: 1e9, delay: 1e6, jitter }, sizes, 2e6);
  expect(results.map(({ message }) => message).sort((a, b) => a - b)).toEqual(sizes.map((_, i) => i));
  expect(results.reduce((sum, { missing }) => sum + missing.length, 0)).toBe(0);
  // They do overtake each other.
  expect(results.map(({ message }) => message)).not.toEqual(sizes.map((_, i) => i));
  const run = simulateMessages({
    link: { rate: 1e8, jitter: { range: 5e6, reorder: true } },
    transport: { kind: "udp", payload: 1472, timeout: 1e9 },
    bytes: 100 * 1472,
    count: 10,
    seed: 1,
  });
  expect(run.missing).toEqual(Array.from({ length: 10 }, () => 0));
});

test("where packets may be overtaken, the receiver waits the timeout for what is missing; where not, it knows", () => {
  const lossy = { rate: 1e8, loss: { packets: [2] } };
  const size = [10 * 1000];
  const [known] = receive(lossy, size, 0);
  expect(known!.missing).toEqual(Uint32Array.of(2));
  expect(known!.finished).toBe(known!.lastArrival);
  const [waited] = receive({ ...lossy, jitter: { range: 1e3, reorder: true } }, size, 0, 7e6);
  expect(waited!.missing).toEqual(Uint32Array.of(2));
  expect(waited!.finished).toBe(waited!.lastArrival + 7e6);
});

test("a message of which nothing arrives is given up a timeout after a later one shows that it was sent", () => {
  const loss = { packets: [0, 1, 2] };
  for (const reorder of [false, true]) {
    const results = receive({ rate: 1e8, loss, jitter: { range: 1e3, reorder } }, [3000, 3000, 3000], 1e8, 5e6);
    expect(results.map(({ message, finished }) => [message, finished < 0])).toEqual(
      reorder
        ? [
            [1, false],
            [0, true],
            [2, false],
          ]
        : [
            [0, true],
            [1, false],
            [2, false],
          ],
    );
    expect(results.find(({ message }) => message === 0)!.missing).toEqual(Uint32Array.of(0, 1, 2));
  }
});

test("a datagram that comes twice, or after its message was given up, changes nothing", () => {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const options = { rate: 1e8 };
  const { forward } = createLink(clock, pool, { name: "l", a: "a", b: "b", options }, 1);
  const results: Datagrams[] = [];
  const done = (result: Datagrams): void => void results.push(result);
  const flow = new UdpFlow({
    clock,
    pool,
    channel: forward,
    flow: 0,
    payload: 1000,
    timeout: 1e6,
    inOrder: false,
    done,
  });
  const copy = (index: number): number => {
    const packet = pool.take();
    for (const column of [ACK, FRAGMENT]) pool.rows[packet + column] = 0;
    pool.rows[packet + SEQ] = index;
    return packet;
  };
  // The far end loses the third, and gives the others to the flow twice.
  forward.targets[0] = {
    receive: (packet) => {
      const index = pool.rows[packet + SEQ]!;
      if (index === 2) {
        pool.release(packet);
        return;
      }
      flow.receive(packet);
      flow.receive(copy(index));
    },
  };
  flow.send(4000);
  clock.run();
  expect(results.map(({ count, missing }) => [count, [...missing]])).toEqual([[4, [2]]]);
  flow.receive(copy(2));
  expect(results).toHaveLength(1);
});

test("a datagram above an Ethernet packet travels in fragments, and is lost with any of them", () => {
  const sizes = (payload: number): number[] => {
    const seen: number[] = [];
    simulateMessages({
      link: { rate: 1e9 },
      transport: { kind: "udp", payload, timeout: 1e9 },
      bytes: payload,
      count: 1,
      seed: 1,
      trace: ({ size }) => void seen.push(size),
    });
    return seen;
  };
  expect(sizes(1472)).toEqual([1500]);
  expect(sizes(1473)).toEqual([1500, 21]);
  expect(sizes(9000)).toEqual([1500, 1500, 1500, 1500, 1500, 1500, 20 + 9008 - 6 * 1480]);
  const run = (payload: number, bytes: number, loss: LinkParameters["loss"], count: number): number => {
    const { missing } = simulateMessages({
      link: { rate: 1e9, loss: loss! },
      transport: { kind: "udp", payload, timeout: 1e9 },
      bytes,
      count,
      seed: 1,
    });
    return missing.reduce((sum, one) => sum + one, 0);
  };
  // The middle fragment of the second of three datagrams; the last one has two fragments only.
  expect(run(3000, 8000, { packets: [4] }, 1)).toBe(1);
  expect(run(3000, 8000, { packets: [0, 1, 2, 7] }, 1)).toBe(2);
  // Seven fragments: 1 - 0.99^7 = 6.8 %.
  expect(run(9000, 9000, { rate: 0.01 }, 20_000) / 20_000).toBeCloseTo(0.068, 2);
  for (const payload of [0, 1.5, 65_508]) {
    expect(() => run(payload, 1000, { rate: 0 }, 1)).toThrow(/payload of a datagram to be 1 to 65507 bytes, got/);
  }
  expect(run(65_507, 65_507, { rate: 0 }, 1)).toBe(0);
});

describe("with parity", () => {
  const protection = { kind: "reed-solomon", parity: 0, least: 2 } as const;
  /** Ten datagrams of 1000 bytes and two of parity over 1 Mbit/s: a packet takes 8 * 1042 us. */
  const sent = (packets: number[]) =>
    simulateMessages({
      link: { rate: 1e6, delay: 1e6, loss: { packets }, lossAt: "exit" },
      transport: { kind: "udp", payload: 1000, timeout: 1e9, protection },
      bytes: 10_000,
      count: 1,
      seed: 1,
    });
  const after = (packets: number): number => 1e6 + packets * 8 * 1042 * 1e3;

  test("a message is there with the last datagram that it needs, and does not wait for the others", () => {
    expect(sent([]).oneWay).toEqual([after(10)]);
    expect(sent([3]).oneWay).toEqual([after(11)]);
    expect(sent([3, 9]).oneWay).toEqual([after(12)]);
    // Losing parity that is not needed costs nothing.
    expect(sent([10, 11]).oneWay).toEqual([after(10)]);
    for (const packets of [[], [3], [3, 9], [10, 11]]) expect(sent(packets).missing).toEqual([0]);
  });

  test("with more missing than parity the rest is there, when the last of all has come", () => {
    expect(sent([0, 3, 9])).toMatchObject({ missing: [3], oneWay: [after(12)] });
    // The last datagram itself is missing: nothing tells that before the time is up, and then the last arrival counts.
    expect(sent([3, 9, 11])).toMatchObject({ missing: [3], oneWay: [after(11)] });
  });

  test("what comes of a message after it is done changes nothing for the next", () => {
    const results: Datagrams[] = [];
    const clock = new VirtualClock();
    const pool = new PacketPool();
    const { forward } = createLink(clock, pool, { name: "l", a: "a", b: "b", options: { rate: 1e6 } }, 3);
    const flow = new UdpFlow({
      clock,
      pool,
      channel: forward,
      flow: 0,
      payload: 1000,
      protection,
      timeout: 1e9,
      inOrder: true,
      done: (result) => void results.push(result),
    });
    forward.targets[0] = flow;
    for (const bytes of [4000, 1, 0, 4000]) flow.send(bytes);
    clock.run();
    expect(results.map(({ message, count, missing }) => [message, count, missing.length])).toEqual([
      [0, 6, 0],
      [1, 3, 0],
      [2, 3, 0],
      [3, 6, 0],
    ]);
  });
});

describe("asking again", () => {
  /** Messages of ten datagrams of 1000 bytes, 8336 us each, over 1 Mbit/s and 1 ms. */
  const sent = (packets: number[], due: number, more: Partial<UdpOptions> = {}, back: number[] = []): Datagrams[] => {
    const clock = new VirtualClock();
    const pool = new PacketPool();
    const way = { rate: 1e6, delay: 1e6, lossAt: "exit" as const };
    const options = [
      { ...way, loss: { packets } },
      { ...way, loss: { packets: back } },
    ] as const;
    const { forward, backward } = createLink(clock, pool, { name: "l", a: "a", b: "b", options }, 3);
    const results: Datagrams[] = [];
    const flow = new UdpFlow({
      clock,
      pool,
      channel: forward,
      flow: 0,
      payload: 1000,
      timeout: 20e6,
      inOrder: true,
      again: { channel: backward, roundTrip: 12e6 },
      done: (result) => void results.push(result),
      ...more,
    });
    forward.targets[0] = flow;
    backward.targets[0] = flow.asked;
    for (let message = 0; message < 2; message++)
      clock.at(message * 400e6, { fire: () => void flow.send(10_000, message * 400e6 + due) });
    clock.run();
    flow.flush();
    return results;
  };
  const packet = 8336e3;

  test("a lost datagram is asked for when the next has come, and follows behind the message", () => {
    const [first] = sent([3], 300e6);
    // The request is long back when the message has left.
    expect(first).toMatchObject({ missing: new Uint32Array(), finished: 1e6 + 11 * packet });
    // Of the last one nothing tells before the timeout.
    const [last] = sent([9], 300e6);
    expect(last!.missing).toHaveLength(0);
    const asked = 1e6 + 9 * packet + 20e6;
    expect(last!.finished).toBe(asked + 1e6 + 8 * (14 + 28 + 2) * 1e3 + 1e6 + packet);
  });

  test("a request or what is sent again may be lost too: it is asked for anew", () => {
    for (const [there, back] of [
      [[3, 10], []],
      [[3], [0]],
    ] as const) {
      const [found] = sent([...there], 300e6, {}, [...back]);
      expect(found!.missing).toHaveLength(0);
      expect(found!.finished).toBeGreaterThan(1e6 + 11 * packet);
    }
  });

  test("what cannot be there before the message is due is not asked for; when it is due, the receiver goes on", () => {
    // Due just behind the last datagram: the third is known to be lost at the fourth, and comes in time no more.
    const [late] = sent([8], 1e6 + 10 * packet + 5e6);
    expect(late).toMatchObject({ missing: Uint32Array.of(8), finished: 1e6 + 10 * packet });
    const [due] = sent([9], 1e6 + 9 * packet + 7e6);
    expect(due).toMatchObject({ missing: Uint32Array.of(9), finished: 1e6 + 9 * packet + 7e6 });
    // A way back that is down asks no longer than that.
    const [down] = sent(
      [3],
      200e6,
      {},
      Array.from({ length: 100 }, (_, i) => i),
    );
    expect(down).toMatchObject({ missing: Uint32Array.of(3) });
    expect(down!.finished).toBeLessThanOrEqual(200e6);
  });

  test("with parity only what that cannot stand in for is asked for", () => {
    const protection = { kind: "reed-solomon", parity: 0, least: 2 } as const;
    const one = sent([3, 4], 300e6, { protection });
    expect(one[0]).toMatchObject({ missing: new Uint32Array(), finished: 1e6 + 12 * packet });
    const three = sent([3, 4, 5], 300e6, { protection });
    expect(three[0]).toMatchObject({ missing: new Uint32Array(), finished: 1e6 + 13 * packet });
  });

  test("over a lossy link with requests all is whole in the end, given time", () => {
    const random = randomStream(4, "losses");
    const losses = Array.from({ length: 400 }, (_, i) => i).filter(() => random.uniform() < 0.3);
    for (const result of sent(losses, 390e6, {}, [1, 3])) expect(result.missing).toHaveLength(0);
  });
});

const truth = fileURLToPath(new URL("../../../../shared/truth/network/udp.csv", import.meta.url));
describe.skipIf(!existsSync(truth))("against Linux (skipped where its table is absent)", () => {
  const rows = existsSync(truth)
    ? readFileSync(truth, "utf8")
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(","))
        .filter((row) => row[0] === "udp" && row[4] === "0.0")
    : [];
  test.each(rows)("%s %s bytes, %s Mbit/s, %s ms", (...row) => {
    const [, size, rate, delay] = row.map(Number);
    const run = simulateMessages({
      link: { rate: rate! * 1e6, delay: delay! * 1e6 },
      transport: { kind: "udp", payload: 1472, timeout: 1e9 },
      bytes: size!,
      count: 1,
      seed: 1,
    });
    // ms with four decimals; the router and hosts of the measurement take some hundred ns.
    expect(Math.abs(run.oneWay[0]! / 1e6 - Number(row[10]))).toBeLessThan(0.002);
  });
});
