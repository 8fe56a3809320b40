/** @file What an acknowledgement does to the sender: scoreboard, RTT, loss detection, state, window. */
import { ACK, BLOCK, BLOCKS, ECHO, WINDOW, LENGTH } from "../packet.ts";
import { CWR, LOSS, OPEN, RECOVERY, type RateSample } from "./congestion.ts";
import { push, retransmitLost } from "./output.ts";
import { noteReordering, rackAdvance, rackMarkLost, updateReorderingWindow } from "./rack.ts";
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
import { sampleRtt } from "./rtt.ts";
import { APP_LIMITED, EVER_RETRANS, LOST, RETRANS, SACKED } from "./segments.ts";
import { MSS, type Sender } from "./sender.ts";
import { restartTimer } from "./schedule.ts";

// What an ACK was found to be.
const ADVANCED = 1; // acknowledged something new in order
const SACKED_NEW = 2;
const DSACKED = 4;
const ORIGINAL_SACKED = 8; // something never sent again has arrived
const RETRANS_ACKED = 16;
const WINDOW_UPDATE = 32;
const SET_TIMER = 64;
const LOST_RETRANS = 128;
const HAS_DATA = 256;
const DSACK_PROBE = 512;
const MAYBE_DELAYED = 1024;

const RESEND_NONE = 0;
const RESEND_LOST = 1;
const RESEND_NEW = 2;

/** The working memory of one sender's ACK processing. */
export class AckWork {
  flag = 0;
  resend = 0;
  reorder = Infinity;
  firstSack = -1;
  lastSack = -1;
  /** The last ACK's SACK blocks, sorted; what they cover is marked already. */
  known = new Float64Array(8);
  knownCount = 0;
  blocks = new Float64Array(8);
  readonly sample: RateSample = {
    delivered: -1,
    priorDelivered: -1,
    interval: -1,
    rtt: -1,
    priorInFlight: 0,
    acked: 0,
    losses: 0,
    appLimited: false,
    ackDelayed: false,
  };
  sampleDeliveredAt = 0;
  sampleFirstSentAt = 0;
  sampleSentAt = 0;
  sampleEnd = 0;
}

