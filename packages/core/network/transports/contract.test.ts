/** @file What every transport keeps to, whatever its row. */
import { describe, expect, test } from "vitest";
import { createLink, PacketPool, VirtualClock, type LinkParameters } from "../index.ts";
import { conservePackets } from "../testing/conservation.ts";
import { transportKinds, transportOf, type Delivery, type TransportKind, type TransportSpec } from "./index.ts";

conservePackets();

/** A spec of each kind; the compiler asks for one for each new row. */
const specs: Record<TransportKind, TransportSpec> = {
  tcp: { kind: "tcp" },
  udp: { kind: "udp", payload: 1000, timeout: 1e9 },
};

/** Sends messages of `sizes` every `period` ns over `hops` and gives the deliveries in the order in which they came. */
function run(
  spec: TransportSpec,
  hops: LinkParameters[],
  sizes: number[],
  period: number,
): { delivered: Delivery[]; bytes: number; packets: number } {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const links = hops.map((options, i) => createLink(clock, pool, { name: `${i}`, a: "a", b: "b", options }, 5));
  const delivered: Delivery[] = [];
  const route = {
    there: links.map(({ forward }) => forward),
    back: links.map(({ backward }) => backward).reverse(),
    idleNs: (bytes: number) =>
      hops.reduce((sum, { rate, delay }) => sum + (bytes * 8e9) / Number(rate) + Number(delay), 0),
  };
  const flow = transportOf(spec).open(route, { clock, pool, seed: 1, name: "flow" }, (one) => void delivered.push(one));
  for (const [i, size] of sizes.entries()) clock.at(i * period, { fire: () => flow.send(size) });
  clock.run();
  flow.flush();
  expect(pool.live).toBe(0);
  const { tally } = links[0]!.forward;
  return { delivered, bytes: tally.bytes, packets: tally.sent };
}

const clean: LinkParameters = { rate: 1e7, delay: 5e6, header: 0 };
const lossy = (rate: number): LinkParameters => ({ ...clean, loss: { rate } });
const equal = (count: number, size: number): number[] => Array.from({ length: count }, () => size);

/** Each kind, TCP with a connection per message, and datagrams with what may be added to them. */
const all: [string, TransportSpec][] = [
  ...transportKinds.map((kind): [string, TransportSpec] => [kind, specs[kind]]),
  ["tcp, fresh connections", { kind: "tcp", handshake: "tcp" }],
  ["tcp, fresh connections with TLS", { kind: "tcp", handshake: "tls" }],
  ...(
    [
      { kind: "xor", group: 4 },
      { kind: "reed-solomon", parity: 0.25 },
      { kind: "repeat", times: 2 },
    ] as const
  ).map((protection): [string, TransportSpec] => [
    `udp with ${protection.kind}`,
    { kind: "udp", payload: 1000, timeout: 1e9, protection },
  ]),
];

describe.each(all)("%s", (_, spec) => {
  const { reliable, cost } = transportOf(spec);

  test("delivers each message once, whole, in order, no sooner than its bytes can be there", () => {
    const sizes = [1, 0, 999, 1000, 1001, 50_000, 3];
    const { delivered } = run(spec, [clean], sizes, 1e9);
    expect(delivered.map(({ message }) => message)).toEqual(sizes.map((_, i) => i));
    for (const { message, served, finished, missing } of delivered) {
      expect(served).toBe(message * 1e9);
      expect(finished - served).toBeGreaterThanOrEqual(5e6 + (sizes[message]! * 8e9) / 1e7 - 1);
      expect(missing).toHaveLength(0);
    }
  });

  test("what it says a message costs is what it puts on the wire when nothing is lost", () => {
    for (const size of [0, 1, 1000, 1448, 1449, 20_000]) {
      const { bytes, packets } = run(spec, [clean], [size], 0);
      expect(bytes, `${size}`).toBe(cost(size).bytes);
      expect(packets, `${size}`).toBe(cost(size).packets);
    }
  });

  test("over several hops the times add up", () => {
    const one = run(spec, [clean], [100], 0).delivered[0]!.finished;
    const three = run(spec, [clean, clean, clean], [100], 0).delivered[0]!.finished;
    // What goes in several packets is on several hops at once.
    expect(three).toBeLessThanOrEqual(3 * one);
    expect(three).toBeGreaterThan(2.85 * one);
  });

  test("where all is lost each message is still delivered, as lost", () => {
    const { delivered } = run(spec, [lossy(1)], equal(4, 3000), 1e8);
    expect(delivered.map(({ message }) => message).sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    for (const { finished } of delivered) expect(finished).toBe(-1);
  });

  test("under loss each is delivered: whole where it is reliable, with the missing named where not", () => {
    const { delivered } = run(spec, [lossy(0.1)], equal(40, 10_000), 1e9);
    expect(new Set(delivered.map(({ message }) => message)).size).toBe(40);
    const missing = delivered.reduce((sum, one) => sum + one.missing.length, 0);
    expect(missing > 0).toBe(!reliable);
    for (const one of delivered) for (const index of one.missing) expect(index).toBeLessThan(one.packets);
  });

  test("the same seed gives the same run", () => {
    const again = (): Delivery[] => run(spec, [lossy(0.05)], equal(20, 20_000), 1e7).delivered;
    expect(again()).toEqual(again());
  });

  test("thousands of messages, several under way at once", () => {
    const { delivered } = run(spec, [{ rate: 1e9, delay: 0 }], equal(5000, 2000), 1e4);
    expect(delivered).toHaveLength(5000);
  });
});

test("specs that cannot be are told", () => {
  expect(transportOf({ kind: "udp", payload: 65_508, timeout: 1 }).problem()).toContain("payload to be 1 to 65507");
  expect(transportOf({ kind: "udp", payload: 1, timeout: Number.NaN }).problem()).toContain("timeout");
  expect(transportOf({ kind: "tcp", initialWindow: 0 }).problem()).toContain("initial window");
  for (const spec of Object.values(specs)) expect(transportOf(spec).problem()).toBeUndefined();
});
