/** @file One direction of a link: loss, queue, rate server, delay; and the link of two directions. */
import { InputError } from "../errors/index.ts";
import { randomStream, type Random } from "../random/index.ts";
import type { Clock, EventId, Handler } from "./clock.ts";
import { createLoss, type Loss, type LossOptions } from "./loss.ts";
import { FLOW, SENT, SIZE, type PacketPool, type Receiver } from "./packet.ts";

/** What a link does to packets, the same in both directions unless two objects are given. */
export interface LinkOptions {
  /** Bits per second. */
  rate: number;
  /** One-way propagation, ns. Default 0. */
  delay?: number;
  /** Added to the delay of each packet: uniform in [0, jitter) ns; `reorder` lets packets overtake. Default none. */
  jitter?: { range: number; reorder?: boolean };
  /** What is lost on the way (default nothing), before or after the packet has taken time on the rate server. */
  loss?: LossOptions;
  lossAt?: "entry" | "exit";
  /** Packets and bytes that may wait (the one in service included); further ones are dropped. Default unbounded. */
  queue?: { packets?: number; bytes?: number };
  /** Token bucket: bytes that may leave at once after a pause. Default 0: every packet takes its time at the rate. */
  bucket?: number;
  /** Bytes of link header and trailer per packet, on top of IP. Default 14 (Ethernet as Linux counts it). */
  header?: number;
  /** `half`: both directions take turns on one medium. Default `full`. */
  duplex?: "full" | "half";
}

/** Time that a rate server is taken; half duplex shares one between two directions. */
export interface Medium {
  /** Instant (ns, not rounded) at which everything accepted so far will have left. */
  free: number;
}

/** Sees each packet that enters a direction; `fate` is what the link will do with it. */
export type Tap = (packet: number, fate: "sent" | "lost" | "overflowed") => void;

/** What became of the packets of one direction; sent = delivered + lost + overflowed + under way. */
export interface Tally {
  sent: number;
  delivered: number;
  lost: number;
  overflowed: number;
  bytes: number;
}

/**
 * One direction of a link. A packet's departure is known when it enters (the queue is first come, first served), so
 * a packet costs one event: its arrival.
 */
export class Channel implements Handler, Receiver {
  readonly tally: Tally = { sent: 0, delivered: 0, lost: 0, overflowed: 0, bytes: 0 };
  /** Sees every packet; for traces. */
  tap: Tap | undefined;
  /** By flow: who takes the packet on the far side. */
  readonly targets: Receiver[] = [];
  private readonly clock: Clock;
  private readonly pool: PacketPool;
  private readonly nsPerByte: number;
  private readonly delay: number;
  private readonly header: number;
  private readonly bucket: number;
  private readonly medium: Medium;
  private readonly lossIn: Loss | undefined;
  private readonly lossOut: Loss | undefined;
  private readonly jitter: number;
  private readonly reorder: boolean;
  private readonly jitterRandom: Random;
  private readonly limitPackets: number;
  private readonly limitBytes: number;
  // Ring of packets under way, in order of arrival.
  private packets = new Int32Array(64);
  private arrivals = new Float64Array(64);
  private head = 0;
  private tail = 0;
  // Ring of departures, for what waits in the queue.
  private departures = new Float64Array(64);
  private sizes = new Float64Array(64);
  private queueHead = 0;
  private queueTail = 0;
  private queueBytes = 0;
  private next: EventId = -1;

  constructor(clock: Clock, pool: PacketPool, options: LinkOptions, seed: number, name: string, medium: Medium) {
    this.clock = clock;
    this.pool = pool;
    this.nsPerByte = 8e9 / options.rate;
    this.delay = options.delay ?? 0;
    this.header = options.header ?? 14;
    this.bucket = (options.bucket ?? 0) * this.nsPerByte;
    this.medium = medium;
    const loss = createLoss(options.loss, randomStream(seed, `loss/${name}`));
    this.lossIn = options.lossAt === "exit" ? undefined : loss;
    this.lossOut = options.lossAt === "exit" ? loss : undefined;
    this.jitter = options.jitter?.range ?? 0;
    this.reorder = options.jitter?.reorder ?? false;
    this.jitterRandom = randomStream(seed, `jitter/${name}`);
    this.limitPackets = options.queue?.packets ?? Infinity;
    this.limitBytes = options.queue?.bytes ?? Infinity;
  }

