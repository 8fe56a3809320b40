/** @file What a congestion control is: an object that the sender asks and tells. */
import type { Sender } from "./sender.ts";

export type CongestionName = "cubic" | "reno" | "bbr";

/** What a delivery-rate sample says of one ACK (draft-cheng-iccrg-delivery-rate-estimation). */
export interface RateSample {
  /** Segments delivered over `interval`, and what had been delivered when the sampled segment left; -1: no sample. */
  delivered: number;
  priorDelivered: number;
  /** us; -1: no sample. */
  interval: number;
  /** RTT of the last segment newly acknowledged, us; -1: none. */
  rtt: number;
  /** Segments under way before the ACK, newly delivered by it, newly marked lost. */
  priorInFlight: number;
  acked: number;
  losses: number;
  appLimited: boolean;
  ackDelayed: boolean;
}

/** The state of the sender that congestion control is told of. */
export const OPEN = 0;
export const DISORDER = 1;
export const CWR = 2;
export const RECOVERY = 3;
export const LOSS = 4;

export interface Congestion {
  readonly name: CongestionName;
  /** New slow-start threshold, segments, on the start of a reduction. */
  ssthresh(sender: Sender): number;
  /** Grows the window for `acked` segments; called in Open and Disorder (and Loss) when the window limits. */
  avoid(sender: Sender, acked: number): void;
  /** After each ACK that acknowledged something new: `rtt` in us, -1 when unknown. */
  acked?(sender: Sender, rtt: number): void;
  /** The window to return to when a reduction proves wrong. */
  undo(sender: Sender): number;
  enter?(sender: Sender, state: number): void;
  /** The first segment after an idle time is about to leave. */
  restart?(sender: Sender): void;
  /** Takes over window and pacing altogether (then `avoid` and PRR are not used). */
  control?(sender: Sender, sample: RateSample): void;
}

/** Slow start: one segment per acknowledged segment, up to ssthresh. Returns what is left of `acked`. */
export function slowStart(sender: Sender, acked: number): number {
  const cwnd = Math.min(sender.cwnd + acked, sender.ssthresh);
  const left = acked - (cwnd - sender.cwnd);
  sender.cwnd = cwnd;
  return left;
}

/** Additive increase: one segment per `per` acknowledged ones. */
export function increase(sender: Sender, per: number, acked: number): void {
  if (sender.cwndCount >= per) {
    sender.cwndCount = 0;
    sender.cwnd++;
  }
  sender.cwndCount += acked;
  if (sender.cwndCount >= per) {
    const steps = Math.floor(sender.cwndCount / per);
    sender.cwndCount -= steps * per;
    sender.cwnd += steps;
  }
}
