/** @file Real time for what waits in the event loop: the simulator's clock, woken by timers. */
import type { Clock, EventId, Handler } from "@split-et-impera/core/network";
import { RealClock } from "../emulation/real-clock.ts";

/** Timers of the event loop are whole milliseconds: what is nearer is waited for by looking at each turn. */
const nearNs = 1e6;

/** ns of the system's monotonic clock, the same for all processes of a machine. Beyond 104 days they lose single ns. */
export const monotonicNs = (): number => {
  const [seconds, ns] = process.hrtime();
  return seconds * 1e9 + ns;
};

/** Events fire at the first turn of the event loop at or behind their instant; while one waits, the process goes on. */
export class LoopClock implements Clock {
  private readonly events = new RealClock(monotonicNs);
  private timer: { due: number; stop: () => void } | undefined;

  get now(): number {
    return monotonicNs();
  }

  at(time: number, handler: Handler, argument?: number): EventId {
    const id = this.events.at(Math.max(time, this.events.now), handler, argument);
    this.arm();
    return id;
  }

  cancel(id: EventId): void {
    this.events.cancel(id);
  }

  /** Resolves at `time`. */
  until(time: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(time, { fire: () => resolve() });
    });
  }

  private arm(): void {
    const { next } = this.events;
    if (next === Infinity || (this.timer !== undefined && this.timer.due <= next)) return;
    this.timer?.stop();
    const far = Math.floor((next - this.now) / nearNs);
    if (far >= 1) {
      const timeout = setTimeout(() => this.fire(), Math.min(far, 2 ** 30));
      this.timer = { due: next, stop: () => clearTimeout(timeout) };
    } else {
      const immediate = setImmediate(() => this.fire());
      this.timer = { due: next, stop: () => clearImmediate(immediate) };
    }
  }

  private fire(): void {
    this.timer = undefined;
    this.events.catchUp();
    this.arm();
  }
}
