/** @file Setting the sender's timer: time-out or tail-loss probe. */
import { CWR, OPEN } from "./congestion.ts";
import { PROBE, REORDER, RETRANSMIT, RTO_MIN, type Sender } from "./sender.ts";
import { firingTick, HZ, ticksOf } from "./time.ts";

/** Added to a probe's two round trips when more than one segment is under way, us. */
const PROBE_SLACK = 2000;

/** us until the time-out of the first segment, counted from its last transmission. */
function untilTimeout(s: Sender): number {
  const { segments } = s;
  const sent = segments.sentAt[segments.head & segments.mask]!;
  return sent + (s.rto * 1e6) / HZ - s.nowUs;
}

/** Sets the time-out anew, counting from the first segment's transmission where a probe or wait was set. */
export function rearm(s: Sender): void {
  if (s.packetsOut === 0) {
    s.clearTimer();
    return;
  }
  let ticks = s.rto;
  if (s.pending === REORDER || s.pending === PROBE) ticks = ticksOf(Math.max(1, untilTimeout(s)));
  s.setTimer(RETRANSMIT, firingTick(s.tick(), ticks));
}

/**
 * Sets the tail-loss probe (two round trips, plus the least time-out when a single segment may meet a delayed ACK),
 * unless the time-out is due before. `acked`: an ACK has just restarted the time-out. Returns whether it is set.
 */
export function scheduleProbe(s: Sender, acked: boolean): boolean {
  if (s.packetsOut === 0 || (s.state !== OPEN && s.state !== CWR)) return false;
  let ticks = HZ;
  if (s.srtt > 0) ticks = ticksOf(Math.floor(s.srtt / 4) + (s.packetsOut === 1 ? RTO_MIN : PROBE_SLACK));
  const left = acked ? (s.rto * 1e6) / HZ : untilTimeout(s);
  if (left > 0) ticks = Math.min(ticks, ticksOf(left));
  s.setTimer(PROBE, firingTick(s.tick(), ticks));
  return true;
}

/** After an ACK that calls for it. */
export function restartTimer(s: Sender): void {
  if (!scheduleProbe(s, true)) rearm(s);
}
