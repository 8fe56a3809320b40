/** @file The sender's timer: retransmission time-out, tail-loss probe, RACK's reordering wait. One is set at a time. */
import { RECOVERY } from "./congestion.ts";
import { retransmit, retransmitLost, sendProbe } from "./output.ts";
import { detectLoss } from "./rack.ts";
import { enterLoss, enterRecovery, reduceWindow } from "./recovery.ts";
import { rearm } from "./schedule.ts";
import { MSS } from "../headers.ts";
import { NONE, PROBE, REORDER, RETRANSMIT, RTO_MAX_TICKS, type Sender } from "./sender.ts";
import { firingTick } from "./time.ts";

/** Time-outs in a row after which the connection is given up. */
const RETRIES = 15;

/** The timer has fired. */
export function onTimer(s: Sender): void {
  const { pending } = s;
  if (pending === PROBE) {
    probe(s);
  } else if (pending === REORDER) {
    reorderTimeout(s);
  } else {
    s.pending = NONE;
    timeout(s);
  }
}

function probe(s: Sender): void {
  // One probe an episode.
  if (s.probeEnd === -1 && s.packetsOut > 0) {
    let sent = false;
    s.probeRetrans = false;
    if (s.sndNxt < s.written && s.windowEnd >= s.sndNxt + Math.min(MSS, s.written - s.sndNxt)) {
      sent = sendProbe(s);
    } else {
      retransmit(s, s.segments.tail - 1, true);
      s.probeRetrans = true;
      sent = true;
    }
    if (sent) {
      s.probeEnd = s.sndNxt;
      s.counts.probes++;
      s.pending = NONE;
    }
  }
  rearm(s);
}

function reorderTimeout(s: Sender): void {
  const before = s.inFlight();
  const { lost } = s;
  detectLoss(s);
  if (before !== s.inFlight()) {
    if (s.state !== RECOVERY) {
      enterRecovery(s);
      if (s.cc.control === undefined) reduceWindow(s, 1, s.lost - lost, false);
    }
    retransmitLost(s);
  }
  if (s.pending !== RETRANSMIT) rearm(s);
}

function timeout(s: Sender): void {
  if (s.packetsOut === 0) return;
  if (s.retransmits >= RETRIES) {
    s.broken = true;
    s.giveUp();
    return;
  }
  s.counts.timeouts++;
  enterLoss(s);
  retransmit(s, s.segments.head, false);
  s.backoff++;
  s.retransmits++;
  s.rto = Math.min(s.rto * 2, RTO_MAX_TICKS);
  s.setTimer(RETRANSMIT, firingTick(s.tick(), s.rto));
}
