/** @file The simulator's clock on real time: the same heap of events, fired when their instant has come. */
import { VirtualClock } from "@split-et-impera/core/network";

/**
 * A {@link VirtualClock} that follows a real one. While an event fires, `now` is the instant for which it was scheduled,
 * so that what follows from it is computed as in the simulator, however late the machine is; how late is told by
 * {@link RealClock.late}.
 */
export class RealClock extends VirtualClock {
  private readonly source: () => number;

  /** @param source ns since any start, never going back */
  constructor(source: () => number = monotonic()) {
    super();
    this.source = source;
  }

  /** Fires what is due and follows the real clock. Returns ns until the next event, Infinity where none waits. */
  catchUp(): number {
    const real = this.source();
    this.run(real);
    if (real > this.now) this.now = real;
    return this.next - this.now;
  }

  /** ns by which the real clock is ahead of `now`: within an event, how late it fires. */
  late(): number {
    return this.source() - this.now;
  }
}

/** The system's monotonic clock from now on, integer ns. */
export function monotonic(): () => number {
  const start = performance.now();
  return () => Math.round((performance.now() - start) * 1e6);
}
