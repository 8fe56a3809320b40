/** @file A host as a server: a visit, or a batch of visits, at a time on each core, and an order among those that wait. */
import { internal } from "../errors/index.ts";
import type { Clock, Handler } from "../network/index.ts";
import { Batch, type BatchOptions } from "./batch.ts";
import { before, Line, type HostOrder } from "./line.ts";
import type { Visit } from "./visit.ts";

/** What a host is beside a single server. */
export interface HostOptions {
  /** Visits at once; none makes another slower. Default 1. */
  cores?: number;
  /** Visits of the same work wait for each other and are done together. Default: each alone. */
  batch?: BatchOptions;
}

/** What an event of a host means; others are the core that is done. */
const CHOOSE = -1;
const LOOK = -2;

export class Host implements Handler {
  /** Whether what can be done together is. */
  readonly batches: boolean;
  private readonly clock: Clock;
  private readonly order: HostOrder;
  private readonly batch: BatchOptions | undefined;
  /** Visits that are served each alone. */
  private readonly alone: Line;
  /** By work. */
  private readonly together = new Map<string, Batch>();
  /** By core. */
  private readonly serving: (readonly Visit[])[];
  private readonly free: number[];
  private sequence = 0;
  /** A core is free, and takes its choice when all that comes at this instant has come. */
  private choosing = false;
  /** ns, when it looks whether a batch is due. */
  private looks = Infinity;

  constructor(clock: Clock, order: HostOrder, { cores = 1, batch }: HostOptions = {}) {
    this.clock = clock;
    this.order = order;
    this.batch = batch;
    this.batches = batch !== undefined;
    this.alone = new Line(order);
    this.serving = Array.from({ length: cores }, () => []);
    this.free = this.serving.map((_, core) => core);
  }

  enter(visit: Visit): void {
    const batch = this.batchOf(visit);
    if (!batch && this.free.length > 0 && !this.choosing) {
      this.serve([visit]);
      return;
    }
    this.wait(visit, batch ?? this.alone);
    if (batch) this.look();
  }

  fire(event: number): void {
    if (event === CHOOSE) this.choose();
    else if (event === LOOK) {
      // A later look stands where an earlier time has been found since.
      if (this.looks === this.clock.now) this.looks = Infinity;
      this.look();
    } else this.done(event);
  }

  private done(core: number): void {
    const visits = this.serving[core]!;
    const ns = visits.length === 1 ? visits[0]!.proceed() : this.end(visits);
    if (ns !== undefined) {
      this.clock.at(this.clock.now + Math.round(ns), this, core);
      return;
    }
    this.free.push(core);
    this.look();
    for (const visit of visits) visit.leave();
  }

  /** Work that is done together is a visit of its own. */
  private end(visits: readonly Visit[]): undefined {
    for (const visit of visits) if (visit.proceed() !== undefined) throw internal("a batch with more work behind it");
  }

  /** Whether a free core has something to do now; if not, when to look again. */
  private look(): void {
    if (this.choosing || this.free.length === 0) return;
    const { now } = this.clock;
    let due = this.alone.length > 0 ? now : Infinity;
    for (const one of this.together.values()) due = Math.min(due, one.ready(now) ? now : one.due);
    if (due === now) {
      this.choosing = true;
      this.clock.at(now, this, CHOOSE);
    } else if (due < this.looks) {
      this.looks = due;
      this.clock.at(due, this, LOOK);
    }
  }

  private choose(): void {
    this.choosing = false;
    while (this.free.length > 0) {
      const visits = this.next();
      if (!visits) break;
      this.serve(visits);
    }
    if (this.batches) this.look();
  }

  /** Who goes next of those that can: alone, or the first of a batch that is due. */
  private next(): readonly Visit[] | undefined {
    let found: Batch | Line = this.alone;
    let first = this.alone.first;
    for (const one of this.together.values()) {
      const head = one.line.first;
      if (!head || !one.ready(this.clock.now)) continue;
      if (first && !before(head, first, this.order)) continue;
      [found, first] = [one, head];
    }
    if (!first) return undefined;
    return found instanceof Batch ? found.take() : [found.pop()!.visit];
  }

  private serve(visits: readonly Visit[]): void {
    const core = this.free.pop()!;
    this.serving[core] = visits;
    const [first] = visits;
    const { together } = first!;
    // One run of all has the time of one draw.
    const [ns] = visits.map((visit) => visit.proceed());
    const times = visits.length > 1 ? together!.times[visits.length - 1]! : 1;
    if (ns === undefined) throw internal("a visit without work");
    this.clock.at(this.clock.now + Math.round(ns * times), this, core);
  }

  private batchOf({ together }: Visit): Batch | undefined {
    if (!together || !this.batch) return undefined;
    let found = this.together.get(together.work);
    if (!found) {
      found = new Batch(this.order, this.batch, together.times.length);
      this.together.set(together.work, found);
    }
    return found;
  }

  private wait(visit: Visit, where: Batch | Line): void {
    if (this.order === "drop") {
      // At most one of each flow waits, so that lines are short enough to be made anew.
      const lines = [this.alone, ...[...this.together.values()].map(({ line }) => line)];
      for (const line of lines) {
        const other = line.find(visit.flow);
        if (!other) continue;
        if (other.visit.captured > visit.captured) {
          visit.drop();
          return;
        }
        line.remove(other);
        other.visit.drop();
      }
    }
    where.push({ visit, sequence: this.sequence++, since: this.clock.now, gone: false });
  }
}
