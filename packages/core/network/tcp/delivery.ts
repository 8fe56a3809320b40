/** @file Delivery-rate samples (draft-cheng-iccrg-delivery-rate-estimation). */
import { MAYBE_DELAYED, type AckWork } from "./ack-work.ts";
import { APP_LIMITED } from "./segments.ts";
import type { Sender } from "./sender.ts";

export function startSample(work: AckWork, priorInFlight: number): void {
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
export function sampleSegment(s: Sender, work: AckWork, row: number): void {
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

export function finishSample(s: Sender, work: AckWork, acked: number, losses: number): void {
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
