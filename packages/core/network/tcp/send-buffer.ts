/** @file What the application has written and the send buffer holds, and when it may write more. */
import { push, segmentsAtOnce } from "./output.ts";
import { MSS } from "../headers.ts";
import { CHUNK_SEGMENTS, SEGMENT_MEMORY, type Sender } from "./sender.ts";

/** The most that the buffer grows to, bytes (tcp_wmem). */
const BUFFER_MAX = 4_194_304;
/** Memory of a chunk besides its payload, bytes. */
const HEAD = 1280;

/** The application writes `bytes`; what does not fit waits until acknowledgements have made room. */
export function write(s: Sender, bytes: number): void {
  s.refresh();
  restartAfterIdle(s);
  if (s.written - s.sndNxt < MSS && s.inFlight() < s.cwnd && s.lostOut <= s.retransOut) {
    // Until what is under way now has arrived, delivery tells of the application, not of the path.
    s.appLimited = Math.max(1, s.delivered + s.inFlight());
  }
  s.unwritten += bytes;
  if (!s.blocked) fill(s);
}

/** Copies what the application has to say into chunks, as far as the buffer allows. */
function fill(s: Sender): void {
  const ends = s.chunkEnds;
  while (s.unwritten > 0) {
    const goal = chunkBytes(s);
    let room = ends.length > 0 && s.written > s.sndNxt ? Math.max(s.chunkStart, s.sndNxt) + goal - s.written : 0;
    if (room <= 0) {
      if (heldBytes(s) >= s.buffer) {
        s.blocked = true;
        break;
      }
      s.chunkStart = s.written;
      ends.push(s.written);
      room = goal;
    }
    const taken = Math.min(room, s.unwritten);
    s.written += taken;
    s.unwritten -= taken;
    ends[ends.length - 1] = s.written;
    if (taken === room) push(s);
  }
  push(s);
}

/** After an acknowledgement: the writer is woken when a third of the buffer is free. */
export function release(s: Sender): void {
  if (!s.blocked) return;
  const needed = (s.cc.control === undefined ? 2 : 3) * Math.max(s.initialWindow, s.cwnd, s.reordering + 1);
  // A buffer that keeps the window full is large enough.
  if (s.inFlight() < s.cwnd) s.buffer = Math.max(s.buffer, Math.min(needed * SEGMENT_MEMORY, BUFFER_MAX));
  const held = heldBytes(s);
  if (s.buffer - held < held / 2) return;
  s.blocked = false;
  fill(s);
}

/** Memory of what is written and not acknowledged: its bytes, and a head for each buffer that they stand in. */
function heldBytes(s: Sender): number {
  return s.written - s.sndUna + HEAD * (s.chunkEnds.length + s.packetsOut / segmentsAtOnce(s));
}

function chunkBytes(s: Sender): number {
  // A chunk never exceeds half the largest window seen.
  const half = Math.floor(s.maxWindow / 2 / MSS);
  return MSS * Math.max(1, Math.min(CHUNK_SEGMENTS, half));
}

/** Halves the window per time-out that passed without sending (slow start after idle). */
function restartAfterIdle(s: Sender): void {
  if (s.packetsOut > 0 || s.cc.control !== undefined) return;
  let idle = s.tick() - s.lastSendTick;
  if (idle <= s.rto) return;
  s.cc.restart?.(s);
  s.ssthresh = s.currentSsthresh();
  const floor = Math.min(s.initialWindow, s.cwnd);
  while ((idle -= s.rto) > 0 && s.cwnd > floor) s.cwnd = Math.floor(s.cwnd / 2);
  s.cwnd = Math.max(s.cwnd, floor);
  s.cwndStamp = s.tick();
  s.cwndUsed = 0;
}
