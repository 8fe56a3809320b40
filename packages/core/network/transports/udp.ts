/** @file Messages over UDP: each a burst of datagrams, of which some may stay lost. */
import { IP_HEADER, LARGEST_PAYLOAD, UDP_HEADER } from "../headers.ts";
import { freeFlow, route as lead } from "../link.ts";
import { LONGEST_NS } from "../link-options.ts";
import { datagramsOf, fragmentsOf, isPayload, UdpFlow } from "../udp.ts";
import type { Transport } from "./transport.ts";

export interface UdpSpec {
  kind: "udp";
  /** Bytes of a message per datagram, 1 to 65507; above 1472 they travel as IP fragments, of which one lost loses all. */
  payload: number;
  /** Bytes of framing before each of them. Default 0. */
  header?: number;
  /** ns after a message's last arrival at which the receiver goes on with what it has. */
  timeout: number;
  /** Whether the receiver takes what a later datagram has overtaken for lost. Default: where all links keep the order. */
  inOrder?: boolean;
}

export const udp: Transport<UdpSpec> = {
  reliable: false,
  problem: ({ payload, header = 0, timeout }) => {
    if (!isPayload(payload)) return `payload to be 1 to ${LARGEST_PAYLOAD} bytes, got ${payload}`;
    if (!(Number.isInteger(header) && header >= 0 && header <= LARGEST_PAYLOAD - payload))
      return `header to be 0 to ${LARGEST_PAYLOAD - payload} bytes, got ${header}`;
    return timeout >= 0 && timeout <= LONGEST_NS ? undefined : `timeout to be 0 to ${LONGEST_NS} ns, got ${timeout}`;
  },
  cost: ({ payload, header = 0 }, bytes) => {
    const datagrams = datagramsOf(bytes, payload);
    const last = bytes - (datagrams - 1) * payload;
    const packets = (datagrams - 1) * fragmentsOf(payload + header) + fragmentsOf(last + header);
    const framing = datagrams * (header + UDP_HEADER) + packets * IP_HEADER;
    return { packets, bytes: bytes + framing, backPackets: 0, backBytes: 0 };
  },
  open: ({ payload, header, timeout, inOrder }, { there }, { clock, pool }, delivered) => {
    const flow = freeFlow(...there);
    const datagrams = new UdpFlow({
      clock,
      pool,
      channel: there[0]!,
      flow,
      payload,
      ...(header !== undefined && { header }),
      timeout,
      inOrder: inOrder ?? there.every((channel) => channel.inOrder),
      done: ({ message, count, missing, sentAt, finished }) =>
        delivered({ message, served: sentAt, finished, packets: count, missing }),
    });
    lead(there, flow, datagrams);
    return {
      send: (bytes) => void datagrams.send(bytes),
      flush: () => datagrams.flush(),
    };
  },
};
