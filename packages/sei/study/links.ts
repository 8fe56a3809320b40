/** @file Links of a study file to what everything else reads: shapes filled in, traces read, the way back whole. */
import { InputError, internal } from "@split-et-impera/core/errors";
import {
  directionFields,
  directionOf,
  traceRate,
  type DirectionOptions,
  type LinkOptions,
  type LinkMedium,
  type LinkOutages,
  type LinkTraffic,
  type RateTrace,
} from "@split-et-impera/core/study";
import { formatDuration } from "@split-et-impera/core/units";
import type { StudyFile } from "./definition.ts";
import { fromStudy } from "./paths.ts";
import { readRateTrace } from "../network/rate-trace.ts";

type LinkFile = StudyFile["links"][number];
type Given = Partial<Pick<LinkFile, (typeof directionFields)[number] & keyof LinkFile>>;

/** Reads the traces that links name. Throws `InputError` `ERR_RATE_TRACE` as {@link readRateTrace} does. */
export async function readLinkTraces(file: string, links: readonly LinkFile[]): Promise<LinkOptions[]> {
  const known = new Map<string, RateTrace>();
  for (const { rate, back } of links)
    for (const one of [rate, back?.rate]) {
      if (typeof one !== "object") continue;
      known.set(keyOf(one), await readRateTrace(fromStudy(file, one.trace), one.trace, one.end));
    }
  return links.map((link) => linkOptions(link, known));
}

const keyOf = ({ trace, end }: Exclude<LinkFile["rate"], number | undefined>): string => `${end} ${trace}`;

/** A link without what only placing uses. */
function linkOptions(link: LinkFile, traces: ReadonlyMap<string, RateTrace>): LinkOptions {
  const { between, duplex, header, outages, medium, connections, background, profile } = link;
  if (link.rate === undefined) throw internal("a link without a rate passed its checks");
  const there = directionGiven(link, traces);
  const back = link.back && { ...there, ...noTrace(link.back), ...directionGiven(link.back, traces) };
  return {
    between,
    ...directionOf(there),
    duplex,
    header,
    ...(back && { back: directionOf(back) }),
    ...(outages && { outages: outagesOf(outages) }),
    ...(connections !== "persistent" && { connections }),
    ...(medium && { medium: mediumOf(medium) }),
    ...(background.length > 0 && { background: background.map((one) => trafficOf(one, between[0])) }),
    ...(profile && { profile }),
  };
}

/** A constant rate back takes the place of a trace. */
const noTrace = ({ rate }: Given): { trace?: undefined } => (typeof rate === "number" ? { trace: undefined } : {});

/** What is said of a direction, of a link all that it needs; what is said to be none is undefined. */
function directionGiven(given: Given, traces: ReadonlyMap<string, RateTrace>): DirectionOptions {
  const { rate, delay, jitter, loss, queue, codel, bucket } = given;
  const trace = typeof rate === "object" ? traces.get(keyOf(rate))! : undefined;
  const range = typeof jitter === "object" ? jitter.range : jitter;
  return {
    ...(typeof rate === "number" && { rate }),
    ...(trace && { rate: traceRate(trace), trace }),
    ...(delay !== undefined && { delay }),
    ...(jitter !== undefined && {
      jitter:
        range === 0
          ? undefined
          : typeof jitter === "object"
            ? jitter
            : { range: jitter, distribution: "uniform", reorder: false },
    }),
    ...(loss !== undefined && { loss: typeof loss === "number" ? { rate: loss, burst: 1 } : loss }),
    ...(queue !== undefined && { queue }),
    ...(codel !== undefined && {
      codel: codel === false ? undefined : codel === true ? { target: 0.005, interval: 0.1 } : codel,
    }),
    ...(bucket !== undefined && { bucket: bucket === 0 ? undefined : bucket }),
  } as DirectionOptions;
}

function outagesOf({ at, up, down, packets }: NonNullable<LinkFile["outages"]>): LinkOutages {
  return at ? { packets, at } : { packets, up: up!, down: down! };
}

function mediumOf({ collision, each, ...medium }: NonNullable<LinkFile["medium"]>): LinkMedium {
  return { ...medium, collision: collision ?? medium.overhead, ...(each && { each }) };
}

function trafficOf(one: LinkFile["background"][number], first: string): LinkTraffic {
  const { pattern, from = first, rate = 0, packet, on = 0, off = 0, congestion, transfer, pause } = one;
  if (pattern === "download") return { from, pattern, congestion, ...(transfer !== undefined && { transfer }), pause };
  return pattern === "on-off" ? { from, pattern, rate, packet, on, off } : { from, pattern, rate, packet };
}

/**
 * Refuses frames that take longer than a trace that must not end.
 * @throws InputError `ERR_STUDY`
 */
export function checkTraceLength(
  file: string,
  links: readonly LinkOptions[],
  { rate, count }: { rate: number; count: number },
): void {
  const needed = count / rate;
  for (const [i, link] of links.entries())
    for (const [field, direction] of [
      ["rate", link],
      ["back.rate", link.back],
    ] as const) {
      const trace = direction?.trace;
      if (trace?.end !== "error" || trace.seconds >= needed) continue;
      throw new InputError(
        "ERR_STUDY",
        `${file}: links[${i}].${field}: expected a trace of at least ${formatDuration(needed)}, which the frames take, got ${formatDuration(trace.seconds)} (${trace.file}); take fewer frames, or let it repeat`,
      );
    }
}
