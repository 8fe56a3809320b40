/** @file What a host did lately, from its metrics then and now. */
import type { Metrics } from "./scrape.ts";

/** A host's metrics at an instant, ms. */
export interface Scraped {
  at: number;
  metrics: Metrics;
}

export interface HostView {
  host: string;
  design: string;
  /** Seconds. */
  up: number;
  /** Over so many seconds: those between then and now, or since it began. */
  over: number;
  framesPerSecond: number;
  frames: number;
  /** By the design that they went by, where that was not one alone. */
  designs?: Record<string, number>;
  /** Of the link to the next host, where a policy is followed: bit/s, seconds, a share. */
  link?: { rate: number; rtt: number; loss: number };
  /** Of frames captured there; absent elsewhere. */
  answered?: number;
  missed?: number;
  fallbacks?: number;
  dropped: number;
  unreadable: number;
  datagramsMissing: number;
  datagramsRejected: number;
  kernelDrops: number;
  peers: { peer: string; connected: boolean }[];
  /** Seconds, by part; `latency` is from capture to answer. */
  parts: Record<string, { p50: number; p95: number }>;
}

/** @param before absent: all since the host began */
export function viewOf({ at, metrics }: Scraped, before?: Scraped): HostView {
  const info = metrics.get("sei_info")?.[0]?.labels ?? {};
  const total = (name: string, of: Metrics = metrics): number =>
    (of.get(name) ?? []).reduce((sum, { value }) => sum + value, 0);
  const since = (name: string): number => total(name) - (before ? total(name, before.metrics) : 0);
  const up = at / 1e3 - total("sei_start_time_seconds");
  const over = before ? (at - before.at) / 1e3 : up;
  const frames = since("sei_frames_total");
  const captures = metrics.has("sei_answered_total");
  const socketDrops = (metrics.get("sei_kernel_udp_drops_total") ?? []).find(
    ({ labels }) => labels["scope"] === "socket",
  );
  return {
    host: info["host"] ?? "?",
    design: info["design"] ?? "?",
    up,
    over,
    framesPerSecond: over > 0 ? frames / over : 0,
    frames,
    ...designsOf(metrics, before?.metrics),
    ...(metrics.has("sei_link_rate_bits") && {
      link: {
        rate: total("sei_link_rate_bits"),
        rtt: total("sei_link_round_trip_seconds"),
        loss: total("sei_link_loss_ratio"),
      },
    }),
    ...(captures && {
      answered: since("sei_answered_total"),
      missed: since("sei_missed_total"),
      fallbacks: since("sei_fallbacks_total"),
    }),
    dropped: since("sei_dropped_total"),
    unreadable: since("sei_unreadable_total"),
    datagramsMissing: since("sei_datagrams_missing_total"),
    datagramsRejected: since("sei_datagrams_rejected_total"),
    kernelDrops: socketDrops?.value ?? 0,
    peers: (metrics.get("sei_connected") ?? []).map(({ labels, value }) => ({
      peer: labels["peer"] ?? "?",
      connected: value === 1,
    })),
    parts: partsOf(metrics, before?.metrics),
  };
}

function partsOf(now: Metrics, before: Metrics | undefined): HostView["parts"] {
  const names = new Set((now.get("sei_part_seconds_count") ?? []).map(({ labels }) => labels["part"] ?? ""));
  const all: [string, Bucket[]][] = [...names].map((part) => [
    part,
    buckets("sei_part_seconds_bucket", now, before, part),
  ]);
  all.unshift(["latency", buckets("sei_latency_seconds_bucket", now, before)]);
  const seen = all.filter(([, list]) => (list.at(-1)?.below ?? 0) > 0);
  return Object.fromEntries(
    seen.map(([part, list]) => [part, { p50: bucketQuantile(list, 0.5), p95: bucketQuantile(list, 0.95) }]),
  );
}

/** Mean seconds of a frame by part, of those that had it. */
export function meanParts({ metrics }: Scraped, before?: Scraped): Record<string, number> {
  const sums = partTotals("sei_part_seconds_sum", metrics, before?.metrics);
  const counts = partTotals("sei_part_seconds_count", metrics, before?.metrics);
  return Object.fromEntries(
    [...sums].flatMap(([part, sum]) => {
      const count = counts.get(part) ?? 0;
      return count > 0 ? [[part, sum / count] as const] : [];
    }),
  );
}

function partTotals(name: string, now: Metrics, before: Metrics | undefined): Map<string, number> {
  const read = (metrics: Metrics | undefined) =>
    new Map((metrics?.get(name) ?? []).map(({ labels, value }) => [labels["part"] ?? "", value] as const));
  const old = read(before);
  return new Map([...read(now)].map(([part, value]) => [part, value - (old.get(part) ?? 0)]));
}

/** How many frames captured there were answered within each bound of the histogram, the last of them infinite. */
export const latencyBuckets = ({ metrics }: Scraped, before?: Scraped): Bucket[] =>
  buckets("sei_latency_seconds_bucket", metrics, before?.metrics);

/** So many were at most `bound`. */
export interface Bucket {
  bound: number;
  below: number;
}

function buckets(name: string, now: Metrics, before: Metrics | undefined, part?: string): Bucket[] {
  const read = (metrics: Metrics | undefined): Map<string, number> =>
    new Map(
      (metrics?.get(name) ?? [])
        .filter(({ labels }) => labels["part"] === part)
        .map(({ labels, value }) => [labels["le"] ?? "", value]),
    );
  const old = read(before);
  return [...read(now)].map(([le, value]) => ({
    bound: le === "+Inf" ? Infinity : Number(le),
    below: value - (old.get(le) ?? 0),
  }));
}

/** Within a bucket values are taken as evenly spread, as PromQL's `histogram_quantile` does; beyond the last bound it is that. */
export function bucketQuantile(list: readonly Bucket[], share: number): number {
  const rank = share * (list.at(-1)?.below ?? 0);
  const i = list.findIndex(({ below }) => below >= rank);
  const { bound, below } = list[i]!;
  const { bound: from, below: first } = list[i - 1] ?? { bound: 0, below: 0 };
  if (bound === Infinity) return from;
  return below === first ? bound : from + ((bound - from) * (rank - first)) / (below - first);
}

function designsOf(now: Metrics, before: Metrics | undefined): Pick<HostView, "designs"> {
  const counts = (of: Metrics | undefined): Map<string, number> =>
    new Map((of?.get("sei_design_frames_total") ?? []).map(({ labels, value }) => [labels["design"] ?? "?", value]));
  const then = counts(before);
  const lately = [...counts(now)].map(([id, value]) => [id, value - (then.get(id) ?? 0)] as const);
  const some = lately.filter(([, frames]) => frames > 0);
  return some.length > 1 ? { designs: Object.fromEntries(some) } : {};
}
