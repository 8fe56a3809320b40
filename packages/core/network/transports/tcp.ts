/** @file Messages over one TCP connection, whose handshake is over before the first. */
import type { Clock } from "../clock.ts";
import { freeFlow, route as lead } from "../link.ts";
import { MSS, SYN_HEADERS, TCP_HEADERS } from "../headers.ts";
import { congestionNames, connect, type End } from "../tcp/index.ts";
import { TLS } from "../tls.ts";
import { freshConnections } from "./fresh-tcp.ts";
import { framed, handshakeNames, type HandshakeName, type TcpSpec } from "./tcp-spec.ts";
import type { Delivery, MessageFlow, Transport, WireCost } from "./transport.ts";

/** Segments that one acknowledgement answers where nothing is missing. */
const SEGMENTS_PER_ACK = 2;
const NONE = new Uint32Array(0);

/** What opening a connection puts on the wire: SYN and ACK, the SYN's answer; of TLS its flights, and acknowledgements of them. */
function openingOf(handshake: HandshakeName = "warm"): WireCost {
  if (handshake === "warm") return { packets: 0, bytes: 0, backPackets: 0, backBytes: 0 };
  const plain = { packets: 2, bytes: SYN_HEADERS + TCP_HEADERS, backPackets: 1, backBytes: SYN_HEADERS };
  if (handshake === "tcp") return plain;
  const server = Math.ceil(TLS.server / MSS);
  return {
    packets: plain.packets + 2 + TLS_ACKS,
    bytes: plain.bytes + TLS.hello + TLS.finished + (2 + TLS_ACKS) * TCP_HEADERS,
    backPackets: plain.backPackets + server,
    backBytes: plain.backBytes + TLS.server + server * TCP_HEADERS,
  };
}

/** Pure acknowledgements of the server's flight: new connections acknowledge each segment. */
const TLS_ACKS = Math.ceil(TLS.server / MSS);

export const tcp: Transport<TcpSpec> = {
  reliable: true,
  problem: ({ cc = "cubic", initialWindow = 1, header = 0, handshake = "warm" }) => {
    if (!handshakeNames.includes(handshake))
      return `handshake to be one of ${handshakeNames.join(", ")}, got ${handshake}`;
    if (!Number.isInteger(header) || header < 0) return `header to be whole bytes, got ${header}`;
    if (!congestionNames.includes(cc))
      return `congestion control to be one of ${congestionNames.join(", ")}, got ${cc}`;
    if (Number.isInteger(initialWindow) && initialWindow >= 1 && initialWindow <= 1000) return undefined;
    return `initial window to be 1 to 1000 segments, got ${initialWindow}`;
  },
  cost: (spec, bytes) => {
    const written = framed(bytes, spec.header ?? 0);
    const packets = Math.ceil(written / MSS);
    const backPackets = Math.ceil(packets / SEGMENTS_PER_ACK);
    const opening = openingOf(spec.handshake);
    return {
      packets: packets + opening.packets,
      bytes: written + packets * TCP_HEADERS + opening.bytes,
      backPackets: backPackets + opening.backPackets,
      backBytes: backPackets * TCP_HEADERS + opening.backBytes,
    };
  },
  open: (spec, { there, back, idleNs }, { clock, pool, seed, name }, delivered) => {
    if (spec.handshake !== undefined && spec.handshake !== "warm") {
      return freshConnections(spec, { there, back, idleNs }, { clock, pool, seed, name }, delivered);
    }
    const flow = freeFlow(...there, ...back);
    const [from, to] = connect({
      clock,
      pool,
      path: {
        forward: there[0]!,
        backward: back[0]!,
        arrive: (end, receiver) => lead(end === 0 ? back : there, flow, receiver),
        handshake: Math.round(2 * idleNs(SYN_HEADERS)),
      },
      flow,
      options: spec,
      seed,
      name,
    });
    const { header = 0 } = spec;
    return {
      ...messagesOver(clock, from, to, header, delivered),
      reverse: (other, back) => messagesOver(clock, to, from, other, back),
    };
  },
};

/** Messages from one end of a connection to the other, in order. */
function messagesOver(
  clock: Clock,
  from: End,
  to: End,
  header: number,
  delivered: (delivery: Delivery) => void,
): MessageFlow {
  let sent = 0;
  let written = 0;
  // Messages under way, in order, and where each ends in the byte stream.
  const waiting: { message: number; end: number; served: number }[] = [];
  let first = 0;
  const lose = (): void => {
    for (const { message, served } of waiting.splice(first)) {
      delivered({ message, served, finished: -1, packets: 0, missing: NONE });
    }
    waiting.length = first = 0;
  };
  to.application.delivered = (total) => {
    while (first < waiting.length && waiting[first]!.end <= total) {
      const { message, served } = waiting[first++]!;
      if (first < waiting.length) waiting[first]!.served = clock.now;
      if (first > 1000 && 2 * first > waiting.length) {
        waiting.splice(0, first);
        first = 0;
      }
      delivered({ message, served, finished: clock.now, packets: 0, missing: NONE });
    }
  };
  from.application.failed = lose;
  return {
    send: (bytes) => {
      const more = framed(bytes, header);
      written += more;
      waiting.push({ message: sent++, end: written, served: clock.now });
      if (from.sender.broken) lose();
      else from.write(more);
    },
    flush: lose,
    window: () => from.sender.cwnd,
  };
}
