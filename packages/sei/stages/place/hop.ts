/** @file What a message costs on a link, where nothing is lost and nothing waits. */
import { accessSeconds, type Study } from "@split-et-impera/core/study";
import { MSS, TCP_HEADERS } from "@split-et-impera/core/network";

/** Seconds per byte, its packets' headers at the link's rate (and their share of accesses to a shared medium) included; and seconds of the way. */
export function hopOf(link: Pick<Study["links"][number], "rate" | "delay" | "header" | "medium">): {
  secondsPerByte: number;
  delaySeconds: number;
} {
  const { rate, delay, header, medium } = link;
  const access = medium ? accessSeconds(link, 0) / medium.aggregate / MSS : 0;
  return { secondsPerByte: ((MSS + TCP_HEADERS + header) / MSS) * (8 / rate) + access, delaySeconds: delay };
}
