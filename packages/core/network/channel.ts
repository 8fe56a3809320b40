/** @file One direction of a link: loss, queue, rate server, delay. */
import { randomStream } from "../random/index.ts";
import type { Clock, EventId, Handler } from "./clock.ts";
import { Codel } from "./codel.ts";
import { ETHERNET_HEADER } from "./headers.ts";
import { createJitter } from "./jitter.ts";
import type { LinkParameters } from "./link-options.ts";
import { createLoss, duringOutages, type Loss } from "./loss.ts";
import type { ContentionMedium, Station } from "./medium.ts";
import type { Outages } from "./outages.ts";
import { FLOW, SENT, SIZE, type PacketPool, type Receiver } from "./packet.ts";
import { createService, valueAt, type Service, type Trace } from "./service.ts";

/** Time that a rate server is taken; half duplex shares one between two directions. */
export interface Medium {
  /** Instant (ns, not rounded) at which everything accepted so far will have left. */
  free: number;
}

/** In place of how often a packet was lost: it is not sent again. */
const GIVEN_UP = -1;

/**
 * Sees each packet that enters a direction; `fate` is what the link will do with it.
 * @param departure ns, not rounded, at which it has left the queue and the sender's interface; NaN unless it is sent
 */
export type Tap = (packet: number, fate: "sent" | "lost" | "overflowed", departure: number) => void;

/** What became of the packets of one direction; sent = delivered + lost + overflowed + under way. */
export interface Tally {
  sent: number;
  delivered: number;
  lost: number;
  overflowed: number;
  bytes: number;
}

/** What a direction of a link is made of. */
export interface ChannelPlace {
  options: LinkParameters;
  seed: number;
  /** Names its random streams. */
  name: string;
  medium: Medium;
  /** Where senders contend. */
  shared?: ContentionMedium | undefined;
  /** When the link is down. */
  outages?: Outages | undefined;
}

/**
 * One direction of a link. A packet's departure is known when it enters (the queue is first come, first served), so
 * a packet costs one event: its arrival.
 */
export class Channel implements Handler, Receiver, Station {
  readonly tally: Tally = { sent: 0, delivered: 0, lost: 0, overflowed: 0, bytes: 0 };
  /** Sees every packet; for traces. */
  tap: Tap | undefined;
  /** Sees every packet that comes out at the far end; for traces. */
  arrived: ((packet: number) => void) | undefined;
  /** By flow: who takes the packet on the far side. */
  readonly targets: Receiver[] = [];
  private readonly clock: Clock;
  private readonly pool: PacketPool;
  private readonly nsPerByte: number;
  private readonly delay: number;
  private readonly delayTrace: Trace | undefined;
  /** For rates that are not constant. */
  private readonly service: Service | undefined;
  private readonly codel: Codel | undefined;
  private readonly shared: ContentionMedium | undefined;
  /** Packets that wait for CoDel or for the medium: known one by one when they leave. */
  private readonly line: number[] = [];
  private lineBytes = 0;
  /** On a contended medium, of each that waits: how often it was lost, and whether it is through (1); and how many are on air. */
  private readonly tries: number[] = [];
  private readonly through: number[] = [];
  private onAir = 0;
  private readonly server: Handler;
  private serving = false;
  private readonly header: number;
  private readonly bucket: number;
  private readonly medium: Medium;
  private readonly airLoss: Loss | undefined;
  private readonly lossIn: Loss | undefined;
  private readonly lossOut: Loss | undefined;
  private readonly jitter: (() => number) | undefined;
  /** Whether delays differ from packet to packet, and whether packets overtake each other then. */
  private readonly varies: boolean;
  private readonly overtakes: boolean;
  /** Whether the queue has a bound, and whether packets wait in line for CoDel or for the medium. */
  private readonly bounded: boolean;
  private readonly lined: boolean;
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

