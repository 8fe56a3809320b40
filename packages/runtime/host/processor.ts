/** @file A host's work: one frame at a time, and an order among those that wait, as the simulator's hosts have it. */
import type { HostOrder } from "@split-et-impera/core/frames";

export interface Job {
  /** Frames go by the order of their capture. */
  frame: number;
  run(): Promise<void>;
  /** It is passed over for good. */
  drop(): void;
}

/** Frames that wait at once at most, and bytes of them; beyond it the one that would go last is dropped. */
const mostWaiting = 4096;
const mostWaitingBytes = 2 ** 28;
/** Other work that waits at once at most. */
const mostGuests = 256;

export class Processor {
  private readonly order: HostOrder;
  private readonly line: Job[] = [];
  private readonly first: (() => Promise<void>)[] = [];
  private readonly guests: (() => Promise<void>)[] = [];
  private busy = false;
  private idle: (() => void)[] = [];

  /** Frames that may wait. */
  private most = 1;

  /** @param frameBytes that a frame takes while it waits */
  constructor(order: HostOrder, frameBytes: number) {
    this.order = order;
    this.frameBytes = frameBytes;
  }

  set frameBytes(bytes: number) {
    const room = Math.min(mostWaiting, Math.floor(mostWaitingBytes / Math.max(1, bytes)));
    this.most = this.order === "drop" ? 1 : Math.max(1, room);
  }

  enter(job: Job): void {
    // Nearly always they come in order: the place is looked for from the end.
    let at = this.line.length;
    while (at > 0 && this.line[at - 1]!.frame > job.frame) at--;
    this.line.splice(at, 0, job);
    if (this.line.length > this.most) (this.order === "oldest" ? this.line.pop() : this.line.shift())!.drop();
    if (!this.busy) void this.work();
  }

  /**
   * Work that is of no frame: the first that came goes next, by turns with frames, so that neither starves the other.
   * @returns undefined where too much of it waits already
   */
  beside<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.guests.length >= mostGuests) return undefined;
    const done = new Promise<T>((resolve, reject) => {
      this.guests.push(() => work().then(resolve, reject));
    });
    if (!this.busy) void this.work();
    return done;
  }

  /** Work between two frames, before all that waits. */
  between(work: () => Promise<void>): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.first.push(() => work().then(resolve, reject));
    });
    if (!this.busy) void this.work();
    return done;
  }

  /** Resolves when nothing waits or runs. */
  drained(): Promise<void> {
    return this.busy ? new Promise((resolve) => this.idle.push(resolve)) : Promise.resolve();
  }

  private async work(): Promise<void> {
    this.busy = true;
    for (;;) {
      const first = this.first.shift();
      if (first) await first();
      const job = this.order === "oldest" ? this.line.shift() : this.line.pop();
      const guest = this.guests.shift();
      if (!job && !guest && this.first.length === 0) break;
      await job?.run();
      await guest?.();
    }
    this.busy = false;
    for (const tell of this.idle.splice(0)) tell();
  }
}
