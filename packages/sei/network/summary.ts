/** @file What a run of messages amounts to. */
import type { MessageRun, MessageScenario } from "@split-et-impera/core/network";
import { packetPlan } from "@split-et-impera/core/wire";
import { quantile } from "@split-et-impera/core/statistics";

/** Times in seconds, one way: from the write to the last byte at the receiver. A message that is lost takes for ever. */
export interface MessageSummary {
  messages: number;
  lost: number;
  median: number;
  p95: number;
  p99: number;
  mean: number;
  packets: number;
  /** UDP: datagrams sent and lost, and messages that are whole. */
  datagrams?: number;
  datagramsLost?: number;
  complete?: number;
  /** TCP. */
  retransmissions?: number;
  timeouts?: number;
  probes?: number;
}

/** The messages in the order of sending, times in seconds. */
export interface MessageSeries {
  /** Since the first packet. */
  sent: number[];
  /** From the write to the last byte at the receiver; null: lost. */
  oneWay: (number | null)[];
  /** Datagrams missing; UDP. */
  missing?: number[];
}

export function summarise(run: MessageRun, { transport, bytes, count }: MessageScenario): MessageSummary {
  const times = Float64Array.from(run.oneWay, (ns) => (ns < 0 ? Infinity : ns / 1e9));
  const datagramsLost = run.missing.reduce((sum, n) => sum + n, 0);
  return {
    messages: count,
    lost: run.oneWay.filter((ns) => ns < 0).length,
    median: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
    mean: times.reduce((sum, time) => sum + time, 0) / times.length,
    packets: run.packets,
    ...(transport.kind === "udp"
      ? {
          datagrams:
            count * packetPlan(transport.protection ?? { kind: "none" }, bytes, transport.payload).sizes.length,
          datagramsLost,
          complete: run.missing.filter((n) => n === 0).length,
        }
      : { retransmissions: run.retransmissions, timeouts: run.timeouts, probes: run.probes }),
  };
}

export function seriesOf(run: MessageRun): MessageSeries {
  return {
    sent: run.started.map((ns) => ns / 1e9),
    oneWay: run.oneWay.map((ns) => (ns < 0 ? null : ns / 1e9)),
    ...(run.missing.length > 0 && { missing: run.missing }),
  };
}
