/** @file A medium that several senders share by contention, as on Wi-Fi (IEEE 802.11 DCF) or a bus. */
import type { Random } from "../random/index.ts";
import type { Clock, Handler } from "./clock.ts";

export interface ContentionOptions {
  /** ns. Defaults are those of 802.11g/n: slot 9 us, gap before contention 34 us. */
  slot?: number;
  gap?: number;
  /** ns per packet besides its bytes: preamble, link acknowledgement and the space before it. Default 70 us. */
  overhead?: number;
  /** Slots to draw from at first, and at most after collisions. Default 16 and 1024. */
  windowMin?: number;
  windowMax?: number;
  /** How often a packet is sent again after a collision or a loss before it is given up. Default 7. */
  retries?: number;
}

/** A sender on the medium. */
export interface Station {
  /** ns that the bytes of its first packet take. */
  airtime(): number;
  /** Whether the air loses this attempt. */
  fails(): boolean;
  /** The first packet has left (true) or is given up; `more`: whether another waits. */
  done(delivered: boolean): boolean;
}

interface Contender {
  station: Station;
  slots: number;
  window: number;
  tries: number;
}

/**
 * Stations with a packet count down slots that they drew while the medium is free; who reaches 0 sends, two at once
 * collide. After a collision or a loss the window doubles and the packet is sent again, up to the retry limit.
 */
export class ContentionMedium implements Handler {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly options: Required<ContentionOptions>;
  private readonly contenders: Contender[] = [];
  private senders: Contender[] = [];
  private state: "idle" | "waiting" | "busy" = "idle";

  constructor(clock: Clock, random: Random, options: ContentionOptions) {
    this.clock = clock;
    this.random = random;
    this.options = {
      slot: 9000,
      gap: 34_000,
      overhead: 70_000,
      windowMin: 16,
      windowMax: 1024,
      retries: 7,
      ...options,
    };
  }

  /** A station that had nothing to send has a packet. */
  contend(station: Station): void {
    const { windowMin } = this.options;
    this.contenders.push({ station, slots: this.random.integer(windowMin), window: windowMin, tries: 0 });
    // While a round counts down, a newcomer waits for the next.
    if (this.state === "idle") this.round();
  }

  fire(): void {
    if (this.state === "waiting") this.begin();
    else this.end();
  }

  private round(): void {
    if (this.contenders.length === 0) {
      this.state = "idle";
      return;
    }
    this.state = "waiting";
    const least = Math.min(...this.contenders.map(({ slots }) => slots));
    this.senders = this.contenders.filter(({ slots }) => slots === least);
    for (const contender of this.contenders) contender.slots -= least;
    this.clock.at(Math.round(this.clock.now + this.options.gap + least * this.options.slot), this);
  }

  private begin(): void {
    this.state = "busy";
    const longest = Math.max(...this.senders.map(({ station }) => station.airtime()));
    this.clock.at(Math.round(this.clock.now + this.options.overhead + longest), this);
  }

  private end(): void {
    const { retries, windowMin, windowMax } = this.options;
    const collided = this.senders.length > 1;
    for (const contender of this.senders) {
      const failed = contender.station.fails() || collided;
      if (failed && contender.tries < retries) {
        contender.tries++;
        contender.window = Math.min(contender.window * 2, windowMax);
      } else {
        contender.tries = 0;
        contender.window = windowMin;
        if (!contender.station.done(!failed)) {
          this.contenders.splice(this.contenders.indexOf(contender), 1);
          continue;
        }
      }
      contender.slots = this.random.integer(contender.window);
    }
    this.round();
  }
}