  constructor(clock: Clock, pool: PacketPool, { options, seed, name, medium, shared, outages }: ChannelPlace) {
    this.clock = clock;
    this.pool = pool;
    this.nsPerByte = typeof options.rate === "number" ? 8e9 / options.rate : 0;
    const waiting = options.outages?.packets === "wait" ? outages : undefined;
    this.service =
      typeof options.rate === "number" && waiting === undefined ? undefined : createService(options.rate, waiting);
    this.delay = typeof options.delay === "number" ? options.delay : 0;
    this.delayTrace = typeof options.delay === "object" ? options.delay : undefined;
    this.codel = options.codel === undefined ? undefined : new Codel(options.codel);
    this.shared = shared;
    this.server = {
      fire: () => {
        this.serving = false;
        this.serve();
      },
    };
    this.header = options.header ?? ETHERNET_HEADER;
    this.bucket = (options.bucket ?? 0) * this.nsPerByte;
    this.medium = medium;
    const loss = createLoss(options.loss, randomStream(seed, `loss/${name}`));
    // On a contended medium a lost attempt is repeated by the link itself.
    const air = shared !== undefined;
    this.airLoss = air ? loss : undefined;
    const lossIn = air || options.lossAt === "exit" ? undefined : loss;
    this.lossIn = outages === undefined || waiting !== undefined ? lossIn : duringOutages(outages, lossIn);
    this.lossOut = !air && options.lossAt === "exit" ? loss : undefined;
    this.jitter = createJitter(options.jitter, randomStream(seed, `jitter/${name}`));
    this.overtakes = this.jitter !== undefined && (options.jitter?.reorder ?? false);
    this.varies = this.jitter !== undefined || this.delayTrace !== undefined;
    this.limitPackets = options.queue?.packets ?? Infinity;
    this.limitBytes = options.queue?.bytes ?? Infinity;
    this.bounded = this.limitPackets !== Infinity || this.limitBytes !== Infinity;
    this.lined = this.codel !== undefined || shared !== undefined;
  }

