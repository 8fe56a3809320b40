/** @file Messages over UDP: each a burst of datagrams, of which some may stay lost. */
import { IP_HEADER, LARGEST_PAYLOAD, UDP_HEADER } from "../headers.ts";
import { freeFlow, route as lead } from "../link.ts";
import { LONGEST_NS } from "../link-options.ts";
import { packetPlan, protectionProblem, type ProtectionSpec } from "../../wire/index.ts";
import { fragmentsOf, isPayload, UdpFlow } from "../udp.ts";
import type { Transport } from "./transport.ts";

export interface UdpSpec {
  kind: "udp";
  /** Bytes of a message per datagram, 1 to 65507; above 1472 they travel as IP fragments, of which one lost loses all. */
  payload: number;
  /** Bytes of framing before each of them. Default 0. */
  header?: number;
  /** What is added to each message, so that it is whole without some datagrams. Default: nothing. */
  protection?: ProtectionSpec;
  /** Whether the receiver asks for lost datagrams again, as long as they can be there before a message is due. Default: no. */
  resend?: boolean;
  /** ns after a message's last arrival at which the receiver goes on with what it has. */
  timeout: number;
  /** Whether the receiver takes what a later datagram has overtaken for lost. Default: where all links keep the order. */
  inOrder?: boolean;
}

export const udp: Transport<UdpSpec> = {
  reliable: false,
  problem: ({ payload, header = 0, timeout, protection }) => {
    const wrong = protection && protectionProblem(protection);
    if (wrong !== undefined) return `a protection that can be, got ${wrong}`;
    if (!isPayload(payload)) return `payload to be 1 to ${LARGEST_PAYLOAD} bytes, got ${payload}`;
    if (!(Number.isInteger(header) && header >= 0 && header <= LARGEST_PAYLOAD - payload))
      return `header to be 0 to ${LARGEST_PAYLOAD - payload} bytes, got ${header}`;
    return timeout >= 0 && timeout <= LONGEST_NS ? undefined : `timeout to be 0 to ${LONGEST_NS} ns, got ${timeout}`;
  },
  cost: ({ payload, header = 0, protection = { kind: "none" } }, bytes) => {
    const cost = { packets: 0, bytes: 0, backPackets: 0, backBytes: 0 };
    for (const size of packetPlan(protection, bytes, payload).sizes) {
      const packets = fragmentsOf(size + header);
      cost.packets += packets;
      cost.bytes += size + header + UDP_HEADER + packets * IP_HEADER;
    }
    return cost;
  },
  open: (
    { payload, header, timeout, inOrder, protection, resend },
    { there, back, idleNs },
    { clock, pool },
    delivered,
  ) => {
    const flow = freeFlow(...there, ...(resend ? back : []));
    const datagrams = new UdpFlow({
      clock,
      pool,
      channel: there[0]!,
      flow,
      payload,
      ...(header !== undefined && { header }),
      ...(protection && { protection }),
      // Links are much alike both ways, or their delay is.
      ...(resend && { again: { channel: back[0]!, roundTrip: 2 * Math.round(idleNs(payload + (header ?? 0))) } }),
      timeout,
      inOrder: inOrder ?? there.every((channel) => channel.inOrder),
      done: ({ message, count, missing, sentAt, finished }) =>
        delivered({ message, served: sentAt, finished, packets: count, missing }),
    });
    lead(there, flow, datagrams);
    if (resend) lead(back, flow, datagrams.asked);
    return {
      send: (bytes, due) => void datagrams.send(bytes, due),
      flush: () => datagrams.flush(),
    };
  },
};