/** Processes the acknowledgement in `packet` (a row of `rows`), then sends what it allows. */
export function acknowledge(s: Sender, work: AckWork, rows: Float64Array, packet: number): void {
  s.refresh();
  const ack = rows[packet + ACK]!;
  const echo = rows[packet + ECHO]!;
  const priorUna = s.sndUna;
  const prior = { delivered: s.delivered, lost: s.lost };
  const priorPackets = s.packetsOut;
  const priorInFlight = s.inFlight();
  const priorSackedEnd = s.packetsOut > 0 ? highestSacked(s) : s.sndUna;
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
  if (rows[packet + BLOCKS]! > 0) markSacked(s, work, rows, packet, ack, priorUna);
  if (priorPackets > 0) {
    if (ack > priorUna || work.firstSack >= 0) removeAcked(s, work, priorUna, priorSackedEnd, echo);
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
}

function resend(s: Sender, work: AckWork): void {
  if (work.resend === RESEND_NEW) {
    push(s);
    if (s.sndNxt > s.highSeq) return;
    s.frto = false;
  }
  retransmitLost(s);
}

function highestSacked(s: Sender): number {
  return s.sackedOut === 0 ? s.sndUna : s.sackedEnd;
}

// Scoreboard.

function markSacked(s: Sender, work: AckWork, rows: Float64Array, packet: number, ack: number, priorUna: number): void {
  const count = rows[packet + BLOCKS]!;
  const at = packet + BLOCK;
  let from = 0;
  const start = rows[at]!;
  const end = rows[at + 1]!;
  if (start < ack || (count > 1 && start >= rows[at + 2]! && end <= rows[at + 3]!)) {
    from = 1;
    duplicate(s, work, start, end, priorUna);
  }
  // The rest, sorted.
  const { blocks, known } = work;
  let used = 0;
  for (let i = from; i < count; i++) {
    const a = rows[at + 2 * i]!;
    const b = rows[at + 2 * i + 1]!;
    if (b <= ack) continue;
    let place = used++;
    for (; place > 0 && blocks[2 * place - 2]! > a; place--) {
      blocks[2 * place] = blocks[2 * place - 2]!;
      blocks[2 * place + 1] = blocks[2 * place - 1]!;
    }
    blocks[2 * place] = a;
    blocks[2 * place + 1] = b;
  }
  if (s.sackedOut === 0) work.knownCount = 0;
  for (let i = 0; i < used; i++) {
    let a = blocks[2 * i]!;
    const b = blocks[2 * i + 1]!;
    // Only what the last ACK did not tell.
    for (let k = 0; k < work.knownCount && a < b; k++) {
      const knownStart = known[2 * k]!;
      const knownEnd = known[2 * k + 1]!;
      if (knownEnd <= a) continue;
      if (knownStart >= b) break;
      if (knownStart > a) markRange(s, work, a, knownStart);
      a = knownEnd;
    }
    if (a < b) markRange(s, work, a, b);
  }
  work.blocks = known;
  work.known = blocks;
  work.knownCount = used;
  if (work.reorder < highestSacked(s) && (s.state !== LOSS || s.undoMarker !== -1)) noteReordering(s, work.reorder);
}

function duplicate(s: Sender, work: AckWork, start: number, end: number, priorUna: number): void {
  work.flag |= DSACKED;
  s.delivered++;
  s.rackDsack = true;
  if (s.probeEnd === end && s.probeRetrans) work.flag |= DSACK_PROBE;
  if (s.undoMarker !== -1 && s.undoRetrans > 0 && end > s.undoMarker && end <= Math.max(priorUna, s.sndUna)) {
    s.undoRetrans = Math.max(0, s.undoRetrans - Math.max(1, Math.ceil((end - start) / MSS)));
  }
}

function markRange(s: Sender, work: AckWork, start: number, end: number): void {
  const { segments } = s;
  for (let number = segments.find(start); number < segments.tail; number++) {
    const row = number & segments.mask;
    const seq = segments.seq[row]!;
    const segmentEnd = seq + segments.length[row]!;
    if (segmentEnd > end) break;
    const flags = segments.flags[row]!;
    if ((flags & SACKED) !== 0) continue;
    rackAdvance(s, row);
    let clear = 0;
    if ((flags & RETRANS) !== 0) {
      // Not marked lost: the retransmission is believed to be under way still.
      if ((flags & LOST) !== 0) {
        clear = LOST | RETRANS;
        s.lostOut--;
        s.retransOut--;
      }
    } else {
      if ((flags & EVER_RETRANS) === 0) {
        if (s.sackedOut > 0 && seq < s.sackedEnd && seq < work.reorder) work.reorder = seq;
        if (segmentEnd <= s.highSeq) work.flag |= ORIGINAL_SACKED;
        if (work.firstSack < 0) work.firstSack = segments.sentAt[row]!;
        work.lastSack = segments.sentAt[row]!;
      }
      if ((flags & LOST) !== 0) {
        clear = LOST;
        s.lostOut--;
      }
    }
    segments.flags[row] = (flags & ~clear) | SACKED;
    s.sackedOut++;
    s.delivered++;
    work.flag |= SACKED_NEW;
    segments.unlist(row);
    sampleSegment(s, work, row);
    if (segmentEnd > s.sackedEnd) s.sackedEnd = segmentEnd;
  }
}

/** Takes what is acknowledged off the queue and samples the RTT. */
function removeAcked(s: Sender, work: AckWork, priorUna: number, priorSackedEnd: number, echo: number): void {
  const { segments } = s;
  const priorSacked = s.sackedOut;
  let first = -1;
  let last = -1;
  let reorder = s.sndUna;
  let count = 0;
  const { delivered } = s;
  while (segments.head < segments.tail) {
    const row = segments.head & segments.mask;
    const seq = segments.seq[row]!;
    const end = seq + segments.length[row]!;
    if (end > s.sndUna) break;
    const flags = segments.flags[row]!;
    if ((flags & EVER_RETRANS) !== 0) {
      if ((flags & RETRANS) !== 0) s.retransOut--;
      work.flag |= RETRANS_ACKED;
    } else if ((flags & SACKED) === 0) {
      last = segments.sentAt[row]!;
      if (first < 0) first = last;
      if (seq < reorder) reorder = seq;
      if (end <= s.highSeq) work.flag |= ORIGINAL_SACKED;
    }
    if ((flags & SACKED) !== 0) {
      s.sackedOut--;
    } else {
      s.delivered++;
      // A copy acknowledged sooner than any round trip is the original.
      rackAdvance(s, row);
    }
    if ((flags & LOST) !== 0) s.lostOut--;
    sampleSegment(s, work, row);
    segments.shift();
    count++;
  }
  if (s.lostHint < segments.head) s.lostHint = segments.head;
  let rtt = -1;
  let lastRtt = -1;
  if (first >= 0 && (work.flag & RETRANS_ACKED) === 0) {
    rtt = s.nowUs - first;
    lastRtt = s.nowUs - last;
    if (
      count === 1 &&
      priorSacked === 0 &&
      s.sndUna - priorUna < MSS &&
      s.delivered === delivered + 1 &&
      (work.flag & (SACKED_NEW | DSACKED)) === 0
    ) {
      work.flag |= MAYBE_DELAYED;
    }
  }
  let sackRtt = -1;
  if (work.firstSack >= 0) {
    sackRtt = s.nowUs - work.firstSack;
    lastRtt = s.nowUs - work.lastSack;
  }
  const sampled = updateRtt(s, work, rtt, sackRtt, lastRtt, echo, count > 0);
  if (count > 0) {
    work.flag |= SET_TIMER;
    if (reorder < priorSackedEnd) noteReordering(s, reorder);
  } else if (sampled && sackRtt >= 0 && s.packetsOut > 0) {
    // Sent after the first segment was last (re)transmitted, or the time-out would recede for ever.
    if (sackRtt > s.nowUs - segments.sentAt[segments.head & segments.mask]!) work.flag |= SET_TIMER;
  }
  s.cc.acked?.(s, lastRtt);
}

function updateRtt(
  s: Sender,
  work: AckWork,
  rtt: number,
  sackRtt: number,
  lastRtt: number,
  echo: number,
  acked: boolean,
): boolean {
  let sample = rtt >= 0 ? rtt : sackRtt;
  let least = lastRtt;
  if (sample < 0 && acked && echo >= 0) {
    // Retransmitted: only the timestamp tells, to a millisecond.
    sample = Math.max(1, s.stamp() - echo) * 1000;
    least = sample;
  }
  work.sample.rtt = least;
  if (sample < 0) return false;
  if (least >= 0 && least < s.minRtt && (work.flag & MAYBE_DELAYED) === 0) s.minRtt = Math.max(1, least);
  else if (s.minRtt === Infinity && least >= 0) s.minRtt = Math.max(1, least);
  sampleRtt(s, sample);
  return true;
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

// Delivery-rate samples.

function startSample(work: AckWork, priorInFlight: number): void {
  const { sample } = work;
  sample.priorDelivered = -1;
  sample.delivered = -1;
  sample.interval = -1;
  sample.rtt = -1;
  sample.priorInFlight = priorInFlight;
  sample.appLimited = false;
  sample.ackDelayed = false;
  work.sampleEnd = 0;
  work.sampleSentAt = 0;
}

/** Keeps the newest of the segments that an ACK delivers. */
function sampleSegment(s: Sender, work: AckWork, row: number): void {
  const { segments } = s;
  const delivered = segments.delivered[row]!;
  if (delivered < 0) return;
  const { sample } = work;
  const sent = segments.sentAt[row]!;
  const end = segments.seq[row]! + segments.length[row]!;
  if (sample.priorDelivered < 0 || sent > work.sampleSentAt || (sent === work.sampleSentAt && end > work.sampleEnd)) {
    sample.priorDelivered = delivered;
    work.sampleDeliveredAt = segments.deliveredAt[row]!;
    work.sampleFirstSentAt = segments.firstSentAt[row]!;
    work.sampleSentAt = sent;
    work.sampleEnd = end;
    sample.appLimited = (segments.flags[row]! & APP_LIMITED) !== 0;
    s.firstSentAt = sent;
  }
  // Counted once: a SACKed segment gives no sample when it leaves the queue.
  segments.delivered[row] = -1;
}

function finishSample(s: Sender, work: AckWork, acked: number, losses: number): void {
  const { sample } = work;
  if (s.appLimited > 0 && s.delivered > s.appLimited) s.appLimited = 0;
  if (acked > 0) s.deliveredAt = s.nowUs;
  sample.acked = acked;
  sample.losses = losses;
  sample.ackDelayed = (work.flag & MAYBE_DELAYED) !== 0;
  if (sample.priorDelivered < 0) return;
  sample.delivered = s.delivered - sample.priorDelivered;
  const sending = work.sampleSentAt - work.sampleFirstSentAt;
  const acking = s.nowUs - work.sampleDeliveredAt;
  sample.interval = Math.max(sending, acking);
  if (sample.interval < s.minRtt) sample.interval = -1;
}
