/** @file Reno (RFC 5681): a segment per round trip, half on loss. */
import { increase, slowStart, type Congestion } from "./congestion.ts";

export function createReno(): Congestion {
  return {
    name: "reno",
    ssthresh: (sender) => Math.max(Math.floor(sender.cwnd / 2), 2),
    avoid: (sender, acked) => {
      if (!sender.limitedByWindow()) return;
      const left = sender.cwnd < sender.ssthresh ? slowStart(sender, acked) : acked;
      if (left > 0) increase(sender, sender.cwnd, left);
    },
    undo: (sender) => Math.max(sender.cwnd, sender.priorCwnd),
  };
}
