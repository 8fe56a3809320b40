/** @file The check itself: it lets a sound simulation pass and finds packets that vanish or appear. */
import { expect, test } from "vitest";
import { VirtualClock, createLink, PacketPool, type Link, type LinkParameters } from "../index.ts";
import { FLOW, SIZE } from "../packet.ts";
import { conservePackets } from "./conservation.ts";

conservePackets();

/** Ten packets over a link; `arrive` is what the far end does with each. */
function run(options: LinkParameters, arrive: (pool: PacketPool, packet: number, link: Link) => void): void {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const link = createLink(clock, pool, { name: "l", a: "a", b: "b", options }, 1);
  link.forward.targets[0] = { receive: (packet) => arrive(pool, packet, link) };
  for (let i = 0; i < 10; i++) {
    const packet = pool.take();
    pool.rows[packet + SIZE] = 1000;
    pool.rows[packet + FLOW] = 0;
    link.forward.send(packet);
  }
  clock.run();
}

const kinds: LinkParameters[] = [
  { rate: 1e8 },
  { rate: 1e8, loss: { rate: 0.3 }, queue: { packets: 5 } },
  { rate: 1e8, jitter: { range: 1e6, reorder: true } },
  { rate: 1e8, codel: {} },
  { rate: 54e6, medium: { name: "air" } },
];

test.each(kinds)("a sound link passes: %o", (options) => {
  run(options, (pool, packet) => pool.release(packet));
});

test.each(kinds)("a packet that is not released is found: %o", (options) => {
  expect(() => run(options, () => undefined)).toThrow("packets taken");
});

test.each(kinds)("a packet that is released twice is found: %o", (options) => {
  const twice = (pool: PacketPool, packet: number): void => (pool.release(packet), pool.release(packet));
  expect(() => run(options, twice)).toThrow("packets taken");
});

test.each(kinds)("a packet that is counted twice is found: %o", (options) => {
  const count = (pool: PacketPool, packet: number, link: Link): void => {
    link.forward.tally.delivered++;
    pool.release(packet);
  };
  expect(() => run(options, count)).toThrow("in flight");
});