  /** Packets between the two ends. */
  get underWay(): number {
    const { sent, delivered, lost, overflowed } = this.tally;
    return sent - delivered - lost - overflowed;
  }

  /** A hop hands on what it receives. */
  receive(packet: number): void {
    this.send(packet);
  }

  /** Puts a packet on the link; it arrives at its flow's target, or is lost and released. */
  send(packet: number): void {
    const { clock, pool, tally, medium } = this;
    const now = clock.now;
    const size = pool.rows[packet + SIZE]! + this.header;
    pool.rows[packet + SENT] = now;
    tally.sent++;
    tally.bytes += size;
    if (this.lossIn !== undefined && this.lossIn.drops(now)) {
      tally.lost++;
      this.tap?.(packet, "lost");
      pool.release(packet);
      return;
    }
    if (this.limitPackets !== Infinity || this.limitBytes !== Infinity) {
      if (!this.admit(size, now)) {
        tally.overflowed++;
        this.tap?.(packet, "overflowed");
        pool.release(packet);
        return;
      }
    }
    const time = size * this.nsPerByte;
    let departure: number;
    if (this.bucket === 0) {
      departure = (medium.free > now ? medium.free : now) + time;
      medium.free = departure;
    } else {
      // `free` is the instant at which the bucket was, or will be, empty.
      departure = Math.max(now, medium.free + time);
      medium.free = Math.max(medium.free, departure - this.bucket) + time;
    }
    if (this.limitPackets !== Infinity || this.limitBytes !== Infinity) this.enqueue(departure, size);
    if (this.lossOut !== undefined && this.lossOut.drops(departure)) {
      tally.lost++;
      this.tap?.(packet, "lost");
      pool.release(packet);
      return;
    }
    this.tap?.(packet, "sent");
    let arrival = Math.round(departure + this.delay);
    if (this.jitter > 0) {
      arrival += Math.floor(this.jitterRandom.uniform() * this.jitter);
      if (this.reorder) {
        clock.at(arrival, this, packet);
        return;
      }
      if (this.tail !== this.head) {
        arrival = Math.max(arrival, this.arrivals[(this.tail - 1) & (this.arrivals.length - 1)]!);
      }
    }
    this.push(packet, arrival);
    if (this.next === -1) this.next = clock.at(arrival, this, -1);
  }

  /** The first packet of the ring (-1), or a packet of its own way (with reordering), arrives. */
  fire(argument: number): void {
    let packet = argument;
    if (packet < 0) {
      const mask = this.packets.length - 1;
      packet = this.packets[this.head & mask]!;
      this.head++;
      this.next = this.head === this.tail ? -1 : this.clock.at(this.arrivals[this.head & mask]!, this, -1);
    }
    this.tally.delivered++;
    this.targets[this.pool.rows[packet + FLOW]!]!.receive(packet);
  }

  private push(packet: number, arrival: number): void {
    const size = this.packets.length;
    if (this.tail - this.head === size) {
      const packets = new Int32Array(size * 2);
      const arrivals = new Float64Array(size * 2);
      for (let i = 0; i < size; i++) {
        packets[i] = this.packets[(this.head + i) & (size - 1)]!;
        arrivals[i] = this.arrivals[(this.head + i) & (size - 1)]!;
      }
      this.packets = packets;
      this.arrivals = arrivals;
      this.head = 0;
      this.tail = size;
    }
    const at = this.tail++ & (this.packets.length - 1);
    this.packets[at] = packet;
    this.arrivals[at] = arrival;
  }

