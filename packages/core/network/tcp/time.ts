/** @file The coarse clock of a host's timers. */

/** Ticks per second; timers fire on ticks. */
export const HZ = 250;
export const TICK = 1e9 / HZ;

/** Ticks for a time in us, rounded up. */
export function ticksOf(us: number): number {
  return Math.ceil((us * HZ) / 1e6);
}

/**
 * Tick on which a timer fires that was set `ticks` ahead at tick `now`: one later, so that it is never early, and
 * rounded up to the granule of its level in the timer wheel (64 slots a level, each level 8 times coarser).
 */
export function firingTick(now: number, ticks: number): number {
  const due = now + ticks;
  let granule = 1;
  for (let reach = 63; ticks >= reach && granule < 2 ** 24; reach *= 8) granule *= 8;
  return (Math.floor(due / granule) + 1) * granule;
}
