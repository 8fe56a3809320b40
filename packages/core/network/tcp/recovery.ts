/** @file Loss recovery: entering and leaving it, proportional rate reduction (RFC 6937), undo. */
import { CWR, DISORDER, LOSS, OPEN, RECOVERY } from "./congestion.ts";
import { markLost } from "./rack.ts";
import { LOST, SACKED } from "./segments.ts";
import { REORDERING, type Sender } from "./sender.ts";

const NO_THRESHOLD = 0x7fffffff;

/** Starts a reduction of the window; PRR then brings it down over a round trip. */
export function startReduction(s: Sender): void {
  s.highSeq = s.sndNxt;
  s.probeEnd = -1;
  s.cwndCount = 0;
  s.priorCwnd = s.cwnd;
  s.prrDelivered = 0;
  s.prrOut = 0;
  s.ssthresh = s.cc.ssthresh(s);
}

export function enterRecovery(s: Sender): void {
  s.counts.recoveries++;
  s.priorSsthresh = 0;
  initUndo(s);
  if (s.state !== CWR && s.state !== RECOVERY) {
    s.priorSsthresh = s.currentSsthresh();
    startReduction(s);
  }
  s.setState(RECOVERY);
}

function initUndo(s: Sender): void {
  s.undoMarker = s.sndUna;
  s.undoRetrans = s.retransOut + (s.probeEnd !== -1 && s.probeRetrans ? 1 : 0);
  // 0 would mean that every retransmission proved needless.
  if (s.undoRetrans === 0) s.undoRetrans = -1;
}

/** PRR: sends in proportion to what is delivered, then slowly up to ssthresh. */
export function reduceWindow(s: Sender, acked: number, lost: number, advanced: boolean): void {
  if (acked <= 0 || s.priorCwnd === 0) return;
  const flying = s.inFlight();
  const delta = s.ssthresh - flying;
  s.prrDelivered += acked;
  let send: number;
  if (delta < 0) {
    send = Math.floor((s.ssthresh * s.prrDelivered + s.priorCwnd - 1) / s.priorCwnd) - s.prrOut;
  } else {
    send = Math.max(s.prrDelivered - s.prrOut, acked);
    if (advanced && lost === 0) send++;
    send = Math.min(delta, send);
  }
  // The first retransmission always goes.
  send = Math.max(send, s.prrOut > 0 ? 0 : 1);
  s.cwnd = flying + send;
}

/** What was under way when the reduction began has arrived: the window is ssthresh. */
export function endReduction(s: Sender): void {
  if (s.cc.control !== undefined) return;
  if (s.ssthresh < NO_THRESHOLD && (s.state === CWR || s.undoMarker !== -1)) {
    s.cwnd = s.ssthresh;
    s.cwndStamp = s.tick();
  }
}

/** The time-out has come: everything that is not SACKed (nor recently sent) is lost, the window is one segment more. */
export function enterLoss(s: Sender): void {
  const { segments } = s;
  const fresh = s.state < RECOVERY;
  for (let number = segments.head; number < segments.tail; number++) {
    const row = number & segments.mask;
    if ((segments.flags[row]! & SACKED) !== 0) continue;
    if (number !== segments.head && s.rackRtt - (s.nowUs - segments.sentAt[row]!) > 0) continue;
    markLost(s, row);
    segments.unlist(row);
  }
  if (s.state <= DISORDER || s.highSeq <= s.sndUna || (s.state === LOSS && s.retransmits === 0)) {
    s.priorSsthresh = s.currentSsthresh();
    s.priorCwnd = s.cwnd;
    s.ssthresh = s.cc.ssthresh(s);
    initUndo(s);
  }
  s.cwnd = s.inFlight() + 1;
  s.cwndCount = 0;
  s.cwndStamp = s.tick();
  if (s.state === DISORDER && s.sackedOut >= s.reordering) s.reordering = Math.min(s.reordering, REORDERING);
  const again = s.retransmits > 0;
  s.setState(LOSS);
  s.highSeq = s.sndNxt;
  s.probeEnd = -1;
  s.frto = fresh || again;
}

/** Open when nothing is missing, else Disorder. */
export function keepOpen(s: Sender): void {
  const state = s.sackedOut + s.lostOut > 0 || s.anyRetransmitted() ? DISORDER : OPEN;
  if (state !== s.state) {
    s.setState(state);
    s.highSeq = s.sndNxt;
  }
}

/** Takes the reduction back. */
export function undoReduction(s: Sender, unmark: boolean): void {
  s.counts.undos++;
  if (unmark) {
    const { segments } = s;
    for (let number = segments.head; number < segments.tail; number++) {
      const row = number & segments.mask;
      segments.flags[row] = segments.flags[row]! & ~LOST;
    }
    s.lostOut = 0;
    s.lostHint = Infinity;
  }
  if (s.priorSsthresh !== 0) {
    s.cwnd = s.cc.undo(s);
    if (s.priorSsthresh > s.ssthresh) s.ssthresh = s.priorSsthresh;
  }
  s.cwndStamp = s.tick();
  s.undoMarker = -1;
  s.rackAdvanced = true;
}

/** The ACK echoes a time before the first retransmission: the original had only been late (Eifel, RFC 4015). */
function originalWasLate(s: Sender, echo: number): boolean {
  return s.retransStamp >= 0 && echo >= 0 && echo < s.retransStamp;
}

function mayUndo(s: Sender, echo: number): boolean {
  return s.undoMarker !== -1 && (s.undoRetrans === 0 || originalWasLate(s, echo));
}

/** All that was under way is acknowledged: back to Open, with the old window if the loss was none. */
export function leaveRecovery(s: Sender, echo: number): void {
  if (mayUndo(s, echo)) undoReduction(s, false);
  else if (s.rackPersist > 0) s.rackPersist--;
  s.setState(OPEN);
}

/** DSACKs have shown every retransmission to be needless. */
export function undoByDsack(s: Sender): boolean {
  if (s.undoMarker === -1 || s.undoRetrans !== 0) return false;
  s.rackPersist = Math.min(16, s.rackPersist + 1);
  undoReduction(s, false);
  return true;
}

/** The time-out was spurious (F-RTO, RFC 5682; Eifel). */
export function undoLoss(s: Sender, certain: boolean, echo: number): boolean {
  if (!certain && !mayUndo(s, echo)) return false;
  undoReduction(s, true);
  s.retransmits = 0;
  s.setState(OPEN);
  return true;
}

/** A partial ACK for an original that was late. Returns whether the ACK needs no more treatment. */
export function undoPartial(s: Sender, echo: number): boolean {
  if (s.undoMarker === -1 || !originalWasLate(s, echo)) return false;
  if (s.retransOut > 0) return true;
  if (!s.anyRetransmitted()) s.retransStamp = -1;
  undoReduction(s, true);
  keepOpen(s);
  return true;
}
