/** @file RACK (RFC 8985): a segment is lost when one sent later has arrived and a reordering window has passed. */
import { RECOVERY } from "./congestion.ts";
import { smoothedRtt } from "./rtt.ts";
import { EVER_RETRANS, LOST, RETRANS, SACKED } from "./segments.ts";
import { MSS } from "../headers.ts";
import { REORDER, type Sender } from "./sender.ts";
import { firingTick, ticksOf } from "./time.ts";

/** Least wait of the reordering timer, us. */
const TIMER_MIN = 2000;

/** The segment in `row` was newly acknowledged or SACKed. */
export function rackAdvance(s: Sender, row: number): void {
  const { segments } = s;
  const sent = segments.sentAt[row]!;
  const rtt = s.nowUs - sent;
  // An ACK sooner than the least RTT after a retransmission belongs to the original.
  if (rtt < s.minRtt && (segments.flags[row]! & EVER_RETRANS) !== 0) return;
  s.rackAdvanced = true;
  s.rackRtt = rtt;
  const end = segments.seq[row]! + segments.length[row]!;
  if (sent > s.rackSent || (sent === s.rackSent && end > s.rackEnd)) {
    s.rackSent = sent;
    s.rackEnd = end;
  }
}

/** How long a segment may be overtaken before it counts as lost, us. */
export function reorderingWindow(s: Sender): number {
  if (s.reorderSeen === 0 && (s.state >= RECOVERY || s.sackedOut >= s.reordering)) return 0;
  return Math.min(Math.floor(s.minRtt / 4) * s.rackSteps, smoothedRtt(s));
}

/** Marks what is lost; returns the time (us) after which the next segment would be, 0 when none waits. */
export function detectLoss(s: Sender): number {
  const { segments } = s;
  const window = reorderingWindow(s);
  let wait = 0;
  let row = segments.first();
  while (row !== -1) {
    const next = segments.after(row);
    const flags = segments.flags[row]!;
    if ((flags & LOST) !== 0 && (flags & RETRANS) === 0) {
      row = next;
      continue;
    }
    const sent = segments.sentAt[row]!;
    const end = segments.seq[row]! + segments.length[row]!;
    if (!(s.rackSent > sent || (s.rackSent === sent && s.rackEnd > end))) break;
    const left = s.rackRtt + window - (s.nowUs - sent);
    if (left <= 0) {
      markLost(s, row);
      segments.unlist(row);
    } else if (left > wait) {
      wait = left;
    }
    row = next;
  }
  return wait;
}

/** After an ACK: marks losses, and sets the reordering timer when some may follow. Returns whether it set it. */
export function rackMarkLost(s: Sender): boolean {
  if (!s.rackAdvanced) return false;
  s.rackAdvanced = false;
  const wait = detectLoss(s);
  if (wait === 0) return false;
  s.setTimer(REORDER, firingTick(s.tick(), ticksOf(wait + TIMER_MIN)));
  return true;
}

export function markLost(s: Sender, row: number): void {
  const { segments } = s;
  const flags = segments.flags[row]!;
  if ((flags & SACKED) !== 0) return;
  if ((flags & LOST) !== 0) {
    if ((flags & RETRANS) !== 0) {
      // The retransmission is lost too.
      segments.flags[row] = flags & ~RETRANS;
      s.retransOut--;
      s.lost++;
    }
  } else {
    segments.flags[row] = flags | LOST;
    s.lostOut++;
    s.lost++;
  }
  const number = segments.find(segments.seq[row]!);
  if (number < s.lostHint) s.lostHint = number;
}

/** Widens the reordering window after DSACKs, and lets it shrink after recoveries without. */
export function updateReorderingWindow(s: Sender, priorDelivered: number): void {
  if (priorDelivered >= 0 && priorDelivered < s.rackDelivered) s.rackDsack = false;
  if (s.rackDsack) {
    s.rackSteps = Math.min(0xff, s.rackSteps + 1);
    s.rackDsack = false;
    s.rackDelivered = s.delivered;
    s.rackPersist = 16;
  } else if (s.rackPersist === 0) {
    s.rackSteps = 1;
  }
}

/** A segment that began at `low` was overtaken: what is in order no longer means what it did. */
export function noteReordering(s: Sender, low: number): void {
  const { sackedEnd } = s;
  if (low >= sackedEnd) return;
  const metric = Math.ceil((sackedEnd - low) / MSS);
  if (metric > s.reordering) s.reordering = Math.min(metric, 300);
  s.reorderSeen++;
}
