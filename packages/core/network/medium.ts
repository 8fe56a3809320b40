/** @file A medium that several senders share by contention, as on Wi-Fi (IEEE 802.11 DCF) or a bus. */
import type { Random } from "../random/index.ts";
import type { Clock, EventId, Handler } from "./clock.ts";

export interface ContentionOptions {
  /** ns. Defaults are those of 802.11g/n: slot 9 us, gap before contention 34 us. */
  slot?: number;
  gap?: number;
  /** ns per access besides its bytes: preamble, link acknowledgement and the space before it. Default 70 us. */
  overhead?: number;
  /** The same where it collided: nobody acknowledges, but all wait as if (EIFS). Default `overhead`. */
  collision?: number;
  /** Slots to draw from at first, and at most after collisions. Default 16 and 1024. */
  windowMin?: number;
  windowMax?: number;
  /** How often a packet is sent again after a collision or a loss before it is given up. Default 7. */
  retries?: number;
  /** Packets per access at most (A-MPDU), as far as they take no longer than `longest` ns. Default 1, and 5.484 ms (802.11n). */
  aggregate?: number;
  longest?: number;
}

/** A sender on the medium. */
export interface Station {
  /** It has won an access: ns that the bytes which it sends take. */
  airtime(): number;
  /**
   * They are sent. `again`: nothing of it arrived, and it is tried again with a larger window; `more`: whether anything
   * waits.
   */
  sent(collided: boolean): { again: boolean; more: boolean };
}

interface Contender {
  station: Station;
  /** Slots to count down, from the round's origin on. */
  slots: number;
  window: number;
}

export const contentionDefaults = {
  slot: 9000,
  gap: 34_000,
  overhead: 70_000,
  windowMin: 16,
  windowMax: 1024,
  retries: 7,
  aggregate: 1,
  longest: 5_484_000,
} as const satisfies ContentionOptions;

/**
 * Stations with a packet count down slots that they drew while the medium is free; who reaches 0 sends, two at once
 * collide. After a collision or a loss the window doubles, up to the retry limit. Who comes to a medium that has been free
 * for the gap sends at once, unless it has sent just before and is still counting.
 */
export class ContentionMedium implements Handler {
  readonly options: Required<ContentionOptions>;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly contenders: Contender[] = [];
  /** Until when a station counts down slots behind its last packet. */
  private readonly counting = new Map<Station, number>();
  private senders: Contender[] = [];
  private state: "idle" | "counting" | "busy" = "idle";
  /** When slot 0 begins: the gap behind the end of the last access. */
  private origin = -Infinity;
  private next: EventId = -1;

  constructor(clock: Clock, random: Random, options: ContentionOptions) {
    this.clock = clock;
    this.random = random;
    const { overhead = contentionDefaults.overhead } = options;
    this.options = { ...contentionDefaults, collision: overhead, ...options };
  }

  /** A station that had nothing to send has a packet. */
  contend(station: Station): void {
    const { windowMin, slot } = this.options;
    const { now } = this.clock;
    const until = this.counting.get(station) ?? -Infinity;
    const fresh = (): number => this.random.integer(windowMin);
    let slots: number;
    if (this.state === "busy" || now < this.origin) {
      slots = until > now ? Math.ceil((until - Math.max(now, this.origin)) / slot) : fresh();
    } else {
      if (this.state === "idle") this.origin = now;
      slots = Math.ceil(Math.max(0, Math.max(until, now) - this.origin) / slot);
    }
    this.contenders.push({ station, slots: Math.max(0, slots), window: windowMin });
    if (this.state !== "busy") this.count();
  }

  fire(): void {
    if (this.state === "counting") this.begin();
    else this.end();
  }

  /** Waits for whoever is through first. */
  private count(): void {
    if (this.state === "counting") this.clock.cancel(this.next);
    if (this.contenders.length === 0) {
      this.state = "idle";
      return;
    }
    this.state = "counting";
    const least = Math.min(...this.contenders.map(({ slots }) => slots));
    const at = Math.max(this.clock.now, Math.round(this.origin + least * this.options.slot));
    this.next = this.clock.at(at, this);
  }

  private begin(): void {
    this.state = "busy";
    const least = Math.min(...this.contenders.map(({ slots }) => slots));
    this.senders = this.contenders.filter(({ slots }) => slots === least);
    for (const contender of this.contenders) contender.slots -= least;
    const longest = Math.max(...this.senders.map(({ station }) => station.airtime()));
    const { overhead, collision } = this.options;
    this.clock.at(Math.round(this.clock.now + longest + (this.senders.length > 1 ? collision : overhead)), this);
  }

  private end(): void {
    const { windowMin, windowMax, gap, slot } = this.options;
    const { now } = this.clock;
    this.origin = now + gap;
    const collided = this.senders.length > 1;
    for (const contender of this.senders) {
      const { again, more } = contender.station.sent(collided);
      contender.window = again ? Math.min(contender.window * 2, windowMax) : windowMin;
      contender.slots = this.random.integer(contender.window);
      if (more) continue;
      this.contenders.splice(this.contenders.indexOf(contender), 1);
      this.counting.set(contender.station, this.origin + contender.slots * slot);
    }
    this.state = "idle";
    this.count();
  }
}
