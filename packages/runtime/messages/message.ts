/** @file A message as a host sees it, over whatever transport it came. */
import type { MessageKind, Received } from "@split-et-impera/core/wire";

/** What a host may be sent, from the deployment's manifest; what claims to be more is refused. */
export interface Accepted {
  kinds: readonly MessageKind[];
  mostBytes: number;
}

/** Bytes of the digest of a deployment, by which two hosts see that they run the same one. */
export const digestBytes = 32;

/** Bytes from which all hosts on a frame's way make the same names for its trace. */
export const traceSeedBytes = 32;

/** The most bytes of a message of a kind: beside frames and answers, no more is said than a digest or a seed. */
export const mostBytesOf = (kind: MessageKind, { mostBytes }: Accepted): number =>
  kind === "nothing" ? digestBytes : mostBytes;

export interface ArrivedMessage {
  kind: MessageKind;
  plan: number;
  frame: number;
  received: Received;
  /** Microseconds that were left to the deadline when it was sent; 0: none. */
  budgetMicros: number;
  /** ns; when all of it was there, or what there was of it was taken. */
  at: number;
  /** Datagrams of it that never came; 0 of a stream. */
  missing: number;
}
