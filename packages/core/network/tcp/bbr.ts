/**
 * @file BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00): the window and the pace follow a model of the
 * path, the greatest delivery rate and the least round-trip time seen lately. Not modelled: policer detection.
 */
import { LOSS, RECOVERY, type Congestion, type RateSample } from "./congestion.ts";
import { MSS } from "../headers.ts";
import { INITIAL_WINDOW, type Sender } from "./sender.ts";
import { smoothedRtt } from "./rtt.ts";
import { HZ } from "./time.ts";

const STARTUP = 0;
const DRAIN = 1;
const PROBE_BW = 2;
const PROBE_RTT = 3;

/** 2 / ln 2: doubles the rate each round trip. */
const HIGH_GAIN = 2.885;
const CYCLE = [1.25, 0.75, 1, 1, 1, 1, 1, 1];
const WINDOW_GAIN = 2;
const MIN_WINDOW = 4;
/** Rounds over which the greatest rate counts. */
const RATE_ROUNDS = 10;
/** Ticks after which the least RTT is measured anew, and the time that takes. */
const MIN_RTT_TICKS = 10 * HZ;
const PROBE_RTT_TICKS = HZ / 5;
/** The pace stays below the estimate by this, so that queues drain. */
const PACING_MARGIN = 0.99;
/** Pace (bytes/s) below which segments go one by one. */
const SLOW = 150_000;

/** Greatest value of the last rounds, by the three best (Kathleen Nichols' windowed filter). */
class MaxFilter {
  private readonly at = [0, 0, 0];
  private readonly values = [0, 0, 0];

  get(): number {
    return this.values[0]!;
  }

  add(window: number, now: number, value: number): void {
    const { at, values } = this;
    const put = (from: number): void => {
      for (let i = from; i < 3; i++) {
        at[i] = now;
        values[i] = value;
      }
    };
    if (value >= values[0]! || now - at[2]! > window) {
      put(0);
      return;
    }
    if (value >= values[1]!) put(1);
    else if (value >= values[2]!) put(2);
    const age = now - at[0]!;
    if (age > window) {
      at.shift();
      values.shift();
      at.push(now);
      values.push(value);
      if (now - at[0]! > window) {
        at.shift();
        values.shift();
        at.push(now);
        values.push(value);
      }
    } else if (at[1] === at[0] && age > window / 4) put(1);
    else if (at[2] === at[1] && age > window / 2) put(2);
  }
}

class Bbr implements Congestion {
  readonly name = "bbr";
  private mode = STARTUP;
  /** Segments per us. */
  private readonly rate = new MaxFilter();
  private rounds = 0;
  private roundStart = false;
  private roundEnd = 0; // delivered
  private minRtt = Infinity; // us
  private minRttTick = 0;
  private fullRate = 0;
  private fullCount = 0;
  private full = false;
  private pacingGain = HIGH_GAIN;
  private windowGain = HIGH_GAIN;
  private cycle = 0;
  private cycleAt = 0; // us
  private lastState = 0;
  private conserve = false;
  private priorCwnd = 0;
  private idleRestart = false;
  private probeDone = 0; // tick
  private probeRoundDone = false;
  private seenRtt = false;
  // Aggregation of ACKs: what came beyond the estimate, over two windows of rounds.
  private epochAt = 0;
  private epochAcked = 0;
  private readonly extra = [0, 0];
  private extraSlot = 0;
  private extraRounds = 0;
  private readonly draw: () => number;

  constructor(sender: Sender, draw: () => number) {
    this.draw = draw;
    sender.paced = true;
    this.minRttTick = sender.tick();
    this.epochAt = sender.nowUs;
    this.setFirstPace(sender);
  }

  ssthresh(sender: Sender): number {
    this.save(sender);
    return sender.ssthresh;
  }

  avoid(): void {
    // The window is set in `control`.
  }

  undo(sender: Sender): number {
    this.fullRate = 0;
    this.fullCount = 0;
    return sender.cwnd;
  }

  enter(_sender: Sender, state: number): void {
    if (state !== LOSS) return;
    this.lastState = LOSS;
    this.fullRate = 0;
    this.roundStart = true;
  }

  restart(sender: Sender): void {
    if (sender.appLimited === 0) return;
    this.idleRestart = true;
    this.epochAt = sender.nowUs;
    this.epochAcked = 0;
    if (this.mode === PROBE_BW) this.setPace(sender, 1);
    else if (this.mode === PROBE_RTT) this.checkProbeDone(sender);
  }

  control(sender: Sender, sample: RateSample): void {
    this.updateRate(sender, sample);
    this.updateAggregation(sender, sample);
    this.updateCycle(sender, sample);
    this.checkFull(sample);
    this.checkDrain(sender);
    this.updateMinRtt(sender, sample);
    this.setGains();
    this.setPace(sender, this.pacingGain);
    this.setWindow(sender, sample);
  }

