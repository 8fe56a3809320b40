/** @file Messages over one TCP connection, whose handshake is over before the first. */
import type { Clock } from "../clock.ts";
import { freeFlow, route as lead } from "../link.ts";
import { MSS, SYN_HEADERS, TCP_HEADERS } from "../headers.ts";
import { congestionNames, connect, type End, type TcpOptions } from "../tcp/index.ts";
import type { Delivery, MessageFlow, Transport } from "./transport.ts";

export interface TcpSpec extends TcpOptions {
  kind: "tcp";
  /** Bytes of framing before each message. Default 0. */
  header?: number;
}

/** Segments that one acknowledgement answers where nothing is missing. */
const SEGMENTS_PER_ACK = 2;
const NONE = new Uint32Array(0);

/** Nothing to say still needs a byte to say so. */
const framed = (bytes: number, header: number): number => Math.max(1, header + bytes);

export const tcp: Transport<TcpSpec> = {
  reliable: true,
  problem: ({ cc = "cubic", initialWindow = 1, header = 0 }) => {
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
    return {
      packets,
      bytes: written + packets * TCP_HEADERS,
      backPackets,
      backBytes: backPackets * TCP_HEADERS,
    };
  },
  open: (spec, { there, back, idleNs }, { clock, pool, seed, name }, delivered) => {
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
  };
}