  private admit(size: number, now: number): boolean {
    const mask = this.departures.length - 1;
    while (this.queueHead !== this.queueTail && this.departures[this.queueHead & mask]! <= now) {
      this.queueBytes -= this.sizes[this.queueHead++ & mask]!;
    }
    return this.queueTail - this.queueHead < this.limitPackets && this.queueBytes + size <= this.limitBytes;
  }

  private enqueue(departure: number, size: number): void {
    const length = this.departures.length;
    if (this.queueTail - this.queueHead === length) {
      const departures = new Float64Array(length * 2);
      const sizes = new Float64Array(length * 2);
      for (let i = 0; i < length; i++) {
        departures[i] = this.departures[(this.queueHead + i) & (length - 1)]!;
        sizes[i] = this.sizes[(this.queueHead + i) & (length - 1)]!;
      }
      this.departures = departures;
      this.sizes = sizes;
      this.queueHead = 0;
      this.queueTail = length;
    }
    const at = this.queueTail++ & (this.departures.length - 1);
    this.departures[at] = departure;
    this.sizes[at] = size;
    this.queueBytes += size;
  }
}

/** A two-way link between hosts `a` and `b`. */
export interface Link {
  name: string;
  a: string;
  b: string;
  forward: Channel;
  backward: Channel;
}

/**
 * Makes the two directions of a link. The random streams depend on the seed and on `name/from->to` only.
 *
 * @param options for both directions, or one for each (a to b, b to a; `duplex` is the first one's).
 * @throws InputError `ERR_LINK` where a value cannot be.
 */
export function createLink(
  clock: Clock,
  pool: PacketPool,
  link: { name: string; a: string; b: string; options: LinkOptions | readonly [LinkOptions, LinkOptions] },
  seed: number,
): Link {
  const { name, a, b } = link;
  const [there, back] = "rate" in link.options ? [link.options, link.options] : link.options;
  checkLink(name, there);
  checkLink(name, back);
  const medium: Medium = { free: -Infinity };
  const other: Medium = there.duplex === "half" ? medium : { free: -Infinity };
  return {
    name,
    a,
    b,
    forward: new Channel(clock, pool, there, seed, `${name}/${a}->${b}`, medium),
    backward: new Channel(clock, pool, back, seed, `${name}/${b}->${a}`, other),
  };
}

function checkLink(name: string, options: LinkOptions): void {
  const fail = (field: string, expected: string, found: unknown): never => {
    throw new InputError("ERR_LINK", `Expected ${field} of link "${name}" to be ${expected}, got ${String(found)}`);
  };
  const { rate, delay = 0, queue, header = 14, bucket = 0, jitter } = options;
  if (!(rate > 0 && rate < Infinity)) fail("rate", "a number of bits per second above 0", rate);
  if (!(delay >= 0 && delay < Infinity)) fail("delay", "a time of 0 or more", delay);
  if (!(header >= 0)) fail("header", "0 bytes or more", header);
  if (!(bucket === 0 || bucket >= 1514)) fail("bucket", "0, or bytes for at least one full packet (1514)", bucket);
  if (jitter !== undefined && !(jitter.range >= 0)) fail("jitter", "a time of 0 or more", jitter.range);
  if (queue?.packets !== undefined && !(queue.packets >= 1)) fail("queue", "at least 1 packet", queue.packets);
  if (queue?.bytes !== undefined && !(queue.bytes >= 1514)) fail("queue", "at least 1514 bytes", queue.bytes);
  const { loss } = options;
  if (loss !== undefined && "rate" in loss) {
    if (!(loss.rate >= 0 && loss.rate <= 1)) fail("loss", "between 0 and 1", loss.rate);
    if (loss.burst !== undefined && !(loss.burst >= 1)) fail("loss burst", "1 packet or more", loss.burst);
  }
}