  private save(sender: Sender): void {
    this.priorCwnd =
      this.lastState < RECOVERY && this.mode !== PROBE_RTT ? sender.cwnd : Math.max(this.priorCwnd, sender.cwnd);
  }

  private updateRate(sender: Sender, sample: RateSample): void {
    this.roundStart = false;
    if (sample.delivered < 0 || sample.interval <= 0) return;
    if (sample.priorDelivered >= this.roundEnd) {
      this.roundEnd = sender.delivered;
      this.rounds++;
      this.roundStart = true;
      this.conserve = false;
    }
    const rate = sample.delivered / sample.interval;
    if (!sample.appLimited || rate >= this.rate.get()) this.rate.add(RATE_ROUNDS, this.rounds, rate);
  }

  private updateAggregation(sender: Sender, sample: RateSample): void {
    if (sample.acked <= 0 || sample.delivered < 0 || sample.interval <= 0) return;
    if (this.roundStart) {
      this.extraRounds++;
      if (this.extraRounds >= 5) {
        this.extraRounds = 0;
        this.extraSlot = 1 - this.extraSlot;
        this.extra[this.extraSlot] = 0;
      }
    }
    let expected = this.rate.get() * (sender.nowUs - this.epochAt);
    if (this.epochAcked <= expected) {
      this.epochAcked = 0;
      this.epochAt = sender.nowUs;
      expected = 0;
    }
    this.epochAcked += sample.acked;
    const extra = Math.min(Math.floor(this.epochAcked - expected), sender.cwnd);
    if (extra > this.extra[this.extraSlot]!) this.extra[this.extraSlot] = extra;
  }

  private updateCycle(sender: Sender, sample: RateSample): void {
    if (this.mode !== PROBE_BW || !this.cycleOver(sender, sample)) return;
    this.cycle = (this.cycle + 1) % CYCLE.length;
    this.cycleAt = sender.deliveredAt;
  }

  private cycleOver(sender: Sender, sample: RateSample): boolean {
    const long = sender.deliveredAt - this.cycleAt > this.minRtt;
    if (this.pacingGain === 1) return long;
    const flying = this.inNetAtDeparture(sender, sample.priorInFlight);
    if (this.pacingGain > 1) return long && (sample.losses > 0 || flying >= this.inflight(sender, this.pacingGain));
    return long || flying <= this.inflight(sender, 1);
  }

  private checkFull(sample: RateSample): void {
    if (this.full || !this.roundStart || sample.appLimited) return;
    if (this.rate.get() >= this.fullRate * 1.25) {
      this.fullRate = this.rate.get();
      this.fullCount = 0;
      return;
    }
    this.full = ++this.fullCount >= 3;
  }

  private checkDrain(sender: Sender): void {
    if (this.mode === STARTUP && this.full) {
      this.mode = DRAIN;
      sender.ssthresh = this.inflight(sender, 1);
    }
    if (this.mode === DRAIN && this.inNetAtDeparture(sender, sender.inFlight()) <= this.inflight(sender, 1)) {
      this.probeRate(sender);
    }
  }

  private probeRate(sender: Sender): void {
    this.mode = PROBE_BW;
    // Any phase but the one that drains.
    this.cycle = (CYCLE.length - 1 - Math.floor(this.draw() * (CYCLE.length - 1)) + 1) % CYCLE.length;
    this.cycleAt = sender.deliveredAt;
  }

  private updateMinRtt(sender: Sender, sample: RateSample): void {
    const now = sender.tick();
    const expired = now > this.minRttTick + MIN_RTT_TICKS;
    if (sample.rtt >= 0 && (sample.rtt < this.minRtt || (expired && !sample.ackDelayed))) {
      this.minRtt = Math.max(1, sample.rtt);
      this.minRttTick = now;
    }
    if (expired && !this.idleRestart && this.mode !== PROBE_RTT) {
      this.mode = PROBE_RTT;
      this.save(sender);
      this.probeDone = 0;
    }
    if (this.mode === PROBE_RTT) {
      sender.appLimited = Math.max(1, sender.delivered + sender.inFlight());
      if (this.probeDone === 0 && sender.inFlight() <= MIN_WINDOW) {
        this.probeDone = now + PROBE_RTT_TICKS;
        this.probeRoundDone = false;
        this.roundEnd = sender.delivered;
      } else if (this.probeDone > 0) {
        if (this.roundStart) this.probeRoundDone = true;
        if (this.probeRoundDone) this.checkProbeDone(sender);
      }
    }
    if (sample.delivered > 0) this.idleRestart = false;
  }

