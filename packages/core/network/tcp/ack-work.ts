/** @file What an acknowledgement was found to be, while it is processed. */
import type { RateSample } from "./congestion.ts";

// What an ACK was found to be.
export const ADVANCED = 1; // acknowledged something new in order
export const SACKED_NEW = 2;
export const DSACKED = 4;
export const ORIGINAL_SACKED = 8; // something never sent again has arrived
export const RETRANS_ACKED = 16;
export const WINDOW_UPDATE = 32;
export const SET_TIMER = 64;
export const LOST_RETRANS = 128;
export const HAS_DATA = 256;
export const DSACK_PROBE = 512;
export const MAYBE_DELAYED = 1024;

export const RESEND_NONE = 0;
export const RESEND_LOST = 1;
export const RESEND_NEW = 2;

/** The working memory of one sender's ACK processing. */
export class AckWork {
  /** What it acknowledges (the first byte that is missing) and echoes. */
  ack = 0;
  echo = -1;
  /** What was acknowledged and SACKed before it. */
  priorUna = 0;
  priorSackedEnd = 0;
  flag = 0;
  resend = 0;
  reorder = Infinity;
  firstSack = -1;
  lastSack = -1;
  /** The last ACK's SACK blocks, sorted; what they cover is marked already. */
  known = new Float64Array(8);
  knownCount = 0;
  blocks = new Float64Array(8);
  readonly sample: RateSample = {
    delivered: -1,
    priorDelivered: -1,
    interval: -1,
    rtt: -1,
    priorInFlight: 0,
    acked: 0,
    losses: 0,
    appLimited: false,
    ackDelayed: false,
  };
  sampleDeliveredAt = 0;
  sampleFirstSentAt = 0;
  sampleSentAt = 0;
  sampleEnd = 0;
}
