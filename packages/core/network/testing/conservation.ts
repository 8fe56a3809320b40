/** @file What must hold after each event of a simulation: no packet appears or vanishes, and time does not go back. */
import { afterAll, afterEach, beforeEach, expect } from "vitest";
import { Channel } from "../channel.ts";
import { VirtualClock, type Handler } from "../clock.ts";
import type { PacketPool } from "../packet.ts";

/** What runs on one clock. */
interface World {
  /** The time of the last event. */
  now: number;
  channels: Set<Channel>;
  /** Packets with an event of their own (links that reorder), by channel. */
  alone: Map<Channel, number>;
}

/**
 * Has every test of the file fail at the first event after which a channel's packets are not all accounted for:
 * sent = delivered + lost + overflowed + in flight. In flight are those that the channel holds, counted one by one, and
 * all packets that are taken from a pool are in flight on one of its channels.
 */
export function conservePackets(): void {
  const { at } = VirtualClock.prototype;
  const { send } = Channel.prototype;
  let worlds = new WeakMap<VirtualClock, World>();
  let checks = 0;
  const worldOf = (clock: VirtualClock): World => {
    const known = worlds.get(clock) ?? { now: clock.now, channels: new Set(), alone: new Map() };
    worlds.set(clock, known);
    return known;
  };
  beforeEach(() => {
    worlds = new WeakMap();
    Channel.prototype.send = function (packet) {
      worldOf(this["clock"] as VirtualClock).channels.add(this);
      send.call(this, packet);
    };
    VirtualClock.prototype.at = function (time, handler, argument) {
      const world = worldOf(this);
      const single = handler instanceof Channel && argument !== undefined && argument >= 0 ? handler : undefined;
      const count = (by: number): void => {
        if (single) world.alone.set(single, (world.alone.get(single) ?? 0) + by);
      };
      count(1);
      const checked: Handler = {
        fire: (argument) => {
          count(-1);
          handler.fire(argument);
          check(this, world);
          checks++;
        },
      };
      return at.call(this, time, checked, argument);
    };
  });
  afterEach(() => {
    VirtualClock.prototype.at = at;
    Channel.prototype.send = send;
  });
  afterAll(() => {
    // A file that simulates nothing needs none of this.
    expect(checks).toBeGreaterThan(0);
  });
}

function check(clock: VirtualClock, world: World): void {
  if (clock.now < world.now) throw new Error(`time went back from ${world.now} to ${clock.now}`);
  world.now = clock.now;
  const inFlight = new Map<PacketPool, number>();
  for (const channel of world.channels) {
    const { sent, delivered, lost, overflowed } = channel.tally;
    const held = channel["tail"] - channel["head"] + channel["line"].length + (world.alone.get(channel) ?? 0);
    if (sent !== delivered + lost + overflowed + held) {
      throw new Error(
        `at ${clock.now}: ${sent} sent, but ${delivered} delivered, ${lost} lost, ${overflowed} overflowed, ${held} in flight`,
      );
    }
    const pool = channel["pool"];
    inFlight.set(pool, (inFlight.get(pool) ?? 0) + held);
  }
  for (const [pool, held] of inFlight) {
    if (pool.live !== held) throw new Error(`at ${clock.now}: ${pool.live} packets taken, ${held} in flight`);
  }
}
