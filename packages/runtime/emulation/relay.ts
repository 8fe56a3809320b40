/** @file A link of the simulator's code on Node's event loop: what a relay puts in comes out when its time has come. */
import {
  createLink,
  FLOW,
  PacketPool,
  SIZE,
  type Channel,
  type Link,
  type LinkParameters,
} from "@split-et-impera/core/network";
import { LatenessHistogram } from "./lateness.ts";
import { RealClock } from "./real-clock.ts";

/** Sooner than this before an event the loop turns instead of sleeping: timers count in milliseconds. */
const TURN_NS = 2e6;

export class LoopLink {
  readonly link: Link;
  readonly lateness: LatenessHistogram;
  private readonly clock = new RealClock();
  private readonly pool = new PacketPool();
  /** What to do when the packet arrives. */
  private readonly arrivals = new Map<number, () => void>();
  private timer: NodeJS.Timeout | undefined;
  private turn: NodeJS.Immediate | undefined;
  private closed = false;

  constructor(
    parameters: LinkParameters | readonly [LinkParameters, LinkParameters],
    {
      name,
      hosts,
      seed,
      lateness,
    }: { name: string; hosts: readonly [string, string]; seed: number; lateness: LatenessHistogram },
  ) {
    const [a, b] = hosts;
    this.lateness = lateness;
    this.link = createLink(this.clock, this.pool, { name, a, b, options: parameters }, seed);
    const receiver = { receive: (packet: number) => this.arrive(packet) };
    this.link.forward.targets[0] = receiver;
    this.link.backward.targets[0] = receiver;
  }

  /** Puts a packet of `bytes`, IP header included, on a direction; `arrived` is called unless it is lost. */
  send(channel: Channel, bytes: number, arrived: () => void): void {
    if (this.closed) return;
    this.clock.catchUp();
    const packet = this.pool.take();
    this.pool.rows[packet + SIZE] = bytes;
    this.pool.rows[packet + FLOW] = 0;
    this.arrivals.set(packet, arrived);
    channel.send(packet);
    this.follow();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearImmediate(this.turn);
    this.arrivals.clear();
  }

  private arrive(packet: number): void {
    const arrived = this.arrivals.get(packet)!;
    this.arrivals.delete(packet);
    this.pool.release(packet);
    this.lateness.add(this.clock.late());
    arrived();
  }

  private follow(): void {
    clearTimeout(this.timer);
    clearImmediate(this.turn);
    const wait = this.clock.catchUp();
    if (wait === Infinity || this.closed) return;
    const again = (): void => this.follow();
    if (wait < TURN_NS) this.turn = setImmediate(again);
    else this.timer = setTimeout(again, Math.floor((wait - TURN_NS) / 1e6) + 1);
  }
}
