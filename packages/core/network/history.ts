/** @file What a TCP connection does over time: a point for each packet that it sends. */
import { simulateMessages, type MessageScenario } from "./messages.ts";

export interface ConnectionPoint {
  /** Seconds since the first of them. */
  time: number;
  /** The congestion window, segments. */
  cwnd: number;
  /** Bytes: one past the last that the packet carries, and those that the sender knows to have arrived. */
  sequence: number;
  acknowledged: number;
  /** Sent again; sent again after a time-out; lost on the link (or refused by its full queue). */
  resent?: true;
  timeout?: true;
  lost?: true;
}

/**
 * Simulates messages over TCP and gives the sender's state at each packet with data.
 *
 * @param most points at most; what the connection does after these is left out.
 * @throws InputError `ERR_LINK` where a value of the link cannot be.
 */
export function simulateHistory(scenario: Omit<MessageScenario, "trace">, most: number): ConnectionPoint[] {
  const points: ConnectionPoint[] = [];
  let timeouts = 0;
  let start = 0;
  simulateMessages({
    ...scenario,
    trace: ({ direction, length, time, cwnd, sequence, acknowledged, retransmission, fate, ...event }) => {
      if (direction !== 0 || length === 0 || cwnd === undefined || points.length === most) return;
      if (points.length === 0) start = time;
      const expired = event.timeouts! > timeouts;
      timeouts = event.timeouts!;
      points.push({
        time: (time - start) / 1e9,
        cwnd,
        sequence: sequence + length,
        acknowledged: acknowledged!,
        ...(retransmission && { resent: true }),
        ...(expired && { timeout: true }),
        ...(fate !== "sent" && { lost: true }),
      });
    },
  });
  return points;
}