  private checkProbeDone(sender: Sender): void {
    if (this.probeDone === 0 || sender.tick() <= this.probeDone) return;
    this.minRttTick = sender.tick();
    sender.cwnd = Math.max(sender.cwnd, this.priorCwnd);
    if (this.full) this.probeRate(sender);
    else this.mode = STARTUP;
  }

  private setGains(): void {
    if (this.mode === STARTUP) {
      this.pacingGain = this.windowGain = HIGH_GAIN;
    } else if (this.mode === DRAIN) {
      this.pacingGain = 1 / HIGH_GAIN;
      this.windowGain = HIGH_GAIN;
    } else if (this.mode === PROBE_BW) {
      this.pacingGain = CYCLE[this.cycle]!;
      this.windowGain = WINDOW_GAIN;
    } else {
      this.pacingGain = this.windowGain = 1;
    }
  }

  private setFirstPace(sender: Sender): void {
    const rtt = sender.srtt > 0 ? Math.max(1, smoothedRtt(sender)) : 1000;
    if (sender.srtt > 0) this.seenRtt = true;
    sender.pacingRate = ((sender.cwnd * MSS * 1e6) / rtt) * HIGH_GAIN * PACING_MARGIN;
  }

  private setPace(sender: Sender, gain: number): void {
    const rate = this.rate.get() * 1e6 * MSS * gain * PACING_MARGIN;
    if (!this.seenRtt && sender.srtt > 0) this.setFirstPace(sender);
    if (this.full || rate > sender.pacingRate) sender.pacingRate = rate;
  }

  private setWindow(sender: Sender, sample: RateSample): void {
    const { acked } = sample;
    if (acked > 0) {
      let cwnd = this.recover(sender, sample);
      if (!this.conserve) {
        const target = this.budget(sender, this.bdp(this.windowGain) + this.aggregation());
        if (this.full) cwnd = Math.min(cwnd + acked, target);
        else if (cwnd < target || sender.delivered < INITIAL_WINDOW) cwnd += acked;
        cwnd = Math.max(cwnd, MIN_WINDOW);
      }
      sender.cwnd = cwnd;
    }
    if (this.mode === PROBE_RTT) sender.cwnd = Math.min(sender.cwnd, MIN_WINDOW);
  }

  /** The window in and after recovery: first what is delivered, after it what there was before. */
  private recover(sender: Sender, sample: RateSample): number {
    let { cwnd } = sender;
    const { state } = sender;
    if (sample.losses > 0) cwnd = Math.max(cwnd - sample.losses, 1);
    if (state === RECOVERY && this.lastState !== RECOVERY) {
      this.conserve = true;
      this.roundEnd = sender.delivered;
      cwnd = sender.inFlight() + sample.acked;
    } else if (this.lastState >= RECOVERY && state < RECOVERY) {
      cwnd = Math.max(cwnd, this.priorCwnd);
      this.conserve = false;
    }
    this.lastState = state;
    return this.conserve ? Math.max(cwnd, sender.inFlight() + sample.acked) : cwnd;
  }

  private bdp(gain: number): number {
    return this.minRtt === Infinity ? INITIAL_WINDOW : Math.ceil(this.rate.get() * this.minRtt * gain);
  }

  private inflight(sender: Sender, gain: number): number {
    return this.budget(sender, this.bdp(gain));
  }

  /** Room for what the host and the receiver hold back to send at once. */
  private budget(sender: Sender, cwnd: number): number {
    let full = cwnd + 3 * this.atOnce(sender);
    full = 2 * Math.ceil(full / 2);
    return this.mode === PROBE_BW && this.cycle === 0 ? full + 2 : full;
  }

  private aggregation(): number {
    if (!this.full) return 0;
    return Math.min(Math.ceil(Math.max(this.extra[0]!, this.extra[1]!)), Math.floor(this.rate.get() * 100_000));
  }

  private atOnce(sender: Sender): number {
    const bytes = Math.min(sender.pacingRate / 1024, 65_000);
    return Math.min(127, Math.max(sender.pacingRate < SLOW ? 1 : 2, Math.floor(bytes / MSS)));
  }

  /** What will be under way when the next segment may leave. */
  private inNetAtDeparture(sender: Sender, flying: number): number {
    const wait = Math.max(0, sender.paceNext - sender.clock.now) / 1000;
    const delivered = Math.floor(this.rate.get() * wait);
    const then = this.pacingGain > 1 ? flying + this.atOnce(sender) : flying;
    return delivered >= then ? 0 : then - delivered;
  }
}

/** @param draw uniform in [0, 1): where the cycle of gains begins. */
export function createBbr(sender: Sender, draw: () => number): Congestion {
  return new Bbr(sender, draw);
}
