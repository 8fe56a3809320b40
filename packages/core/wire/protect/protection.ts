/** @file What a protection is: how a message becomes packets, and which of its bytes are there when some packets are not. */
import type { Layout, PacketLoss } from "./failure.ts";
import type { ByteRange, Message, Received } from "../message.ts";

/** How one message travels; made anew by both ends from the same numbers. */
export interface PacketPlan {
  /** Bytes of each packet: what the simulator needs. Those of the message come first, then what was added. */
  readonly sizes: Uint32Array;
  /**
   * The bytes of the message that are missing where these packets are; ranges ascend and do not touch.
   * @param missing indices of packets that did not arrive, in any order
   */
  repair(missing: Iterable<number>): ByteRange[];
  /** Follows one message, for a receiver that goes on as soon as it can. */
  watch(): Watch;
  /** The packets' bytes: what sockets need. Those of the message may be views of it. */
  pack(message: Message): Uint8Array[];
  /** The message from those packets that arrived, by index. Packets of another size count as missing. */
  unpack(packets: ReadonlyMap<number, Uint8Array>): Received;
}

/** The arrival of one message's packets. */
export interface Watch {
  /** A packet has come, which had not before. Whether nothing of the message is missing now: `repair` of all others is empty. */
  add(index: number): boolean;
  /**
   * Packets to be asked for again, as few as make the message whole, where those up to `upTo` that have not come are lost and
   * all behind it come.
   */
  needed(upTo: number): number[];
}

/** What a field of a protection's parameters may be. */
export interface ProtectionField {
  /** Whole numbers only. */
  whole?: boolean;
  min?: number;
  max?: number;
  /** Greater than `min`. */
  above?: boolean;
  /** What it is where it is not said; absent: it has to be said, or `unsaid` tells what its absence means. */
  default?: number;
  unsaid?: string;
  /** What of the link it is: nobody says it, and both ends are told. */
  ofLink?: keyof PacketLoss;
  means: string;
}

/** A row of the table of protections. */
export interface ProtectionRow<S extends { kind: string }> {
  /** A few words. */
  means: string;
  /** Its parameters beside `kind`, each with what it may be. */
  fields: { readonly [K in Exclude<keyof S, "kind">]-?: ProtectionField };
  /** What is wrong with parameters that fit `fields`; absent where nothing more can be. */
  problem?(spec: S): string | undefined;
  /** How a message of so many packets is protected: what the probability of its being whole follows from. */
  layout(spec: S, packets: number): Layout;
  /**
   * @param bytes of the message
   * @param payload most bytes of a packet
   */
  plan(spec: S, bytes: number, payload: number): PacketPlan;
}
