/** @file What carries messages over a way of links: an interface that each transport's row keeps to. */
import type { Channel } from "../channel.ts";
import type { Clock } from "../clock.ts";
import type { PacketPool } from "../packet.ts";

/** The channels from sender to receiver, hop by hop, and those back. */
export interface Route {
  there: readonly Channel[];
  back: readonly Channel[];
  /** ns that a packet of `bytes` (with its IP header) takes there when nothing else is under way. */
  idleNs(bytes: number): number;
}

export interface TransportContext {
  clock: Clock;
  pool: PacketPool;
  seed: number;
  /** Names the random streams of this flow. */
  name: string;
}

/** What became of a message. */
export interface Delivery {
  /** Its index on the flow, from 0 in the order of sending. */
  message: number;
  /** ns; when its bytes could begin to leave: a transport that keeps an order holds them back until those before are through. */
  served: number;
  /** ns; when its receiver could go on with it; -1: never, nothing of it came. */
  finished: number;
  /** The packets that the receiver counts (datagrams; of a byte stream 0), and the indices of those that are missing: none where it is whole without them. */
  packets: number;
  missing: Uint32Array;
}

/** Messages one way between two hosts. */
export interface MessageFlow {
  /** Sends `bytes` now; `due` (ns) is when its receiver goes on with what it has, where it may be late for that. Each message is delivered once, perhaps before this returns, and with `finished` -1 where it is lost. */
  send(bytes: number, due?: number): void;
  /** Nothing is under way any more: delivers, as lost, what is still open. */
  flush(): void;
  /** Segments that may be under way unacknowledged, where its sender has such a bound: a congestion window. */
  window?(): number;
  /** Messages the other way over the same connection, where there is one: acknowledgements ride with them. Once at most. */
  reverse?(header: number, delivered: (delivery: Delivery) => void): MessageFlow;
}

/** IP packets and their bytes (IP headers included) that a message takes when none is lost. */
export interface WireCost {
  packets: number;
  bytes: number;
  /** Acknowledgements and the like, the other way. */
  backPackets: number;
  backBytes: number;
}

/** A row of the table of transports. */
export interface Transport<Spec> {
  /** Whether each byte arrives in the end (so that losses cost time), or what is lost stays lost. */
  readonly reliable: boolean;
  /** A reason why `spec` cannot be, or undefined. */
  problem(spec: Spec): string | undefined;
  cost(spec: Spec, bytes: number): WireCost;
  open(spec: Spec, route: Route, context: TransportContext, delivered: (delivery: Delivery) => void): MessageFlow;
}
