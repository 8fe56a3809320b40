/** @file A packet as a trace shows it, with the state of the sender that sent it. */
import type { Tap } from "./channel.ts";
import {
  ACK,
  BLOCK,
  BLOCKS,
  DATAGRAM,
  ECHO,
  FLAGS,
  FRAGMENT,
  FRAGMENTS,
  LENGTH,
  PSH,
  RETRANSMISSION,
  SEQ,
  SIZE,
  STAMP,
  SYN,
  WINDOW,
  type PacketPool,
} from "./packet.ts";
import type { Clock } from "./clock.ts";
import { FRAGMENT_BYTES } from "./udp.ts";
import { SYN_HEADERS } from "./headers.ts";
import { SYN_WINDOW, type End } from "./tcp/index.ts";

/** What happens to the packet on the link that it enters. */
export type Fate = "sent" | "lost" | "overflowed";

export interface PacketEvent {
  /** ns since the first packet: over TCP a SYN, also where the connection is open before the first message. */
  time: number;
  /** Which connection it belongs to, from 0. */
  connection: number;
  /** 0: from the end that sends messages; 1: from the other. */
  direction: 0 | 1;
  fate: Fate;
  /** Of TCP: first byte, counted from 0. Of UDP: the datagram's index in its message, and the message's. */
  sequence: number;
  acknowledgement: number;
  /** Payload bytes, and bytes with the IP header and all above. */
  length: number;
  size: number;
  window: number;
  syn: boolean;
  push: boolean;
  retransmission: boolean;
  /** TCP timestamp and its echo, ms; -1: none. */
  stamp: number;
  echo: number;
  sacks: [number, number][];
  /** Of a datagram in several packets: which fragment this is, and of how many; where it begins, and the datagram's payload. */
  fragment?: { index: number; count: number; offset: number; payload: number };
  /** The sender's, in segments; undefined for UDP and before the connection is open. */
  cwnd?: number;
  ssthresh?: number;
  inFlight?: number;
  /** Bytes that the sender knows to have arrived, all below them too; and time-outs it has had. */
  acknowledged?: number;
  timeouts?: number;
  state?: "open" | "disorder" | "cwr" | "recovery" | "loss";
}

const STATES = ["open", "disorder", "cwr", "recovery", "loss"] as const;

/** Where a tap sits: whose packets it sees. */
interface Place {
  clock: Clock;
  pool: PacketPool;
  transport: "tcp" | "udp";
  direction: 0 | 1;
  /** ns by which the trace began before the clock. */
  offset: number;
  connection: () => number;
}

/** Turns what a link shows into events. `sender` gives the end that sends in this direction, once it is there. */
export function tapFor(
  { clock, pool, transport, direction, offset, connection }: Place,
  sender: () => End | undefined,
  see: (event: PacketEvent) => void,
): Tap {
  const udp = transport === "udp";
  return (packet, fate) => {
    const { rows } = pool;
    const flags = rows[packet + FLAGS]!;
    const sacks = Array.from({ length: rows[packet + BLOCKS]! }, (_, i): [number, number] => [
      rows[packet + BLOCK + 2 * i]!,
      rows[packet + BLOCK + 2 * i + 1]!,
    ]);
    const end = sender();
    see({
      time: clock.now + offset,
      connection: connection(),
      direction,
      fate,
      sequence: rows[packet + SEQ]!,
      acknowledgement: rows[packet + ACK]!,
      length: rows[packet + LENGTH]!,
      size: rows[packet + SIZE]!,
      window: udp ? 0 : rows[packet + WINDOW]!,
      syn: (flags & SYN) !== 0,
      push: (flags & PSH) !== 0,
      retransmission: (flags & RETRANSMISSION) !== 0,
      stamp: udp ? -1 : rows[packet + STAMP]!,
      echo: udp ? -1 : rows[packet + ECHO]!,
      sacks,
      ...(udp &&
        rows[packet + FRAGMENTS]! > 1 && {
          fragment: {
            index: rows[packet + FRAGMENT]!,
            count: rows[packet + FRAGMENTS]!,
            offset: rows[packet + FRAGMENT]! * FRAGMENT_BYTES,
            payload: rows[packet + DATAGRAM]!,
          },
        }),
      ...(end && {
        cwnd: end.sender.cwnd,
        ssthresh: end.sender.ssthresh,
        inFlight: end.sender.inFlight(),
        acknowledged: end.sender.sndUna,
        timeouts: end.sender.counts.timeouts,
        state: STATES[end.sender.state]!,
      }),
    });
  };
}

/** The handshake that an open connection has had, `handshake` ns before its first packet: SYN, and SYN-ACK half-way. */
export function traceHandshake(handshake: number, see: (event: PacketEvent) => void): void {
  for (const direction of [0, 1] as const) {
    see({
      time: direction === 0 ? 0 : Math.round(handshake / 2),
      connection: 0,
      direction,
      fate: "sent",
      sequence: 0,
      acknowledgement: 0,
      length: 0,
      size: SYN_HEADERS,
      window: SYN_WINDOW,
      syn: true,
      push: false,
      retransmission: false,
      stamp: 0,
      echo: -1,
      sacks: [],
    });
  }
}
