/** @file The transports by name. A new one is a file and a row here, and passes the contract's tests. */
import { handshakeNames, type HandshakeName, type TcpSpec } from "./tcp-spec.ts";
import { tcp } from "./tcp.ts";
import type { Delivery, MessageFlow, Route, Transport, TransportContext, WireCost } from "./transport.ts";
import { udp, type UdpSpec } from "./udp.ts";

/** A transport with its options. */
export type TransportSpec = TcpSpec | UdpSpec;
export type TransportKind = TransportSpec["kind"];

const transports: { [K in TransportKind]: Transport<Extract<TransportSpec, { kind: K }>> } = { tcp, udp };

export const transportKinds = Object.keys(transports) as TransportKind[];

/** The row of a transport, with its spec bound: what can be asked of it. */
export interface BoundTransport {
  readonly reliable: boolean;
  problem(): string | undefined;
  cost(bytes: number): WireCost;
  open(route: Route, context: TransportContext, delivered: (delivery: Delivery) => void): MessageFlow;
}

export function transportOf(spec: TransportSpec): BoundTransport {
  // Each row takes the spec of its own kind; the table's type says so, which a lookup by a union cannot.
  const row = transports[spec.kind] as Transport<TransportSpec>;
  return {
    reliable: row.reliable,
    problem: () => row.problem(spec),
    cost: (bytes) => row.cost(spec, bytes),
    open: (route, context, delivered) => row.open(spec, route, context, delivered),
  };
}

export { handshakeNames };
export type { HandshakeName };
export type { Delivery, MessageFlow, Route, TcpSpec, Transport, TransportContext, UdpSpec, WireCost };
