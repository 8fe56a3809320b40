/** @file What must hold for every network: all arrives, once, in order, in time; nothing is unaccounted for. */
import { expect, test } from "vitest";
import { randomStream } from "../../random/index.ts";
import {
  VirtualClock,
  connect,
  createLink,
  MSS,
  PacketPool,
  simulateMessages,
  type LinkParameters,
  type PacketEvent,
} from "../index.ts";
import { conservePackets } from "../testing/conservation.ts";

conservePackets();

const CONTROLS = ["cubic", "reno", "bbr"] as const;

function randomLink(random: ReturnType<typeof randomStream>): LinkParameters & { delay: number } {
  const rate = 10 ** (6 + 3 * random.uniform());
  return {
    rate,
    delay: Math.floor(10 ** (4 + 3.5 * random.uniform())),
    loss: { rate: random.uniform() < 0.3 ? 0 : random.uniform() * 0.15, burst: 1 + random.integer(4) },
    lossAt: random.uniform() < 0.5 ? "entry" : "exit",
    ...(random.uniform() < 0.4 && { queue: { packets: 2 + random.integer(100) } }),
    ...(random.uniform() < 0.3 && { jitter: { range: Math.floor(random.uniform() * 5e6), reorder: true } }),
    ...(random.uniform() < 0.2 && { bucket: 2000 + random.integer(10_000) }),
    duplex: random.uniform() < 0.3 ? "half" : "full",
  };
}

test("over 150 random networks every message arrives whole, in order and once", () => {
  const random = randomStream(11, "networks");
  for (let i = 0; i < 150; i++) {
    const options = randomLink(random);
    const clock = new VirtualClock();
    const pool = new PacketPool();
    const link = createLink(clock, pool, { name: `${i}`, a: "a", b: "b", options }, i);
    const targets = [link.backward.targets, link.forward.targets];
    const path = {
      forward: link.forward,
      backward: link.backward,
      arrive: (end: 0 | 1, receiver: { receive(packet: number): void }) => void (targets[end]![0] = receiver),
      handshake: 2 * options.delay + 1000,
    };
    const [a, b] = connect({ clock, pool, path, flow: 0, options: { cc: CONTROLS[i % 3]! }, seed: i, name: `${i}` });
    let atB = 0;
    let atA = 0;
    let before = 0;
    const check = (): void => {
      const live = link.forward.underWay + link.backward.underWay;
      // At an arrival the packet in hand is released already.
      if (pool.live !== live) throw new Error(`${pool.live} packets in the pool, ${live} under way (network ${i})`);
      if (clock.now < before) throw new Error("time went back");
      before = clock.now;
    };
    b.application = {
      delivered: (total) => {
        if (total <= atB) throw new Error("not in order");
        atB = total;
        check();
      },
    };
    a.application = {
      delivered: (total) => {
        if (total <= atA) throw new Error("not in order");
        atA = total;
        check();
      },
    };
    let written = 0;
    for (let m = 0; m < 10; m++) {
      const size = 1 + random.integer(60_000);
      written += size;
      clock.at(m * random.integer(1e8), { fire: () => (a.write(size), b.write(100)) });
    }
    // Time-outs double up to two minutes: a day is far beyond any run that goes on.
    const over = clock.run(86_400e9);
    const given = a.sender.broken || b.sender.broken;
    expect(over).toBe(true);
    if (!given) {
      expect(atB, `network ${i}`).toBe(written);
      expect(atA, `network ${i}`).toBe(1000);
      expect(a.sender.sndUna).toBe(written);
      expect(a.sender.inFlight()).toBe(0);
      expect([a.sender.sackedOut, a.sender.lostOut, a.sender.retransOut]).toEqual([0, 0, 0]);
    }
    expect(pool.live).toBe(0);
  }
});

test("the same seed gives the same trace, another seed another", () => {
  const trace = (seed: number): PacketEvent[] => {
    const events: PacketEvent[] = [];
    simulateMessages({
      link: { rate: 5e7, delay: 8e6, loss: { rate: 0.03 }, jitter: { range: 1e6 } },
      transport: { kind: "tcp", cc: "bbr" },
      bytes: 80_000,
      count: 20,
      seed,
      trace: (event) => void events.push(event),
    });
    return events;
  };
  expect(trace(5)).toEqual(trace(5));
  expect(trace(6)).not.toEqual(trace(5));
});

test("reordering is undone, not paid for twice", () => {
  const run = (reorder: boolean): number => {
    const { oneWay } = simulateMessages({
      link: { rate: 1e8, delay: 5e6, jitter: { range: 2e6, reorder } },
      transport: { kind: "tcp" },
      bytes: 600_000,
      count: 12,
      seed: 1,
    });
    return oneWay.slice(4).reduce((sum, time) => sum + time, 0);
  };
  expect(run(true) / run(false)).toBeLessThan(2.5);
});

test.each([5e6, 25e6])("Reno under loss keeps to Mathis' law with delayed acknowledgements, delay %i ns", (delay) => {
  for (const loss of [0.01, 0.03, 0.05]) {
    const { oneWay } = simulateMessages({
      link: { rate: 1e9, delay, loss: { rate: loss } },
      transport: { kind: "tcp", cc: "reno" },
      bytes: 3_000_000,
      count: 40,
      seed: 2,
    });
    const seconds = oneWay.slice(1).reduce((sum, time) => sum + time, 0) / 1e9;
    const segments = (39 * 3_000_000) / MSS;
    // Segments per round trip: sqrt(3 / (2 b p)), b = 2 segments per acknowledgement.
    const law = Math.sqrt(3 / (4 * loss)) / ((2 * delay) / 1e9);
    expect(segments / seconds / law, `loss ${loss}`).toBeGreaterThan(0.74);
    expect(segments / seconds / law, `loss ${loss}`).toBeLessThan(1.4);
  }
});

test("a million messages leave no memory behind", () => {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const options = { rate: 1e9, delay: 1000, loss: { rate: 0.0005 } };
  const link = createLink(clock, pool, { name: "soak", a: "a", b: "b", options }, 1);
  const targets = [link.backward.targets, link.forward.targets];
  const path = {
    forward: link.forward,
    backward: link.backward,
    arrive: (end: 0 | 1, receiver: { receive(packet: number): void }) => void (targets[end]![0] = receiver),
    handshake: 10_000,
  };
  const [a, b] = connect({ clock, pool, path, flow: 0, options: {}, seed: 1, name: "soak" });
  let done = 0;
  const used = (): number => (globalThis.gc?.(), process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed);
  let early = 0;
  b.application = { delivered: (total) => void (total % 1000 === 0 && b.write(16)) };
  a.application = {
    delivered: (total) => {
      if (total % 16 !== 0) return;
      done++;
      if (done === 100_000) early = used();
      if (done < 1_000_000) a.write(1000);
    },
  };
  a.write(1000);
  clock.run();
  expect(done).toBe(1_000_000);
  expect(pool.live).toBe(0);
  expect(used() - early).toBeLessThan(40e6);
}, 120_000);
