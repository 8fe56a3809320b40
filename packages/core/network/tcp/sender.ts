/** @file The sending half of a connection's end: its state, and what other files of this folder ask of it. */
import type { Clock, EventId, Handler } from "../clock.ts";
import { CWR, OPEN, RECOVERY, type Congestion, type CongestionName } from "./congestion.ts";
import { EVER_RETRANS, Segments } from "./segments.ts";
import { HZ, TICK } from "./time.ts";

/** The largest buffer that is handed down at once: 64 KiB less headers, in whole segments. */
export const CHUNK_SEGMENTS = 45;
/** Memory of a full segment as the send buffer counts it, bytes: two windows of them make the buffer. */
export const SEGMENT_MEMORY = 2304;
/** Initial window (RFC 6928), segments. */
export const INITIAL_WINDOW = 10;
/** Least retransmission time-out, us (Linux; RFC 6298 asks for 1 s). */
export const RTO_MIN = 200_000;
export const RTO_MAX_TICKS = 120 * HZ;
/** Duplicate ACKs that make a loss without RACK's wait. */
export const REORDERING = 3;

/** What the timer of the sender is set for. */
export const NONE = 0;
export const RETRANSMIT = 1;
export const PROBE = 2;
export const REORDER = 3;

export interface SenderOptions {
  cc: CongestionName;
  /** Whether small segments wait for acknowledgements (Nagle). */
  nagle: boolean;
  initialWindow: number;
}

/** What the sender calls; given by the connection, which knows all the parts. */
export interface SenderHooks {
  transmit: Transmit;
  /** The timer has fired. */
  onTimer(sender: Sender): void;
  /** Too many time-outs in a row: nothing more will be sent. */
  onBroken(): void;
  /** Pacing lets the next segment go. */
  onPace(sender: Sender): void;
  createCongestion(name: CongestionName, sender: Sender): Congestion;
}

/** Puts a segment on the wire; the end adds acknowledgement, timestamps and SACK blocks. */
export type Transmit = (seq: number, length: number, flags: number) => void;

/** Counts of what happened, for traces and benches. */
export interface SenderCounts {
  segments: number;
  retransmissions: number;
  timeouts: number;
  probes: number;
  recoveries: number;
  undos: number;
}

export class Sender implements Handler {
  readonly clock: Clock;
  readonly transmit: Transmit;
  private readonly hooks: SenderHooks;
  readonly nagle: boolean;
  readonly initialWindow: number;
  readonly cc: Congestion;
  readonly segments = new Segments();
  readonly counts: SenderCounts = {
    segments: 0,
    retransmissions: 0,
    timeouts: 0,
    probes: 0,
    recoveries: 0,
    undos: 0,
  };
  /** Offset of the host's ticks, ns. */
  readonly phase: number;
  /** The present in us, taken when the sender is entered. */
  nowUs = 0;

  // Sequence space.
  sndUna = 0;
  sndNxt = 0;
  /** End of what the application has written. */
  written = 0;
  /** Bytes that the application has to say and the buffer has no room for; then it waits. */
  unwritten = 0;
  blocked = false;
  /** Size of the send buffer, bytes. */
  buffer = 2 * INITIAL_WINDOW * SEGMENT_MEMORY;
  /** Ends of the chunks that are not sent yet, and where the last one starts: segments are cut from one chunk. */
  readonly chunkEnds: number[] = [];
  chunkStart = 0;
  /** End of the last segment smaller than MSS (for Nagle). */
  smallEnd = 0;
  /** First byte beyond the receiver's window, the window itself, and the largest seen. */
  windowEnd = 65_535;
  window = 65_535;
  maxWindow = 65_535;

  // Segments under way.
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;
  /** No lost segment that waits to be sent again has a lower number. */
  lostHint = Infinity;
  /** One past the highest SACKed byte. */
  sackedEnd = 0;
  reordering = REORDERING;
  reorderSeen = 0;

  // Congestion window.
  state = OPEN;
  cwnd: number;
  cwndCount = 0;
  ssthresh = 0x7fffffff;
  priorCwnd = 0;
  priorSsthresh = 0;
  cwndStamp = 0; // tick
  cwndUsed = 0;
  maxPacketsOut = 0;
  usageEnd = 0;
  windowLimited = false;
  /** bytes per second; 0: not known yet. */
  pacingRate = 0;
  /** Whether segments leave no faster than `pacingRate`; then when the next may, ns. */
  paced = false;
  paceNext = 0;
  paceTimer: EventId = -1;
  readonly pacer: Handler;

