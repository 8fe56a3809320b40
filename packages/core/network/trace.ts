/** @file A packet as a trace shows it, with the state of the sender that sent it. */
import type { Tap } from "./channel.ts";
import {
  ACK,
  BLOCK,
  BLOCKS,
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
import type { End } from "./tcp/index.ts";

/** What happens to the packet on the link that it enters. */
export type Fate = "sent" | "lost" | "overflowed";

export interface PacketEvent {
  /** ns. */
  time: number;
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
  /** Of a datagram in several packets: which fragment this is, and of how many. */
  fragment?: { index: number; count: number };
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
}

/** Turns what a link shows into events. `sender` gives the end that sends in this direction, once it is there. */
export function tapFor(
  { clock, pool, transport, direction }: Place,
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
      time: clock.now,
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
      echo: rows[packet + ECHO]!,
      sacks,
      ...(udp &&
        rows[packet + FRAGMENTS]! > 1 && {
          fragment: { index: rows[packet + FRAGMENT]!, count: rows[packet + FRAGMENTS]! },
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
