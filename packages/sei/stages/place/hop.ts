/** @file What a message costs on a link, where nothing is lost and nothing waits. */
import type { Study } from "@split-et-impera/core/study";
import { MSS, TCP_HEADERS } from "@split-et-impera/core/network";
import type { Hop } from "@split-et-impera/core/placement";

/** Bytes on the wire per byte of a float32 tensor. */
export const codecs = { float32: 1, float16: 1 / 2, uint8: 1 / 4 };

/** Its packets' bytes at the link's rate, and the way. Seconds per byte, seconds. */
export function hopOf({ rate, delay, header }: Pick<Study["links"][number], "rate" | "delay" | "header">): Hop {
  return { perByte: ((MSS + TCP_HEADERS + header) / MSS) * (8 / rate), fixed: delay };
}