  // Recovery.
  highSeq = 0;
  undoMarker = -1;
  undoRetrans = 0;
  retransStamp = -1; // ms, as in timestamps; -1: none
  prrDelivered = 0;
  prrOut = 0;
  frto = false;
  probeEnd = -1;
  probeRetrans = false;
  retransmits = 0;
  /** Given up after too many time-outs: nothing more is sent. */
  broken = false;
  backoff = 0;

  // RACK.
  rackSent = 0;
  rackEnd = 0;
  rackRtt = 0;
  rackAdvanced = false;
  rackSteps = 1;
  rackPersist = 0;
  rackDsack = false;
  rackDelivered = 0;

  // RTT, us; scaled by 8 and 4 as in RFC 6298's integer form.
  srtt = 0;
  mdev = 0;
  mdevMax = RTO_MIN;
  rttvar = 0;
  rttSeq = 0;
  minRtt = Infinity;
  rto = HZ; // ticks

  // Delivery.
  delivered = 0;
  lost = 0;
  deliveredAt = 0;
  firstSentAt = 0;
  /** `delivered` at which the last segment sent while the application was the limit will have been delivered. */
  appLimited = 0;

  lastSendNs = -1e18;
  lastSendTick = 0;

  // The timer.
  pending = NONE;
  dueTick = 0;
  private event: EventId = -1;
  private eventDue = 0;

  constructor(clock: Clock, phase: number, options: SenderOptions, hooks: SenderHooks) {
    this.clock = clock;
    this.phase = phase;
    this.transmit = hooks.transmit;
    this.hooks = hooks;
    this.nagle = options.nagle;
    this.initialWindow = options.initialWindow;
    this.cwnd = options.initialWindow;
    this.refresh();
    this.cwndStamp = this.tick();
    this.cc = hooks.createCongestion(options.cc, this);
    this.pacer = {
      fire: () => {
        this.paceTimer = -1;
        this.refresh();
        hooks.onPace(this);
      },
    };
  }

  /** Takes the present. */
  refresh(): void {
    this.nowUs = Math.floor(this.clock.now / 1000);
  }

  /** The host's timestamp clock, ms. */
  stamp(): number {
    return Math.floor((this.clock.now + this.phase) / 1e6);
  }

  /** The host's tick count. */
  tick(): number {
    return Math.floor((this.clock.now + this.phase) / TICK);
  }

  get packetsOut(): number {
    return this.segments.tail - this.segments.head;
  }

  /** Segments thought to be in the network. */
  inFlight(): number {
    return this.segments.tail - this.segments.head - this.sackedOut - this.lostOut + this.retransOut;
  }

  /** Whether anything under way has been sent again. */
  anyRetransmitted(): boolean {
    const { segments } = this;
    if (this.retransOut > 0) return true;
    return segments.head < segments.tail && (segments.flags[segments.head & segments.mask]! & EVER_RETRANS) !== 0;
  }

  /** Whether the window held back the sender in the last round trip; growth is due only then. */
  limitedByWindow(): boolean {
    return this.windowLimited || (this.cwnd < this.ssthresh && this.cwnd < 2 * this.maxPacketsOut);
  }

  /** Threshold to keep when the window shrinks for another reason than loss. */
  currentSsthresh(): number {
    return this.state === CWR || this.state === RECOVERY
      ? this.ssthresh
      : Math.max(this.ssthresh, Math.floor(this.cwnd / 2) + Math.floor(this.cwnd / 4));
  }

  setState(state: number): void {
    if (state === this.state) return;
    this.cc.enter?.(this, state);
    this.state = state;
  }

  /** Sets the timer for `purpose`, to fire at `tick`. */
  setTimer(purpose: number, tick: number): void {
    this.pending = purpose;
    this.dueTick = tick;
    // Never in the past: beyond 2^53 ns (104 days) the ticks' arithmetic rounds.
    const due = Math.max(tick * TICK - this.phase, this.clock.now);
    // A timer that is set anew on each ACK is not moved each time: it wakes early and looks.
    if (this.event !== -1) {
      if (this.eventDue <= due) return;
      this.clock.cancel(this.event);
    }
    this.eventDue = due;
    this.event = this.clock.at(due, this);
  }

  clearTimer(): void {
    this.pending = NONE;
    if (this.event !== -1) this.clock.cancel(this.event);
    this.event = -1;
  }

  giveUp(): void {
    this.hooks.onBroken();
  }

  fire(): void {
    this.event = -1;
    if (this.pending === NONE) return;
    const due = this.dueTick * TICK - this.phase;
    if (due > this.clock.now) {
      this.eventDue = due;
      this.event = this.clock.at(due, this);
      return;
    }
    this.refresh();
    this.hooks.onTimer(this);
  }
}
