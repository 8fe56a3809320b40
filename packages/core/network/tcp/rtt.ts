/** @file Round-trip time: the estimator of RFC 6298 in Linux's form, and the time-out. */
import { RTO_MIN, type Sender } from "./sender.ts";
import { ticksOf } from "./time.ts";

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
    m -= s.srtt >> 3;
    s.srtt += m;
    if (m < 0) {
      m = -m - (s.mdev >> 2);
      // A fall in RTT raises the deviation slowly (Eifel).
      if (m > 0) m >>= 3;
    } else {
      m -= s.mdev >> 2;
    }
    s.mdev += m;
    if (s.mdev > s.mdevMax) {
      s.mdevMax = s.mdev;
      if (s.mdevMax > s.rttvar) s.rttvar = s.mdevMax;
    }
    if (s.sndUna > s.rttSeq) {
      if (s.mdevMax < s.rttvar) s.rttvar -= (s.rttvar - s.mdevMax) >> 2;
      s.rttSeq = s.sndNxt;
      s.mdevMax = RTO_MIN;
    }
  }
  s.srtt = Math.max(1, s.srtt);
  s.rto = Math.min(ticksOf((s.srtt >> 3) + s.rttvar), 120 * 250);
  s.backoff = 0;
}
