/**
 * @file How the spans of a frame are called: made of a seed and the frame's number, so that all hosts on its way make the same names
 * and no frame has to carry them.
 */
import { createHash, randomBytes } from "node:crypto";
import { traceSeedBytes } from "@split-et-impera/runtime/messages";

export const newTraceSeed = (): Uint8Array<ArrayBuffer> => Uint8Array.from(randomBytes(traceSeedBytes));

/** Names as W3C Trace Context has them: 16 and 8 bytes as hexadecimal digits. */
export interface FrameNames {
  traceId: string;
  spanId(span: string): string;
}

export function namesOf(seed: Uint8Array, frame: number): FrameNames {
  const hash = (what: string): string => createHash("sha256").update(seed).update(`${frame}/${what}`).digest("hex");
  return { traceId: hash("").slice(0, 32), spanId: (span) => hash(span).slice(0, 16) };
}

/** The frame's own span as a `traceparent` header, sampled: for who goes on with its answer. */
export function traceparentOf(seed: Uint8Array, frame: number): string {
  const { traceId, spanId } = namesOf(seed, frame);
  return `00-${traceId}-${spanId("frame")}-01`;
}