  /** Whether packets arrive in the order in which they enter. */
  get inOrder(): boolean {
    return !this.overtakes;
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
      this.tap?.(packet, "lost", NaN);
      pool.release(packet);
      return;
    }
    if (this.lined) {
      this.wait(packet, size);
      return;
    }
    const { bounded } = this;
    if (bounded && !this.admit(size, now)) {
      this.refuse(packet);
      return;
    }
    let departure: number;
    if (this.bucket === 0) {
      const start = medium.free > now ? medium.free : now;
      departure = this.service === undefined ? start + size * this.nsPerByte : this.service.finish(start, size);
      medium.free = departure;
    } else {
      // `free` is the instant at which the bucket was, or will be, empty.
      const time = size * this.nsPerByte;
      departure = Math.max(now, medium.free + time);
      medium.free = Math.max(medium.free, departure - this.bucket) + time;
    }
    if (bounded) this.enqueue(departure, size);
    this.depart(packet, departure);
  }

  /** The packet has left the rate server, or will at `departure`. */
  private depart(packet: number, departure: number): void {
    const { clock, pool, tally } = this;
    if (this.lossOut !== undefined && this.lossOut.drops(departure)) {
      tally.lost++;
      this.tap?.(packet, "lost", NaN);
      pool.release(packet);
      return;
    }
    this.tap?.(packet, "sent", departure);
    let arrival = Math.round(departure + this.delay);
    if (this.varies) {
      arrival = this.varied(departure);
      if (this.overtakes) {
        clock.at(arrival, this, packet);
        return;
      }
    }
    this.push(packet, arrival);
    if (this.next === -1) this.next = clock.at(arrival, this, -1);
  }

  /** The arrival where delays differ from packet to packet; unless they overtake each other, no sooner than the last one's. */
  private varied(departure: number): number {
    const delay = this.delayTrace === undefined ? this.delay : valueAt(this.delayTrace, departure).value;
    const arrival = Math.round(departure + delay) + (this.jitter?.() ?? 0);
    if (this.overtakes || this.tail === this.head) return arrival;
    return Math.max(arrival, this.arrivals[(this.tail - 1) & (this.arrivals.length - 1)]!);
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
    this.arrived?.(packet);
    this.targets[this.pool.rows[packet + FLOW]!]!.receive(packet);
  }

  private refuse(packet: number): void {
    this.tally.overflowed++;
    this.tap?.(packet, "overflowed", NaN);
    this.pool.release(packet);
  }

  // Queues whose head is looked at when it leaves.

  private wait(packet: number, size: number): void {
    if (this.line.length >= this.limitPackets || this.lineBytes + size > this.limitBytes) {
      this.refuse(packet);
      return;
    }
    this.line.push(packet);
    this.lineBytes += size;
    if (this.shared !== undefined) {
      this.tries.push(0);
      this.through.push(0);
      if (this.line.length === 1) this.shared.contend(this);
    } else if (!this.serving) {
      this.serve();
    }
  }

  private shift(): number {
    const packet = this.line.shift()!;
    this.lineBytes -= this.pool.rows[packet + SIZE]! + this.header;
    return packet;
  }

  /** Sends what waits, when the server is free. */
  private serve(): void {
    const { now } = this.clock;
    while (this.line.length > 0) {
      if (this.medium.free > now) {
        this.serving = true;
        this.clock.at(Math.ceil(this.medium.free), this.server);
        return;
      }
      const packet = this.shift();
      if (this.codel!.drops(now, now - this.pool.rows[packet + SENT]!, this.lineBytes)) {
        this.refuse(packet);
        continue;
      }
      const size = this.pool.rows[packet + SIZE]! + this.header;
      const departure = this.service === undefined ? now + size * this.nsPerByte : this.service.finish(now, size);
      this.medium.free = departure;
      this.depart(packet, departure);
    }
  }

  airtime(): number {
    const { aggregate, longest } = this.shared!.options;
    this.onAir = 0;
    let sum = 0;
    for (let i = 0, taken = 0; i < this.line.length && taken < aggregate; i++) {
      if (this.through[i] === 1) continue;
      const bytes = this.sizeOf(this.line[i]!);
      if (taken > 0 && this.timeOf(sum + bytes) > longest) break;
      sum += bytes;
      taken++;
      this.onAir = i + 1;
    }
    return this.timeOf(sum);
  }

  /** ns that bytes take from now on. */
  private timeOf(bytes: number): number {
    const { now } = this.clock;
    return this.service === undefined ? bytes * this.nsPerByte : this.service.finish(now, bytes) - now;
  }

  private sizeOf(packet: number): number {
    return this.pool.rows[packet + SIZE]! + this.header;
  }

  sent(collided: boolean): { again: boolean; more: boolean } {
    const { retries } = this.shared!.options;
    const { now } = this.clock;
    let arrived = 0;
    let givenUp = 0;
    for (let i = 0; i < this.onAir; i++) {
      if (this.through[i] === 1) continue;
      const lost = collided || (this.airLoss !== undefined && this.airLoss.drops(now));
      if (!lost) {
        this.through[i] = 1;
        arrived++;
      } else if (++this.tries[i]! > retries) {
        this.tries[i] = GIVEN_UP;
        this.through[i] = 1;
        givenUp++;
      }
    }
    // The far end hands on in order: what came behind one that is sent again waits for it.
    while (this.line.length > 0 && this.through[0] === 1) {
      const lost = this.tries[0] === GIVEN_UP;
      this.through.shift();
      this.tries.shift();
      const packet = this.shift();
      if (lost) {
        this.tally.lost++;
        this.tap?.(packet, "lost", NaN);
        this.pool.release(packet);
      } else {
        this.depart(packet, now);
      }
    }
    return { again: arrived === 0 && givenUp === 0, more: this.line.length > 0 };
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
