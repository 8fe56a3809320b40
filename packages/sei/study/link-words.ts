/** @file A link in words, for `sei check` and the report. */
import { jitterMeans } from "@split-et-impera/core/network";
import type { DirectionOptions, LinkMedium, LinkOptions, LinkOutages, LinkTraffic } from "@split-et-impera/core/study";
import { formatBytes, formatDuration, formatNumber, formatPercent, formatRate } from "@split-et-impera/core/units";
import { linkProfile } from "./link-profiles.ts";

/** A line for each thing to know; of a plain link one. */
export function linkLines(link: LinkOptions): string[] {
  const { between, duplex, header, back } = link;
  const [a, b] = between;
  const ends = `${a} - ${b}`;
  return [
    `${ends}: ${directionText(link, ` ${duplex} duplex`)}, ${header} bytes of header`,
    ...directionExtras(link).map((text) => `${ends}: ${text}`),
    ...(back ? [`${b} - ${a}: ${[directionText(back), ...directionExtras(back)].join("; ")}`] : []),
    ...linkExtras(link).map((text) => `${ends}: ${text}`),
  ];
}

/** Rate, delay, loss and queue. */
export function directionText({ rate, trace, delay, loss, queue }: DirectionOptions, behind = ""): string {
  const burst = loss.burst > 1 ? ` in bursts of ${formatNumber(loss.burst)}` : "";
  const waits = typeof queue === "number" ? `${queue} packets` : formatBytes(queue.bytes);
  return (
    `${formatRate(rate)}${trace ? " in the mean" : ""}${behind}, ${formatDuration(delay)}, ` +
    `loss ${formatPercent(loss.rate)}${burst}, queue of ${waits}`
  );
}

/** What few links have. */
export function directionExtras({ trace, jitter, codel, bucket }: DirectionOptions): string[] {
  return [
    ...(trace ? [`rate from ${trace.file}, ${formatDuration(trace.seconds)}, ${ends[trace.end]}`] : []),
    ...(jitter
      ? [
          `jitter: ${jitter.distribution}, ${formatDuration(jitter.range)} is ${jitterMeans(jitter.distribution)}, ` +
            (jitter.reorder ? "packets overtake" : "in order"),
        ]
      : []),
    ...(codel ? [`CoDel: ${formatDuration(codel.target)} tolerated for ${formatDuration(codel.interval)}`] : []),
    ...(bucket === undefined ? [] : [`token bucket of ${formatBytes(bucket)}`]),
  ];
}

const ends = { repeat: "repeated", hold: "then its last rate holds", error: "then nothing may follow" };

/** What few links have, of both directions at once. */
export function linkExtras({ outages, medium, connections, background = [], profile }: LinkOptions): string[] {
  const row = linkProfile(profile);
  return [
    ...(outages ? [outagesText(outages)] : []),
    ...(medium ? [mediumText(medium)] : []),
    ...(connections ? [`a TCP connection for each frame${connections === "fresh-tls" ? ", with TLS" : ""}`] : []),
    ...background.map(trafficText),
    ...(row ? [`profile ${profile}, ${row.means}: ${row.source}`] : []),
  ];
}

function outagesText(outages: LinkOutages): string {
  const what = outages.packets === "wait" ? "packets wait" : "packets are lost";
  const when =
    "at" in outages
      ? outages.at.map(([from, to]) => `from ${formatDuration(from)} to ${formatDuration(to)}`).join(", ")
      : `for ${formatDuration(outages.down)} every ${formatDuration(outages.up + outages.down)} in the mean`;
  return `down ${when}; ${what}`;
}

function trafficText(one: LinkTraffic): string {
  const begin = `background from ${one.from}`;
  if (one.pattern === "download") {
    const parts =
      one.transfer === undefined
        ? ""
        : `, ${formatBytes(one.transfer)} every ${formatDuration(one.pause)} behind the last`;
    return `${begin}: a TCP download (${one.congestion})${parts}`;
  }
  const bursts =
    one.pattern === "on-off"
      ? `, on for ${formatDuration(one.on)} and off for ${formatDuration(one.off)} in the mean`
      : "";
  return `${begin}: ${one.pattern}, ${formatRate(one.rate)} in packets of ${one.packet} bytes${bursts}`;
}

function mediumText({ name, stations, each, gap, slot, overhead, window, retries, aggregate }: LinkMedium): string {
  const sends = each
    ? `each with ${formatRate(each.rate)} in Poisson packets of ${each.packet} bytes`
    : "each always with full packets";
  return (
    `contends for ${name}: ${stations === 0 ? "no others" : `${stations} other${stations === 1 ? "" : "s"}, ${sends}`}; ` +
    `gap ${formatDuration(gap)}, slots of ${formatDuration(slot)}, windows ${window.join(" to ")}, ` +
    `${formatDuration(overhead)} besides the bytes, ${aggregate} packet${aggregate === 1 ? "" : "s"} per access, ${retries} retries`
  );
}
