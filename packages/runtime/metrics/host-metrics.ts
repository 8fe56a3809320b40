/** @file What a running host counts, as metrics. */
import type { FrameRecord, HostCounters, LineEvent, Part, Role } from "../host/index.ts";
import type { Condition } from "@split-et-impera/core/policy";
import { Histogram } from "./histogram.ts";
import type { KernelDrops } from "./kernel.ts";
import { metricsText, type Family, type Sample } from "./text.ts";

/** What a host is asked for when its metrics are. */
export interface Observed {
  readonly role: Role;
  readonly counters: HostCounters;
  /** The names of the hosts that are connected. */
  readonly peers: readonly string[];
}

export interface HostIdentity {
  host: string;
  design: string;
  version: string;
  deadlineNs: number;
}

/** Fed with what happens on a host; gives it as text. */
export class HostMetrics {
  /** ms since 1970. */
  readonly since = Date.now();
  private identity: HostIdentity;
  private readonly latency = new Histogram();
  private readonly parts = new Map<Part, Histogram>();
  private readonly without = new Map<string, number>();
  /** Frames by design. */
  private readonly designs = new Map<string, number>();
  private condition: Condition | undefined;
  private readonly lost = new Map<string, number>();
  private readonly counts = {
    answered: 0,
    late: 0,
    fallbacks: 0,
    exits: 0,
    exitFallbacks: 0,
    bytes: 0,
    missingThere: 0,
    refused: 0,
  };

  constructor(identity: HostIdentity) {
    this.identity = identity;
  }

  /**
   * Of a frame that was captured here.
   * @param design by which it went, where that need not be the one that runs now
   */
  record(record: FrameRecord, design?: string): void {
    const { latency, deadlineMet, exit, fallback, why, missing, bytes, parts } = record;
    const { counts, without } = this;
    counts.bytes += bytes;
    counts.missingThere += missing;
    if (why !== undefined) without.set(why, (without.get(why) ?? 0) + 1);
    if (fallback === "local") counts.fallbacks++;
    if (fallback === "exit") counts.exitFallbacks++;
    if (exit) counts.exits++;
    if (!deadlineMet && why !== "elsewhere") counts.late++;
    if (latency !== undefined) {
      counts.answered++;
      this.latency.observe(latency);
    }
    this.served(parts, design);
  }

  /** What this host did for a frame, seconds. */
  served(parts: FrameRecord["parts"], design = this.identity.design): void {
    this.designs.set(design, (this.designs.get(design) ?? 0) + 1);
    for (const [part, seconds] of Object.entries(parts) as [Part, number][]) {
      const known = this.parts.get(part) ?? new Histogram();
      this.parts.set(part, known);
      known.observe(seconds);
    }
  }

  event(event: LineEvent): void {
    if (event.event === "disconnected") this.lost.set(event.peer, (this.lost.get(event.peer) ?? 0) + 1);
    if (event.event === "refused") this.counts.refused++;
  }

  /** What the link to the next host was like lately. */
  measured(condition: Condition): void {
    this.condition = condition;
  }

  /** Another deployment runs from now on. */
  swapped(to: Pick<HostIdentity, "design" | "deadlineNs">): void {
    this.identity = { ...this.identity, ...to };
  }

  text(observed: Observed, drops: KernelDrops | undefined): string {
    return metricsText([
      ...this.framesOf(observed),
      ...this.datagramsOf(observed, drops),
      ...this.linesOf(observed),
      ...this.conditionOf(),
    ]);
  }

