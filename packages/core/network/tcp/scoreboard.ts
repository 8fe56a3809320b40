/** @file What has arrived, as SACK and cumulative acknowledgements tell it (RFC 2018, 6675), and the RTT they show. */
import { BLOCK, BLOCKS } from "../packet.ts";
import {
  DSACKED,
  DSACK_PROBE,
  MAYBE_DELAYED,
  ORIGINAL_SACKED,
  RETRANS_ACKED,
  SACKED_NEW,
  SET_TIMER,
  type AckWork,
} from "./ack-work.ts";
import { LOSS } from "./congestion.ts";
import { sampleSegment } from "./delivery.ts";
import { noteReordering, rackAdvance } from "./rack.ts";
import { sampleRtt } from "./rtt.ts";
import { EVER_RETRANS, LOST, RETRANS, SACKED } from "./segments.ts";
import { MSS } from "../headers.ts";
import type { Sender } from "./sender.ts";

export function highestSacked(s: Sender): number {
  return s.sackedOut === 0 ? s.sndUna : s.sackedEnd;
}

export function markSacked(s: Sender, work: AckWork, rows: Float64Array, packet: number): void {
  const { ack } = work;
  const count = rows[packet + BLOCKS]!;
  const at = packet + BLOCK;
  let from = 0;
  const start = rows[at]!;
  const end = rows[at + 1]!;
  if (start < ack || (count > 1 && start >= rows[at + 2]! && end <= rows[at + 3]!)) {
    from = 1;
    duplicate(s, work, start, end);
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

function duplicate(s: Sender, work: AckWork, start: number, end: number): void {
  work.flag |= DSACKED;
  s.delivered++;
  s.rackDsack = true;
  if (s.probeEnd === end && s.probeRetrans) work.flag |= DSACK_PROBE;
  if (s.undoMarker !== -1 && s.undoRetrans > 0 && end > s.undoMarker && end <= Math.max(work.priorUna, s.sndUna)) {
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
export function removeAcked(s: Sender, work: AckWork): void {
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
      s.sndUna - work.priorUna < MSS &&
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
  const sampled = updateRtt(s, work, rtt >= 0 ? rtt : sackRtt, lastRtt, count > 0);
  if (count > 0) {
    work.flag |= SET_TIMER;
    if (reorder < work.priorSackedEnd) noteReordering(s, reorder);
  } else if (sampled && sackRtt >= 0 && s.packetsOut > 0) {
    // Sent after the first segment was last (re)transmitted, or the time-out would recede for ever.
    if (sackRtt > s.nowUs - segments.sentAt[segments.head & segments.mask]!) work.flag |= SET_TIMER;
  }
  s.cc.acked?.(s, lastRtt);
}

/**
 * Takes the RTT that the ACK shows, us: of the first segment that it acknowledges or SACKs, and of the last; -1: none.
 * Returns whether there was one.
 */
function updateRtt(s: Sender, work: AckWork, first: number, last: number, acked: boolean): boolean {
  let sample = first;
  let least = last;
  if (sample < 0 && acked && work.echo >= 0) {
    // Retransmitted: only the timestamp tells, to a millisecond.
    sample = Math.max(1, s.stamp() - work.echo) * 1000;
    least = sample;
  }
  work.sample.rtt = least;
  if (sample < 0) return false;
  if (least >= 0 && least < s.minRtt && (work.flag & MAYBE_DELAYED) === 0) s.minRtt = Math.max(1, least);
  else if (s.minRtt === Infinity && least >= 0) s.minRtt = Math.max(1, least);
  sampleRtt(s, sample);
  return true;
}
