/** @file What an acknowledgement does to the sender: scoreboard, loss detection, state, window. */
import { ACK, BLOCKS, ECHO, LENGTH, WINDOW } from "../packet.ts";
import {
  ADVANCED,
  DSACKED,
  DSACK_PROBE,
  HAS_DATA,
  LOST_RETRANS,
  ORIGINAL_SACKED,
  RESEND_LOST,
  RESEND_NEW,
  RESEND_NONE,
  SACKED_NEW,
  SET_TIMER,
  WINDOW_UPDATE,
  type AckWork,
} from "./ack-work.ts";
import { CWR, LOSS, OPEN, RECOVERY } from "./congestion.ts";
import { finishSample, startSample } from "./delivery.ts";
import { push, retransmitLost } from "./output.ts";
import { rackMarkLost, updateReorderingWindow } from "./rack.ts";
import {
  endReduction,
  enterRecovery,
  keepOpen,
  leaveRecovery,
  reduceWindow,
  startReduction,
  undoByDsack,
  undoLoss,
  undoPartial,
} from "./recovery.ts";
import { restartTimer } from "./schedule.ts";
import { release } from "./send-buffer.ts";
import { highestSacked, markSacked, removeAcked } from "./scoreboard.ts";
import { MSS } from "../headers.ts";
import type { Sender } from "./sender.ts";

/** Processes the acknowledgement in `packet` (a row of `rows`), then sends what it allows. */
export function acknowledge(s: Sender, work: AckWork, rows: Float64Array, packet: number): void {
  s.refresh();
  const ack = (work.ack = rows[packet + ACK]!);
  const echo = (work.echo = rows[packet + ECHO]!);
  const priorUna = (work.priorUna = s.sndUna);
  const prior = { delivered: s.delivered, lost: s.lost };
  const priorPackets = s.packetsOut;
  const priorInFlight = s.inFlight();
  work.priorSackedEnd = s.packetsOut > 0 ? highestSacked(s) : s.sndUna;
  work.flag = rows[packet + LENGTH]! > 0 ? HAS_DATA : 0;
  work.resend = RESEND_NONE;
  work.reorder = Infinity;
  work.firstSack = work.lastSack = -1;
  startSample(work, priorInFlight);

  const windowEnd = ack + rows[packet + WINDOW]!;
  if (ack > priorUna) {
    work.flag |= ADVANCED;
    s.retransmits = 0;
    s.sndUna = ack;
  }
  if (ack >= priorUna && (ack > priorUna || windowEnd > s.windowEnd)) {
    if (rows[packet + WINDOW]! !== s.window) work.flag |= WINDOW_UPDATE;
    s.windowEnd = windowEnd;
    s.window = rows[packet + WINDOW]!;
    if (s.window > s.maxWindow) s.maxWindow = s.window;
  }
  if (rows[packet + BLOCKS]! > 0) markSacked(s, work, rows, packet);
  if (priorPackets > 0) {
    if (ack > priorUna || work.firstSack >= 0) removeAcked(s, work);
    updateReorderingWindow(s, work.sample.priorDelivered);
    if (s.probeEnd !== -1) probeAcked(s, ack, work.flag);
    const dubious =
      (work.flag & (HAS_DATA | WINDOW_UPDATE | ADVANCED)) === 0 ||
      (work.flag & (SACKED_NEW | DSACKED)) !== 0 ||
      s.state !== OPEN;
    if (dubious) alert(s, work, echo);
    if ((work.flag & SET_TIMER) !== 0) restartTimer(s);
    const acked = s.delivered - prior.delivered;
    const losses = s.lost - prior.lost;
    if (s.cc.control !== undefined) {
      finishSample(s, work, acked, losses);
      s.cc.control(s, work.sample);
    } else {
      if (s.state === CWR || s.state === RECOVERY) {
        reduceWindow(s, acked, losses, (work.flag & ADVANCED) !== 0);
      } else if (
        (work.flag & ADVANCED) !== 0 ||
        (s.reordering > 3 && (work.flag & (SACKED_NEW | WINDOW_UPDATE)) !== 0)
      ) {
        s.cc.avoid(s, acked);
      }
      updatePacingRate(s);
    }
    if (work.resend !== RESEND_NONE) resend(s, work);
  }
  push(s);
  if (s.blocked && ack > priorUna) release(s);
}

