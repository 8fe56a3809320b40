/** @file A host as a server: one visit at a time, and an order among those that wait. */
import type { Clock, Handler } from "../network/index.ts";

/**
 * Which of the frames that wait for a host goes next.
 * - `oldest`: the one captured first. No frame is left out, and answers come in the order of capture.
 * - `newest`: the one captured last; older ones wait until nothing newer does.
 * - `drop`: as newest, and a frame that waits when a newer one of its flow comes is left out.
 */
export type HostOrder = "oldest" | "newest" | "drop";
export const hostOrders: readonly HostOrder[] = ["oldest", "newest", "drop"];

/** A frame's stay on a host: one or more pieces of work, with nothing else between them. */
export interface Visit {
  /** ns; frames go by the time of their capture. */
  readonly captured: number;
  /** Frames of one flow can stand for each other. */
  readonly flow: unknown;
  /** Begins the next piece of work and returns how long it takes, ns; undefined when there is none and the host is free. */
  proceed(): number | undefined;
  /** The visit is over, and the host free for others. */
  leave(): void;
  /** The host passes it over for good. */
  drop(): void;
}

interface Waiting {
  visit: Visit;
  /** Ties go to who came first. */
  sequence: number;
}

/** What an event of a host means. */
const DONE = 0;
const CHOOSE = 1;

export class Host implements Handler {
  private readonly clock: Clock;
  private readonly order: HostOrder;
  /** A heap: who goes first is at 0. */
  private readonly line: Waiting[] = [];
  private sequence = 0;
  private serving: Visit | undefined;
  /** The host is free, and takes its choice when all that comes at this instant has come. */
  private choosing = false;

  constructor(clock: Clock, order: HostOrder) {
    this.clock = clock;
    this.order = order;
  }

  enter(visit: Visit): void {
    if (this.serving === undefined && !this.choosing) this.serve(visit);
    else this.wait(visit);
  }

  fire(event: number): void {
    if (event === CHOOSE) {
      this.choosing = false;
      this.serve(this.pop()!);
      return;
    }
    const visit = this.serving!;
    if (this.work(visit)) return;
    this.serving = undefined;
    this.choosing = this.line.length > 0;
    if (this.choosing) this.clock.at(this.clock.now, this, CHOOSE);
    visit.leave();
  }

  private serve(visit: Visit): void {
    this.serving = visit;
    this.work(visit);
  }

  /** Whether the visit has more to do. */
  private work(visit: Visit): boolean {
    const ns = visit.proceed();
    if (ns === undefined) return false;
    this.clock.at(this.clock.now + Math.round(ns), this, DONE);
    return true;
  }

  private wait(visit: Visit): void {
    let waits = visit;
    if (this.order === "drop") {
      // At most one of each flow waits, so that the line is short enough to be made anew.
      const other = this.line.find((one) => one.visit.flow === visit.flow)?.visit;
      if (other !== undefined) {
        const [older, newer] = other.captured <= visit.captured ? [other, visit] : [visit, other];
        const rest = this.line.splice(0).filter((one) => one.visit !== other);
        for (const one of rest) this.push(one);
        waits = newer;
        older.drop();
      }
    }
    this.push({ visit: waits, sequence: this.sequence++ });
  }

  private before(a: Waiting, b: Waiting): boolean {
    if (a.visit.captured === b.visit.captured) return a.sequence < b.sequence;
    return a.visit.captured < b.visit.captured === (this.order === "oldest");
  }

  private push(entry: Waiting): void {
    const { line } = this;
    let place = line.length;
    line.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.before(entry, line[parent]!)) break;
      line[place] = line[parent]!;
      place = parent;
    }
    line[place] = entry;
  }

  private pop(): Visit | undefined {
    const { line } = this;
    const first = line[0];
    const last = line.pop();
    if (first === undefined || last === undefined || line.length === 0) return first?.visit;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= line.length) break;
      if (child + 1 < line.length && this.before(line[child + 1]!, line[child]!)) child++;
      if (!this.before(line[child]!, last)) break;
      line[place] = line[child]!;
      place = child;
    }
    line[place] = last;
    return first.visit;
  }
}
