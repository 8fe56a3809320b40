/** @file CUBIC (RFC 9438) with HyStart, in Linux's integer arithmetic where that shows. */
import { increase, LOSS, slowStart, type Congestion } from "./congestion.ts";
import type { Sender } from "./sender.ts";
import { HZ } from "./time.ts";

/** beta = 717 / 1024 (0.7) and C = 410 / 1024 (0.4); time in 1/1024 s. */
const BETA = 717;
const C = 410;
/** Segments per acknowledged segment of the Reno-friendly window: 3 (1 - beta) / (1 + beta), as 8 over this. */
const FRIENDLY = Math.floor((8 * (1024 + BETA)) / 3 / (1024 - BETA));

const HYSTART_LOW_WINDOW = 16;
const HYSTART_MIN_SAMPLES = 8;
const HYSTART_ACK_SPACING = 2000; // us
const HYSTART_DELAY_MIN = 4000; // us
const HYSTART_DELAY_MAX = 16000; // us

class Cubic implements Congestion {
  readonly name = "cubic";
  private per = 0;
  private lastMax = 0;
  private lastCwnd = 0;
  private lastTime = 0; // ticks
  private origin = 0;
  private k = 0; // 1/1024 s
  private delayMin = 0; // us
  private epoch = 0; // ticks; 0: none
  private ackCount = 0;
  private friendlyCwnd = 0;
  // HyStart
  private found = false;
  private samples = 0;
  private roundStart = 0; // us
  private roundEnd = 0; // sequence number
  private lastAck = 0; // us
  private roundRtt = Infinity; // us

  ssthresh(sender: Sender): number {
    this.epoch = 0;
    // Fast convergence: a window lower than the last one leaves room for a newcomer.
    this.lastMax = sender.cwnd < this.lastMax ? Math.floor((sender.cwnd * (1024 + BETA)) / (2 * 1024)) : sender.cwnd;
    return Math.max(Math.floor((sender.cwnd * BETA) / 1024), 2);
  }

  avoid(sender: Sender, acked: number): void {
    if (!sender.limitedByWindow()) return;
    const left = sender.cwnd < sender.ssthresh ? slowStart(sender, acked) : acked;
    if (left <= 0) return;
    this.update(sender, left);
    increase(sender, this.per, left);
  }

  acked(sender: Sender, rtt: number): void {
    if (rtt < 0) return;
    // Samples right after a reduction are those of the queue that caused it.
    if (this.epoch !== 0 && sender.tick() - this.epoch < HZ) return;
    const delay = Math.max(1, rtt);
    if (this.delayMin === 0 || this.delayMin > delay) this.delayMin = delay;
    if (!this.found && sender.cwnd < sender.ssthresh) this.hystart(sender, delay);
  }

  undo(sender: Sender): number {
    return Math.max(sender.cwnd, sender.priorCwnd);
  }

  enter(sender: Sender, state: number): void {
    if (state !== LOSS) return;
    this.per = this.lastMax = this.lastCwnd = this.lastTime = this.origin = this.k = 0;
    this.delayMin = this.epoch = this.ackCount = this.friendlyCwnd = 0;
    this.found = false;
    this.newRound(sender);
  }

  restart(sender: Sender): void {
    // The epoch does not go on while nothing is sent.
    const idle = sender.tick() - sender.lastSendTick;
    if (this.epoch !== 0 && idle > 0) this.epoch = Math.min(this.epoch + idle, sender.tick());
  }

  newRound(sender: Sender): void {
    this.roundStart = this.lastAck = sender.nowUs;
    this.roundEnd = sender.sndNxt;
    this.roundRtt = Infinity;
    this.samples = 0;
  }

  /** How many acknowledged segments grow the window by one. */
  private update(sender: Sender, acked: number): void {
    const { cwnd } = sender;
    const now = sender.tick();
    this.ackCount += acked;
    if (this.lastCwnd === cwnd && now - this.lastTime <= Math.floor(HZ / 32)) return;
    if (this.epoch === 0 || now !== this.lastTime) {
      this.lastCwnd = cwnd;
      this.lastTime = now;
      if (this.epoch === 0) {
        this.epoch = now;
        this.ackCount = acked;
        this.friendlyCwnd = cwnd;
        if (this.lastMax <= cwnd) {
          this.k = 0;
          this.origin = cwnd;
        } else {
          // K = cbrt((W_max - cwnd) / C)
          this.k = Math.floor(Math.cbrt((2 ** 40 / C) * (this.lastMax - cwnd)));
          this.origin = this.lastMax;
        }
      }
      // The target one (least) round trip ahead.
      const t = Math.floor(((now - this.epoch + Math.ceil((this.delayMin * HZ) / 1e6)) * 1024) / HZ);
      const offset = Math.abs(t - this.k);
      const delta = Math.floor((C * offset * offset * offset) / 2 ** 40);
      const target = t < this.k ? this.origin - delta : this.origin + delta;
      this.per = target > cwnd ? Math.floor(cwnd / (target - cwnd)) : 100 * cwnd;
      // Without a known maximum, 5 % per round trip at least.
      if (this.lastMax === 0 && this.per > 20) this.per = 20;
    }
    // The Reno-friendly region.
    const per = Math.floor((cwnd * FRIENDLY) / 8);
    while (this.ackCount > per) {
      this.ackCount -= per;
      this.friendlyCwnd++;
    }
    if (this.friendlyCwnd > cwnd) this.per = Math.min(this.per, Math.floor(cwnd / (this.friendlyCwnd - cwnd)));
    this.per = Math.max(this.per, 2);
  }

  /** Ends slow start when a train of ACKs fills half the least RTT, or when the RTT of a round has grown. */
  private hystart(sender: Sender, delay: number): void {
    if (sender.sndUna > this.roundEnd) this.newRound(sender);
    if (sender.cwnd < HYSTART_LOW_WINDOW) return;
    const now = sender.nowUs;
    if (now - this.lastAck <= HYSTART_ACK_SPACING) {
      this.lastAck = now;
      const slack = sender.pacingRate > 0 ? Math.min(1000, Math.floor((65536 * 4 * 1e6) / sender.pacingRate)) : 0;
      if (now - this.roundStart > Math.floor((this.delayMin + slack) / 2)) {
        this.found = true;
        sender.ssthresh = sender.cwnd;
        return;
      }
    }
    if (delay < this.roundRtt) this.roundRtt = delay;
    if (this.samples < HYSTART_MIN_SAMPLES) {
      this.samples++;
    } else {
      const rise = Math.min(Math.max(Math.floor(this.delayMin / 8), HYSTART_DELAY_MIN), HYSTART_DELAY_MAX);
      if (this.roundRtt > this.delayMin + rise) {
        this.found = true;
        sender.ssthresh = sender.cwnd;
      }
    }
  }
}

export function createCubic(sender: Sender): Congestion {
  const cubic = new Cubic();
  cubic.newRound(sender);
  return cubic;
}