function resend(s: Sender, work: AckWork): void {
  if (work.resend === RESEND_NEW) {
    push(s);
    if (s.sndNxt > s.highSeq) return;
    s.frto = false;
  }
  retransmitLost(s);
}

// The state machine.

function probeAcked(s: Sender, ack: number, flag: number): void {
  if (ack < s.probeEnd) return;
  if (!s.probeRetrans || (flag & DSACK_PROBE) !== 0) {
    s.probeEnd = -1;
  } else if (ack > s.probeEnd) {
    // The probe repaired a loss: the window is reduced as for any.
    startReduction(s);
    s.setState(CWR);
    endReduction(s);
    keepOpen(s);
  } else if ((flag & (ADVANCED | HAS_DATA | WINDOW_UPDATE | SACKED_NEW)) === 0) {
    s.probeEnd = -1;
  }
}

function alert(s: Sender, work: AckWork, echo: number): void {
  const duplicateAck = (work.flag & (ADVANCED | HAS_DATA | WINDOW_UPDATE | DSACKED)) === 0;
  const advanced = (work.flag & ADVANCED) !== 0;
  if (s.state === OPEN) {
    if (s.retransOut === 0) s.retransStamp = -1;
  } else if (s.sndUna >= s.highSeq) {
    if (s.state === CWR) {
      if (s.sndUna !== s.highSeq) {
        endReduction(s);
        s.setState(OPEN);
      }
    } else if (s.state === RECOVERY) {
      // First the undo: it keeps the window that it brings back.
      leaveRecovery(s, echo);
      endReduction(s);
    }
  }
  if (s.state === RECOVERY) {
    if (advanced && undoPartial(s, echo)) return;
    if (undoByDsack(s)) keepOpen(s);
    identifyLoss(s, work);
    if (s.state !== RECOVERY) {
      if (s.lostOut === 0) return;
      enterRecovery(s);
    }
  } else {
    if (s.state === LOSS) {
      processLoss(s, work, echo, duplicateAck);
      identifyLoss(s, work);
      if (!isOpen(s) && (work.flag & LOST_RETRANS) === 0) return;
    } else {
      undoByDsack(s);
      identifyLoss(s, work);
    }
    if (s.lostOut === 0) {
      if (!s.anyRetransmitted()) s.retransStamp = -1;
      if (s.state !== CWR) keepOpen(s);
      return;
    }
    enterRecovery(s);
  }
  work.resend = RESEND_LOST;
}

/** Asked anew where a call may have changed the state. */
function isOpen(s: Sender): boolean {
  return s.state === OPEN;
}

function identifyLoss(s: Sender, work: AckWork): void {
  if (s.packetsOut === 0) return;
  const before = s.retransOut;
  if (rackMarkLost(s)) work.flag &= ~SET_TIMER;
  if (before > s.retransOut) work.flag |= LOST_RETRANS;
}

/** After a time-out: tells a spurious one by F-RTO, and goes back to normal when all is repaired. */
function processLoss(s: Sender, work: AckWork, echo: number, duplicateAck: boolean): void {
  const recovered = s.sndUna >= s.highSeq;
  const advanced = (work.flag & ADVANCED) !== 0;
  if (advanced && undoLoss(s, false, echo)) return;
  if (s.frto) {
    if ((work.flag & ORIGINAL_SACKED) !== 0 && undoLoss(s, true, echo)) return;
    if (s.sndNxt > s.highSeq) {
      if ((work.flag & SACKED_NEW) !== 0 || duplicateAck) s.frto = false;
    } else if (advanced && !recovered) {
      s.highSeq = s.sndNxt;
      if (s.sndNxt < s.written && s.windowEnd > s.sndNxt) {
        work.resend = RESEND_NEW;
        return;
      }
      s.frto = false;
    }
  }
  if (recovered) {
    leaveRecovery(s, echo);
    return;
  }
  work.resend = RESEND_LOST;
}

function updatePacingRate(s: Sender): void {
  if (s.srtt === 0) return;
  // Twice the rate of the window in slow start, 1.2 times it after.
  const factor = s.cwnd < s.ssthresh / 2 ? 2 : 1.2;
  s.pacingRate = (factor * MSS * Math.max(s.cwnd, s.packetsOut) * 8e6) / s.srtt;
}
