/** @file A study's link as the simulator, and the emulation of links, take it. */
import type {
  DownloadOptions,
  LinkParameters,
  OutageOptions,
  Rate,
  StationsOptions,
  TrafficOptions,
} from "../network/index.ts";
import {
  traceRate,
  unpackOpportunities,
  type DirectionOptions,
  type LinkOptions,
  type LinkMedium,
  type LinkOutages,
  type LinkTraffic,
} from "../study/index.ts";

const ns = (seconds: number): number => Math.round(seconds * 1e9);

/** Both directions alike, or from the first host to the second and back. */
export function networkLink(link: LinkOptions): LinkParameters | [LinkParameters, LinkParameters] {
  const there = directionLink(link, link);
  return link.back ? [there, directionLink(link.back, link)] : there;
}

function directionLink(
  direction: DirectionOptions,
  { header, duplex, outages, medium }: Pick<LinkOptions, "header" | "duplex" | "outages" | "medium">,
): LinkParameters {
  const { delay, loss, queue, jitter, codel, bucket } = direction;
  return {
    rate: rateOf(direction),
    delay: ns(delay),
    ...(loss.rate > 0 && { loss: { rate: loss.rate, burst: loss.burst } }),
    queue: typeof queue === "number" ? { packets: queue } : { bytes: queue.bytes },
    header,
    duplex,
    ...(jitter && { jitter: { ...jitter, range: ns(jitter.range) } }),
    ...(codel && { codel: { target: ns(codel.target), interval: ns(codel.interval) } }),
    ...(bucket !== undefined && { bucket }),
    ...(outages && { outages: outagesOf(outages) }),
    ...(medium && { medium: mediumOf(medium) }),
  };
}

function rateOf({ rate, trace }: DirectionOptions): Rate {
  if (!trace) return rate;
  const { opportunities, steps, end, seconds } = trace;
  const factor = rate / traceRate(trace);
  const once = end === "error" && { once: true };
  if (opportunities !== undefined)
    return { milliseconds: unpackOpportunities(opportunities), ...(factor !== 1 && { bytes: 1500 * factor }), ...once };
  return {
    times: steps!.times.map(ns),
    values: steps!.rates.map((one) => one * factor),
    ...(end !== "hold" && { period: ns(seconds) }),
    ...once,
  };
}

function outagesOf(outages: LinkOutages): OutageOptions {
  const { packets } = outages;
  if ("at" in outages) return { packets, down: outages.at.map(([from, to]) => [ns(from), ns(to)] as const) };
  return { packets, meanUp: ns(outages.up), meanDown: ns(outages.down) };
}

function mediumOf(medium: LinkMedium): NonNullable<LinkParameters["medium"]> {
  const { name, slot, gap, overhead, collision, window, retries, aggregate } = medium;
  return {
    name,
    slot: ns(slot),
    gap: ns(gap),
    overhead: ns(overhead),
    collision: ns(collision),
    windowMin: window[0],
    windowMax: window[1],
    retries,
    aggregate,
  };
}

/** The other stations on a link's medium, as the simulator takes them; they send at the link's rate. */
export function otherStations(link: LinkOptions): StationsOptions[] {
  const { medium, rate, header } = link;
  if (!medium || medium.stations === 0) return [];
  const { each, stations } = medium;
  return [
    {
      count: stations,
      link: { rate, header, queue: { packets: 1000 }, medium: mediumOf(medium) },
      ...(each && { traffic: { ...each, pattern: "poisson" as const } }),
    },
  ];
}

/** Background traffic as the simulator takes it. */
export function backgroundTraffic(one: LinkTraffic): { from: string } & (TrafficOptions | DownloadOptions) {
  const { from } = one;
  if (one.pattern === "download") {
    const { congestion, transfer, pause } = one;
    return {
      from,
      pattern: "download",
      cc: congestion,
      ...(transfer !== undefined && { bytes: transfer }),
      pause: ns(pause),
    };
  }
  const { rate, packet } = one;
  return { from, rate, packet, pattern: one.pattern === "on-off" ? { on: ns(one.on), off: ns(one.off) } : one.pattern };
}
