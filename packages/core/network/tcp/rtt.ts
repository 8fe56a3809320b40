/** @file Round-trip time: the estimator of RFC 6298 in Linux's form, and the time-out. */
import { RTO_MAX_TICKS, RTO_MIN, type Sender } from "./sender.ts";
import { ticksOf } from "./time.ts";

/** The smoothed round-trip time, us; 0: not known. Divided, not shifted: 2^31 / 8 us are 268 s, less than a queue may hold. */
export function smoothedRtt({ srtt }: { readonly srtt: number }): number {
  return Math.floor(srtt / 8);
}

/** Feeds a sample (us) and sets the time-out anew. */
export function sampleRtt(s: Sender, rtt: number): void {
  let m = rtt;
  if (s.srtt === 0) {
    s.srtt = m * 8;
    s.mdev = m * 2;
    s.rttvar = Math.max(s.mdev, RTO_MIN);
    s.mdevMax = s.rttvar;
    s.rttSeq = s.sndNxt;
  } else {
    m -= Math.floor(s.srtt / 8);
    s.srtt += m;
    if (m < 0) {
      m = -m - Math.floor(s.mdev / 4);
      // A fall in RTT raises the deviation slowly (Eifel).
      if (m > 0) m = Math.floor(m / 8);
    } else {
      m -= Math.floor(s.mdev / 4);
    }
    s.mdev += m;
    if (s.mdev > s.mdevMax) {
      s.mdevMax = s.mdev;
      if (s.mdevMax > s.rttvar) s.rttvar = s.mdevMax;
    }
    if (s.sndUna > s.rttSeq) {
      if (s.mdevMax < s.rttvar) s.rttvar -= Math.floor((s.rttvar - s.mdevMax) / 4);
      s.rttSeq = s.sndNxt;
      s.mdevMax = RTO_MIN;
    }
  }
  s.srtt = Math.max(1, s.srtt);
  s.rto = Math.min(ticksOf(smoothedRtt(s) + s.rttvar), RTO_MAX_TICKS);
  s.backoff = 0;
}
