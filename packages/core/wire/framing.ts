/**
 * @file What stands before a message on a stream, and before its part in each datagram: which frame it belongs to, and how
 * long there is. The runtime writes and reads it, the simulator counts its bytes.
 */

/** Bytes of the header. */
export const FRAMING = 16;
/** Bytes that sealing a datagram adds: whose it is, its number, for the nonce and against replay, and the tag. */
export const SEAL = 28;
/** Bytes that TLS 1.3 adds to a record of a stream: its header, the content's type and the tag (RFC 8446, 5.2). */
export const TLS_RECORD = 22;
/** Bytes that come with an answer: how long it waited and what its host did for how long. */
export const ANSWER_TIMES = 16;

/** What a message is: what crosses, an answer, the word that there is none, or the numbers of datagrams that are to be sent again. */
export const messageKinds = { frame: 1, answer: 2, nothing: 3, again: 4 } as const;
export type MessageKind = keyof typeof messageKinds;
const kindOf = new Map(Object.entries(messageKinds).map(([kind, code]) => [code as number, kind as MessageKind]));

export interface MessageHeader {
  kind: MessageKind;
  /** The plan that it was made by, modulo 256: frames of an old plan are still under way when a new one begins. */
  plan: number;
  /** Number of the datagram in the message; 0 on a stream. At most 65,535. */
  index: number;
  /** Number of the frame, modulo 2^32. */
  frame: number;
  /** Of the whole message. */
  bytes: number;
  /** Microseconds that were left to the deadline when it was sent; 0: none. */
  budgetMicros: number;
}

/** Writes a header, little-endian, at `offset`. A budget beyond 71 minutes is written as that. */
export function writeHeader(into: DataView, offset: number, header: MessageHeader): void {
  into.setUint8(offset, messageKinds[header.kind]);
  into.setUint8(offset + 1, header.plan & 255);
  into.setUint16(offset + 2, header.index, true);
  into.setUint32(offset + 4, header.frame, true);
  into.setUint32(offset + 8, header.bytes, true);
  into.setUint32(offset + 12, Math.min(2 ** 32 - 1, Math.max(0, Math.round(header.budgetMicros))), true);
}

/** The header at `offset`; undefined where there is none. What it says of sizes is a claim, to be held against the manifest. */
export function readHeader(from: DataView, offset: number): MessageHeader | undefined {
  if (from.byteLength < offset + FRAMING) return undefined;
  const kind = kindOf.get(from.getUint8(offset));
  if (kind === undefined) return undefined;
  return {
    kind,
    plan: from.getUint8(offset + 1),
    index: from.getUint16(offset + 2, true),
    frame: from.getUint32(offset + 4, true),
    bytes: from.getUint32(offset + 8, true),
    budgetMicros: from.getUint32(offset + 12, true),
  };
}