  private framesOf({ role, counters }: Observed): Family[] {
    const { counts, identity } = this;
    const one = (name: string, help: string, value: number): Family => counter(name, help, [{ value }]);
    const captured = [
      one("sei_answered_total", "Frames captured here that got an answer.", counts.answered),
      one("sei_missed_total", "Frames captured here without an answer within the deadline.", counts.late),
      one("sei_fallbacks_total", "Answers of the rest of the model, run here.", counts.fallbacks),
      one("sei_exits_total", "Answers of an early exit that was sure.", counts.exits),
      one(
        "sei_exit_fallbacks_total",
        "Answers of an early exit that was not sure, where no other came.",
        counts.exitFallbacks,
      ),
      counter(
        "sei_unanswered_total",
        "Frames captured here without an answer, by reason.",
        [...this.without].map(([reason, value]) => ({ labels: { reason }, value })),
      ),
      one("sei_sent_bytes_total", "Payload of frames captured here.", counts.bytes),
      histogram("sei_latency_seconds", "From capture to answer.", this.latency.samples()),
    ];
    const { host, design, version } = identity;
    return [
      gauge("sei_info", "What runs here.", [{ labels: { host, design, version }, value: 1 }]),
      gauge("sei_start_time_seconds", "When it began, seconds since 1970.", [{ value: this.since / 1e3 }]),
      gauge("sei_deadline_seconds", "From capture until when an answer is due.", [
        { value: identity.deadlineNs / 1e9 },
      ]),
      one("sei_frames_total", "Frames captured here, or that came from another host.", counters.frames),
      counter(
        "sei_design_frames_total",
        "Frames of which all is known, by the design that they went by.",
        [...this.designs].map(([name, value]) => ({ labels: { design: name }, value })),
      ),
      one("sei_dropped_total", "Frames passed over for others.", counters.dropped),
      one("sei_unreadable_total", "Frames of which nothing could be made.", counters.unreadable),
      ...(role.captures ? captured : []),
      histogram(
        "sei_part_seconds",
        "What frames spent where.",
        [...this.parts].flatMap(([part, times]) => times.samples({ part })),
      ),
    ];
  }

  private datagramsOf({ counters }: Observed, drops: KernelDrops | undefined): Family[] {
    const { forged, replayed, strange, unsent, missing } = counters;
    const reasons = Object.entries({ forged, replayed, strange });
    const kernel = Object.entries(drops ?? {});
    return [
      counter("sei_datagrams_missing_total", "Datagrams of frames that never came: in here, out at the next host.", [
        { labels: { way: "in" }, value: missing },
        { labels: { way: "out" }, value: this.counts.missingThere },
      ]),
      counter(
        "sei_datagrams_rejected_total",
        "Datagrams that were not taken: not authentic, a second time, of no message.",
        reasons.map(([reason, value]) => ({ labels: { reason }, value })),
      ),
      counter("sei_datagrams_unsent_total", "Datagrams that the system would not send.", [{ value: unsent }]),
      counter(
        "sei_kernel_udp_drops_total",
        "Datagrams that found a socket's buffer full: of this host's socket, of all of the machine.",
        kernel.map(([scope, value]) => ({ labels: { scope }, value: value as number })),
      ),
    ];
  }

  private conditionOf(): Family[] {
    if (!this.condition) return [];
    const { rate, rtt, loss } = this.condition;
    return [
      gauge("sei_link_rate_bits", "Of the link to the next host, as frames have it, bit/s.", [{ value: rate }]),
      gauge("sei_link_round_trip_seconds", "There and back without waiting.", [{ value: rtt }]),
      gauge("sei_link_loss_ratio", "Share of datagrams that do not reach the next host.", [{ value: loss }]),
    ];
  }

  private linesOf({ role, peers }: Observed): Family[] {
    const known = peersOf(role);
    return [
      gauge(
        "sei_connected",
        "Whether another host is connected.",
        known.map((peer) => ({ labels: { peer }, value: peers.includes(peer) ? 1 : 0 })),
      ),
      counter(
        "sei_disconnected_total",
        "How often a connection was lost.",
        known.map((peer) => ({ labels: { peer }, value: this.lost.get(peer) ?? 0 })),
      ),
      counter("sei_refused_total", "Connections of strangers that were refused.", [{ value: this.counts.refused }]),
    ];
  }
}

/** The hosts that a host talks to. */
function peersOf({ host, incoming, outgoing, answer }: Role): string[] {
  const all = [incoming?.from, outgoing?.to, answer?.from, answer?.to];
  return [...new Set(all.filter((name) => name !== undefined && name !== host))] as string[];
}

const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  type: "counter",
  samples,
});
const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  type: "gauge",
  samples,
});
const histogram = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  type: "histogram",
  samples,
});
