/** @file How TCP carries the design that the verdict names, packet by packet, for the report. */
import { networkLink, wordsOf, type ConnectionResult, type DesignResult } from "@split-et-impera/core/design";
import { uplinkOf, type Study } from "@split-et-impera/core/study";
import { MSS, simulateHistory } from "@split-et-impera/core/network";

/** Messages, or packets where a message has few of them: enough for some losses to show, few enough to tell apart. */
const wantedMessages = 30;
const wantedPackets = 300;
const mostPoints = 2000;

/** The design's first messages over the study's link at its own loss; undefined where it sends nothing over TCP. */
export function connectionOf(study: Study, design: DesignResult | undefined): ConnectionResult | undefined {
  if (!design || wordsOf(design).transport !== "tcp" || design.bytes === 0) return undefined;
  const { link } = uplinkOf(study);
  const bytes = Math.round(design.bytes);
  const segments = Math.ceil(bytes / MSS);
  const wanted = Math.max(wantedMessages, Math.floor(wantedPackets / segments));
  const messages = Math.max(1, Math.min(wanted, study.frames.count, Math.floor(mostPoints / segments)));
  // Without losses messages then begin about a frame apart, like the study's.
  const { rate, delay } = link;
  const busy = (8 * bytes) / rate + 2 * delay;
  const points = simulateHistory(
    {
      link: networkLink(link),
      transport: { kind: "tcp" },
      bytes,
      answer: Math.max(1, study.frames.answer.bytes),
      count: messages,
      gap: Math.max(0, Math.round((1 / study.frames.rate - busy) * 1e9)),
      seed: study.seed,
    },
    mostPoints,
  );
  return { design: design.id, bytes, messages, points };
}
