/** @file What the link to the next host is like, as a host sees it of its frames and of a few bytes that come back. */
import { MSS, TCP_HEADERS, UDP_HEADERS } from "@split-et-impera/core/network";
import type { Condition } from "@split-et-impera/core/policy";
import { quantile } from "@split-et-impera/core/statistics";
import type { FrameRecord } from "./record.ts";

/** Windows over which round trips and losses are remembered: of a few frames a second, one window has too few. */
const remembered = 10;
/** Seconds: clocks of event loops tell no less apart, so that what takes no longer on a link takes this long. */
export const leastService = 0.5e-3;

/** Bytes of framing before each message or datagram, and of what seals one, in TLS and of datagrams (docs/wire.md). */
const framing = 16;
const tls = 22;
const seal = 28;

interface Datagrams {
  sent: number;
  missing: number;
}

/**
 * Told of each frame when it has its record, and asked at the end of each window.
 *
 * **Rate.** A message is sent at s and its answer is here at s + n, the other host's own work taken off (`network` of a
 * record). On a link that passes messages one after the other, message i was in service for
 *
 *     t(i) = n(i) + s(i) - max(n(i-1) + s(i-1), s(i) + rtt),
 *
 * so that neither waiting behind the message before nor the way there and back count. The rate is that of the median
 * bits(i) / t(i) of a window, headers included; t is at least {@link leastService}.
 *
 * **Round trip.** The median of few bytes that came back while no frame was under way: it holds what this host itself and the
 * other are late by, as `network` does.
 *
 * **Loss.** Datagrams that did not reach the other host, as it says; of frames without an answer all of them.
 */
export class LinkMeter {
  private readonly roundTrips: number[][] = [];
  private readonly datagrams: Datagrams[] = [];
  private trips: number[] = [];
  private packets: Datagrams = { sent: 0, missing: 0 };
  /** Seconds a bit, of the window's messages. */
  private services: number[] = [];
  /** Messages of the window without an answer. */
  private unanswered = 0;
  /** When the answer before was here, without the other host's work; seconds. */
  private before = -Infinity;
  private rtt: number | undefined;
  private loss: number;

  /** @param loss until the first datagrams; what goes as a stream tells none */
  constructor(loss: number) {
    this.loss = loss;
  }

  /** @param seconds of few bytes there and back, nothing else under way */
  roundTrip(seconds: number): void {
    this.trips.push(seconds);
    // The first one is needed before a window ends.
    this.rtt ??= seconds;
  }

  /** Whether a round trip is known. */
  get knowsRoundTrip(): boolean {
    return this.rtt !== undefined;
  }

  /** @param payloadBytes of a datagram; undefined of a stream */
  frame({ captured, parts, bytes, missing, fallback, why, exit }: FrameRecord, payloadBytes: number | undefined): void {
    if (exit) return;
    const { network, wait = 0, head = 0, encode = 0 } = parts;
    const answered = network !== undefined && fallback === undefined && why === undefined;
    if (payloadBytes !== undefined && bytes > 0) {
      const sent = Math.ceil(bytes / payloadBytes);
      this.packets.sent += sent;
      this.packets.missing += answered ? Math.min(sent, missing) : sent;
    }
    if (!answered) {
      if (bytes > 0 || why === "disconnected" || why === "lost") this.unanswered++;
      return;
    }
    const sent = captured + wait + head + encode;
    const here = sent + network;
    if (this.rtt !== undefined && bytes > 0) {
      const service = here - Math.max(this.before, sent + this.rtt);
      this.services.push(Math.max(leastService, service) / (8 * onLink(bytes, payloadBytes)));
    }
    this.before = Math.max(this.before, here);
  }

  /** Frames go another way from now on: over other connections, in other messages. */
  changed(): void {
    this.before = -Infinity;
    this.services = [];
    this.unanswered = 0;
  }

  /**
   * The window is over.
   * @param waits whether a frame whose answer should be here, and is not, has been under way all the time
   * @returns what the link was like in it; undefined where nothing was sent that tells
   */
  window(waits: boolean): Condition | undefined {
    const { services, unanswered } = this;
    const trips = remember(this.roundTrips, this.trips).flat();
    if (trips.length > 0) this.rtt = quantile(trips, 0.5);
    const packets = remember(this.datagrams, this.packets);
    const sent = packets.reduce((sum, one) => sum + one.sent, 0);
    if (sent > 0) this.loss = packets.reduce((sum, one) => sum + one.missing, 0) / sent;
    this.trips = [];
    this.packets = { sent: 0, missing: 0 };
    this.services = [];
    this.unanswered = 0;
    const { rtt, loss } = this;
    if (rtt === undefined) return undefined;
    if (services.length > 0) return { rate: 1 / quantile(services, 0.5), rtt, loss };
    return waits || unanswered > 0 ? { rate: 0, rtt, loss } : undefined;
  }
}

/** Bytes of a message with all headers, as links count them. */
function onLink(bytes: number, payloadBytes: number | undefined): number {
  if (payloadBytes !== undefined) return bytes + Math.ceil(bytes / payloadBytes) * (framing + seal + UDP_HEADERS);
  const stream = bytes + framing + tls;
  return stream + Math.ceil(stream / MSS) * TCP_HEADERS;
}

/** The last windows, with this one. */
function remember<T>(windows: T[], last: T): T[] {
  windows.push(last);
  if (windows.length > remembered) windows.shift();
  return windows;
}
