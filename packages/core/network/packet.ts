/** @file Packets in flight: rows of one typed array, so that sending one allocates nothing. */

/** What takes a packet off a link. */
export interface Receiver {
  /** `packet` is a row of the pool; the receiver releases it. */
  receive(packet: number): void;
}

/** Columns of a packet's row. Sequence numbers count bytes from 0 and do not wrap. */
export const SIZE = 0; // bytes on the wire, all headers included
export const SEQ = 1; // first byte (TCP), datagram index (UDP)
export const LENGTH = 2; // payload bytes
export const ACK = 3;
export const WINDOW = 4; // bytes the receiver allows beyond ACK
export const STAMP = 5; // TCP timestamp value, ms
export const ECHO = 6; // TCP timestamp echo, ms; -1: none
/** Of UDP, in the same columns: which fragment of its datagram the packet is, and how many there are. */
export const FRAGMENT = WINDOW;
export const FRAGMENTS = STAMP;
/** Likewise: payload bytes of the whole datagram. */
export const DATAGRAM = ECHO;
export const FLAGS = 7;
export const BLOCKS = 8; // number of SACK blocks
export const BLOCK = 9; // first of up to 3 pairs (start, end)
export const FLOW = 15; // index of the receiver on the channel's far end
export const SENT = 16; // when it entered the link, ns
/** Columns of a row: packet `p` is row `p / COLUMNS`. */
export const COLUMNS = 17;

/** Bits of FLAGS. */
export const PSH = 1;
export const RETRANSMISSION = 2;
export const DSACK = 4; // the first SACK block reports a duplicate
export const SYN = 8;
export const FIN = 16;

/** What a packet's row says, for those who look on. */
export interface PacketFields {
  flow: number;
  /** Of TCP its first byte; of UDP the datagram's place in its message. */
  sequence: number;
  /** Of UDP: which message it belongs to. Of TCP: up to which byte it acknowledges. */
  message: number;
  /** Bytes of payload, and with all headers but the link's. */
  length: number;
  size: number;
  /** When it entered the link, ns. */
  entered: number;
  resent: boolean;
}

export function readPacket({ rows }: PacketPool, packet: number): PacketFields {
  return {
    flow: rows[packet + FLOW]!,
    sequence: rows[packet + SEQ]!,
    message: rows[packet + ACK]!,
    length: rows[packet + LENGTH]!,
    size: rows[packet + SIZE]!,
    entered: rows[packet + SENT]!,
    resent: (rows[packet + FLAGS]! & RETRANSMISSION) !== 0,
  };
}

/** Rows of packets that are under way; released rows are used again. */
export class PacketPool {
  /** Row `p` begins at `p`: packets are named by the offset of their row. */
  rows = new Float64Array(COLUMNS * 256);
  private free: number[] = [];
  private used = 0;
  /** Packets under way. */
  live = 0;

  take(): number {
    this.live++;
    const reused = this.free.pop();
    if (reused !== undefined) return reused;
    const packet = this.used;
    this.used += COLUMNS;
    if (this.used > this.rows.length) {
      const rows = new Float64Array(this.rows.length * 2);
      rows.set(this.rows);
      this.rows = rows;
    }
    return packet;
  }

  release(packet: number): void {
    this.live--;
    this.free.push(packet);
  }
}
