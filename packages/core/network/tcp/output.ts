/** @file What leaves, and when: new segments under the windows, lost ones again. */
import { PSH, RETRANSMISSION } from "../packet.ts";
import { CWR, OPEN, RECOVERY } from "./congestion.ts";
import { APP_LIMITED, EVER_RETRANS, LOST, RETRANS, SACKED } from "./segments.ts";
import { MSS } from "../headers.ts";
import { CHUNK_SEGMENTS, REORDER, RETRANSMIT, type Sender } from "./sender.ts";
import { firingTick } from "./time.ts";
import { rearm, scheduleProbe } from "./schedule.ts";

/** A segment that could be larger waits for the next ACK unless this share of the window can go. */
const DEFER_SHARE = 3;

/** Sends what the windows allow. */
export function push(s: Sender): void {
  if (s.sndNxt < s.written && !s.broken) sendNew(s, false);
}

/** Sends one new segment whatever the window says (a loss probe). Returns whether one went. */
export function sendProbe(s: Sender): boolean {
  const before = s.packetsOut;
  sendNew(s, true);
  return s.packetsOut > before;
}

function sendNew(s: Sender, probe: boolean): void {
  let sent = 0;
  let windowLimited = false;
  const maxSegments = segmentsAtOnce(s);
  while (s.sndNxt < s.written) {
    if (s.paced && !probe && paceBlocks(s)) break;
    const flying = s.inFlight();
    let quota = s.cwnd > flying ? Math.min(Math.max(Math.floor(s.cwnd / 2), 1), s.cwnd - flying) : 0;
    if (quota === 0) {
      if (!probe) break;
      quota = 1;
    }
    while (s.chunkEnds[0]! <= s.sndNxt) s.chunkEnds.shift();
    const last = s.chunkEnds.length === 1;
    const length = s.chunkEnds[0]! - s.sndNxt;
    const room = s.windowEnd - s.sndNxt;
    if (Math.min(length, MSS) > room) break;
    let limit = length;
    if (length <= MSS) {
      if (last && s.nagle && length < MSS && s.packetsOut > 0 && !probe) {
        // Nagle as Minshall put it: only one small segment at a time.
        if (s.smallEnd > s.sndUna && s.smallEnd <= s.sndNxt) break;
      }
    } else {
      if (!probe && defers(s, length, last, maxSegments, room)) {
        if ((s.cwnd - flying) * MSS < room) windowLimited = true;
        break;
      }
      const most = MSS * Math.min(quota, maxSegments);
      if (!(most <= room && !last) || most > length) {
        const needed = Math.min(length, room);
        limit = most <= needed ? most : s.nagle && needed === length ? needed - (needed % MSS) || needed : needed;
      } else {
        limit = most;
      }
    }
    sent += sendSegments(s, limit);
    if (probe) break;
  }
  if (s.inFlight() >= s.cwnd) windowLimited = true;
  if (sent > 0) {
    if (s.state === CWR || s.state === RECOVERY) s.prrOut += sent;
    if (!probe) scheduleProbe(s, false);
  }
  if (sent > 0 || windowLimited) validateWindow(s, windowLimited);
}

/** Sends `bytes` from sndNxt on, as segments. Returns how many. */
function sendSegments(s: Sender, bytes: number): number {
  const { segments } = s;
  const first = segments.tail === segments.head;
  if (first || s.inFlight() === 0) s.cc.restart?.(s);
  let count = 0;
  const end = s.sndNxt + bytes;
  if (first) {
    s.firstSentAt = s.nowUs;
    s.deliveredAt = s.nowUs;
  }
  while (s.sndNxt < end) {
    const seq = s.sndNxt;
    const length = Math.min(MSS, end - seq);
    const row = segments.push(seq, length, s.nowUs);
    segments.delivered[row] = s.delivered;
    segments.deliveredAt[row] = s.deliveredAt;
    segments.firstSentAt[row] = s.firstSentAt;
    if (s.appLimited > 0) segments.flags[row] = APP_LIMITED;
    s.sndNxt = seq + length;
    s.counts.segments++;
    count++;
    s.transmit(seq, length, s.sndNxt === s.chunkEnds[0] ? PSH : 0);
    if (length < MSS) s.smallEnd = s.sndNxt;
  }
  if (s.paced) pace(s, bytes);
  s.lastSendNs = s.clock.now;
  s.lastSendTick = s.tick();
  if (first) rearm(s);
  return count;
}

/** How many segments are handed down at once: about a millisecond at the pacing rate, more where the RTT is small. */
export function segmentsAtOnce(s: Sender): number {
  let bytes = s.pacingRate === 0 ? 65_536 : s.pacingRate / 1024;
  const shift = Math.floor(s.minRtt / 512);
  if (shift < 16) bytes += 65_536 >> shift;
  return Math.min(CHUNK_SEGMENTS, Math.max(2, Math.floor(bytes / MSS)));
}

