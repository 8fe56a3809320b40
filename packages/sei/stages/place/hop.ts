/** @file What a message costs on a link, where nothing is lost and nothing waits. */
import type { Study } from "@split-et-impera/core/study";
import { MSS, TCP_HEADERS } from "@split-et-impera/core/network";

/** Bytes on the wire per byte of a float32 tensor. */
export const codecs = { float32: 1, float16: 1 / 2, uint8: 1 / 4 };

/** Seconds per byte, its packets' headers at the link's rate included; and seconds of the way. */
export function hopOf({ rate, delay, header }: Pick<Study["links"][number], "rate" | "delay" | "header">): {
  secondsPerByte: number;
  delaySeconds: number;
} {
  return { secondsPerByte: ((MSS + TCP_HEADERS + header) / MSS) * (8 / rate), delaySeconds: delay };
}
