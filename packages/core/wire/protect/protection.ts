/** @file What a protection is: how a message becomes packets, and which of its bytes are there when some packets are not. */
import type { ByteRange, Message, Piece, Received } from "../message.ts";

/** How one message travels; made anew by both ends from the same numbers. */
export interface PacketPlan {
  /** Bytes of each packet: what the simulator needs. */
  sizes: Uint32Array;
  /**
   * The bytes of the message that are missing where these packets are; ranges ascend and do not touch.
   * @param missing indices of packets that did not arrive, in any order
   */
  repair(missing: Iterable<number>): ByteRange[];
  /** The packets' bytes: what sockets need. */
  pack(message: Message): Uint8Array[];
  /** The message from those packets that arrived, by index. Packets of another size count as missing. */
  unpack(packets: ReadonlyMap<number, Uint8Array>): Received;
}

/** A row of the table of protections. */
export interface ProtectionRow {
  /** A few words. */
  means: string;
  /**
   * @param bytes of the message
   * @param payload most bytes of a packet
   */
  plan(bytes: number, payload: number, pieces?: readonly Piece[]): PacketPlan;
}