/** Whether to wait for the next ACK in order to send more at once. */
function defers(s: Sender, length: number, last: boolean, most: number, room: number): boolean {
  if (s.state >= RECOVERY) return false;
  if (s.clock.now - s.lastSendNs > 1e6) return false;
  const congestion = (s.cwnd - s.inFlight()) * MSS;
  const limit = Math.min(room, congestion);
  if (limit >= most * MSS) return false;
  if (!last && limit >= length) return false;
  if (limit >= Math.floor(Math.min(s.window, s.cwnd * MSS) / DEFER_SHARE)) return false;
  const { segments } = s;
  if (segments.head === segments.tail) return false;
  // If the next ACK is not likely within half a round trip, do not wait for it.
  if (s.nowUs - segments.sentAt[segments.head & segments.mask]! < s.srtt / 16) return false;
  return true;
}

/** `bytes` have left: when the next may. The first ten segments are not paced; lateness is made up for by half. */
function pace(s: Sender, bytes: number): void {
  const { now } = s.clock;
  const late = Math.max(0, now - s.paceNext);
  if (s.paceNext < now) s.paceNext = now;
  if (s.counts.segments <= 10 || s.pacingRate <= 0) return;
  const wait = Math.round((bytes * 1e9) / s.pacingRate);
  s.paceNext += wait - Math.min(Math.floor(wait / 2), late);
}

function paceBlocks(s: Sender): boolean {
  if (s.paceNext <= s.clock.now) return false;
  if (s.paceTimer === -1) s.paceTimer = s.clock.at(s.paceNext, s.pacer);
  return true;
}

/** Notes whether the window or the application was the limit; an unused window shrinks after a time-out's time. */
function validateWindow(s: Sender, windowLimited: boolean): void {
  const out = s.packetsOut;
  if (s.sndUna >= s.usageEnd || windowLimited || (!s.windowLimited && out > s.maxPacketsOut)) {
    s.windowLimited = windowLimited;
    s.maxPacketsOut = out;
    s.usageEnd = s.sndNxt;
  }
  const now = s.tick();
  if (s.limitedByWindow()) {
    s.cwndUsed = 0;
    s.cwndStamp = now;
    return;
  }
  if (out > s.cwndUsed) s.cwndUsed = out;
  if (now - s.cwndStamp < s.rto || s.cc.control !== undefined) return;
  if (s.state === OPEN) {
    const used = Math.max(s.cwndUsed, s.initialWindow);
    if (used < s.cwnd) {
      s.ssthresh = s.currentSsthresh();
      s.cwnd = Math.floor((s.cwnd + used) / 2);
    }
  }
  s.cwndUsed = 0;
  s.cwndStamp = now;
}

/** Sends segment `number` again. `probe`: as a loss probe, which does not count as under way. */
export function retransmit(s: Sender, number: number, probe: boolean): void {
  const { segments } = s;
  const row = number & segments.mask;
  const flags = segments.flags[row]!;
  segments.flags[row] = flags | EVER_RETRANS | (probe ? 0 : RETRANS);
  segments.sentAt[row] = s.nowUs;
  segments.delivered[row] = s.delivered;
  segments.deliveredAt[row] = s.deliveredAt;
  segments.firstSentAt[row] = s.firstSentAt;
  segments.append(row);
  s.counts.segments++;
  s.counts.retransmissions++;
  s.lastSendNs = s.clock.now;
  s.lastSendTick = s.tick();
  if (!probe) {
    s.retransOut++;
    if (s.retransStamp < 0) s.retransStamp = s.stamp();
    if (s.undoRetrans < 0) s.undoRetrans = 0;
    s.undoRetrans++;
  }
  const seq = segments.seq[row]!;
  const length = segments.length[row]!;
  s.transmit(seq, length, RETRANSMISSION | (seq + length === s.written ? PSH : 0));
}

/** Sends lost segments again, lowest first, as the window allows. */
export function retransmitLost(s: Sender): void {
  const { segments } = s;
  if (segments.head === segments.tail) return;
  let rearmTimer = false;
  let number = Math.max(segments.head, s.lostHint);
  for (; number < segments.tail; number++) {
    if (s.retransOut >= s.lostOut) break;
    const flags = segments.flags[number & segments.mask]!;
    if ((flags & LOST) === 0 || (flags & (SACKED | RETRANS)) !== 0) continue;
    if (s.cwnd <= s.inFlight()) break;
    if (s.paced && paceBlocks(s)) break;
    retransmit(s, number, false);
    if (s.paced) pace(s, segments.length[number & segments.mask]!);
    if (s.state === CWR || s.state === RECOVERY) s.prrOut++;
    if (number === segments.head && s.pending !== REORDER) rearmTimer = true;
  }
  s.lostHint = number;
  if (rearmTimer) s.setTimer(RETRANSMIT, firingTick(s.tick(), s.rto));
}
