/** @file What a message costs on a link, where nothing is lost and nothing waits. */
import type { Study } from "@split-et-impera/core/study";
import { MSS, TCP_HEADERS } from "@split-et-impera/core/network";

/** Seconds per byte, its packets' headers at the link's rate included; and seconds of the way. */
export function hopOf({ rate, delay, header }: Pick<Study["links"][number], "rate" | "delay" | "header">): {
  secondsPerByte: number;
  delaySeconds: number;
} {
  return { secondsPerByte: ((MSS + TCP_HEADERS + header) / MSS) * (8 / rate), delaySeconds: delay };
}
