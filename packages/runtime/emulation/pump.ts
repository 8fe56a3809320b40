/** @file Packets from one device to another through the simulator's link, on a real clock. */
import {
  COLUMNS,
  createLink,
  FLOW,
  PacketPool,
  SIZE,
  type Channel,
  type Link,
  type LinkParameters,
} from "@split-et-impera/core/network";
import { LatenessHistogram, type Lateness } from "./lateness.ts";
import type { RealClock } from "./real-clock.ts";

/** Where packets come from and go to: a TUN device, or memory in tests. Neither call waits. */
export interface Device {
  /** Takes the next packet into `packet`, which holds any; returns its bytes, 0 where none waits. */
  read(packet: Uint8Array): number;
  /** Hands over the first `bytes` of `packet`; false where the device has no room for it. */
  write(packet: Uint8Array, bytes: number): boolean;
}

/** What the link was asked to do, both directions together or apart. */
export interface PumpOptions {
  parameters: LinkParameters | readonly [LinkParameters, LinkParameters];
  seed: number;
  /** Names the random streams of its losses, as in a simulation: see `createLink`. */
  name: string;
  hosts: readonly [string, string];
  /** Bytes of the largest packet, IP header included. */
  mtu: number;
}

/** What became of packets that entered the link. */
export interface PumpCounters {
  sent: number;
  delivered: number;
  lossesByLink: number;
  queueDrops: number;
  /** Had no place in the emulator's memory, or in the device that they were to go to. */
  refused: number;
  lateness: Lateness;
}

/** Packets that the emulator holds at most, so that a link without a bound cannot take all memory. */
const MOST_PACKETS = 65_536;
/** Packets for which memory is taken at a time. */
const BLOCK = 512;
/** Packets read from one device before the other, and the clock, are looked at. */
const BATCH = 16;

export class Pump {
  private readonly clock: RealClock;
  private readonly pool = new PacketPool();
  private readonly link: Link;
  private readonly devices: readonly [Device, Device];
  private readonly mtu: number;
  private readonly lateness = new LatenessHistogram();
  /** Packets that found no place here, and in the device that they were to go to. */
  private turnedAway = 0;
  private refused = 0;
  /** By row of the pool: the packet's bytes, kept for the row's next packet. */
  private readonly contents: Uint8Array[] = [];
  private readonly spare: Uint8Array;

  /** @throws InputError `ERR_LINK` where the link cannot be */
  constructor(clock: RealClock, devices: readonly [Device, Device], options: PumpOptions) {
    const { parameters, seed, name, hosts, mtu } = options;
    const [a, b] = hosts;
    this.clock = clock;
    this.devices = devices;
    this.mtu = mtu;
    this.spare = new Uint8Array(mtu);
    this.link = createLink(clock, this.pool, { name, a, b, options: parameters }, seed);
    this.link.forward.targets[0] = { receive: (packet) => this.release(packet, devices[1]) };
    this.allocate();
    this.link.backward.targets[0] = { receive: (packet) => this.release(packet, devices[0]) };
  }

  /**
   * Releases what is due and takes in what waits. Returns ns until it should be called again if nothing comes in
   * between: 0 where more waits, Infinity where nothing is under way.
   */
  step(): number {
    let more = this.take(this.devices[0], this.link.forward);
    more = this.take(this.devices[1], this.link.backward) || more;
    const wait = this.clock.catchUp();
    return more ? 0 : wait;
  }

  counters(): PumpCounters {
    const { forward, backward } = this.link;
    const sum = (what: "sent" | "delivered" | "lost" | "overflowed"): number =>
      forward.tally[what] + backward.tally[what];
    return {
      sent: sum("sent") + this.turnedAway,
      delivered: sum("delivered"),
      lossesByLink: sum("lost"),
      queueDrops: sum("overflowed"),
      refused: this.turnedAway + this.refused,
      lateness: this.lateness.summary(),
    };
  }

  /** Whether the device may have more. */
  private take(device: Device, channel: Channel): boolean {
    for (let i = 0; i < BATCH; i++) {
      if (this.pool.live >= MOST_PACKETS) {
        if (device.read(this.spare) === 0) return false;
        this.turnedAway++;
        continue;
      }
      const packet = this.pool.take();
      const bytes = device.read(this.contentOf(packet));
      if (bytes === 0) {
        this.pool.release(packet);
        return false;
      }
      // What was due before it came goes first: it may free the queue.
      this.clock.catchUp();
      this.pool.rows[packet + SIZE] = bytes;
      this.pool.rows[packet + FLOW] = 0;
      channel.send(packet);
    }
    return true;
  }

  private release(packet: number, device: Device): void {
    if (!device.write(this.contentOf(packet), this.pool.rows[packet + SIZE]!)) this.refused++;
    this.pool.release(packet);
    this.lateness.add(this.clock.late());
  }

  private contentOf(packet: number): Uint8Array {
    const row = packet / COLUMNS;
    while (row >= this.contents.length) this.allocate();
    return this.contents[row]!;
  }

  /** Room for more packets at once: an allocation for each would be the collector's work, and ours to wait for. */
  private allocate(): void {
    const block = new ArrayBuffer(BLOCK * this.mtu);
    for (let i = 0; i < BLOCK; i++) this.contents.push(new Uint8Array(block, i * this.mtu, this.mtu));
  }
}
