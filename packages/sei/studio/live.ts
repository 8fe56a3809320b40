/** @file Running hosts, watched for the page while it looks: what they did since they began, and lately. */
import { InputError } from "@split-et-impera/core/errors";
import type { LiveCaptured, LiveHost, LivePeriod } from "@split-et-impera/studio";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { setTimeout as sleep } from "node:timers/promises";
import { bucketQuantile, latencyBuckets, meanParts, viewOf, type Scraped } from "../top/view.ts";
import { WatchedHost } from "../top/watched.ts";
import { untilEnd } from "./until-end.ts";

/** Seconds that are "lately", and between two looks. */
const lately = 10;
const pause = 1000;

/**
 * `GET /`: events `hosts`, {@link LiveHost} of each URL, every second.
 * @param signal ends it
 */
export function liveRoutes(urls: readonly URL[], signal: AbortSignal): Hono {
  const hosts = urls.map((url) => new WatchedHost(url, lately));
  const listeners = new Set<(told: string) => void>();
  let looking = false;
  /** Pages share looks: hosts are asked once a second, whoever looks, and not at all where nobody does. */
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    while (listeners.size > 0 && !signal.aborted) {
      const told = JSON.stringify(await Promise.all(hosts.map((host) => lookAt(host, signal))));
      for (const tell of listeners) tell(told);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
    looking = false;
  };
  return new Hono().get("/", (c) =>
    streamSSE(c, async (stream) => {
      const tell = (data: string): void => void stream.writeSSE({ event: "hosts", data });
      listeners.add(tell);
      void look();
      await untilEnd(stream, signal);
      listeners.delete(tell);
    }),
  );
}

async function lookAt(host: WatchedHost, signal: AbortSignal): Promise<LiveHost> {
  const { href: url } = host.url;
  try {
    const { now, before } = await host.look(signal);
    return { url, all: periodOf(now), ...(before && { lately: periodOf(now, before) }) };
  } catch (error) {
    if (error instanceof InputError || signal.aborted) return { url, problem: (error as Error).message };
    console.error(error);
    return { url, problem: "The studio's server failed; its terminal says why." };
  }
}

/** @param before absent: since the host began */
export function periodOf(now: Scraped, before?: Scraped): LivePeriod {
  const { host, design, up, over, framesPerSecond, frames, designs, link, dropped, peers, ...view } = viewOf(
    now,
    before,
  );
  const { answered, missed = 0, fallbacks = 0 } = view;
  return {
    host,
    design,
    up,
    over,
    framesPerSecond,
    frames,
    dropped,
    peers,
    ...(designs && { designs }),
    ...(link && { link }),
    means: meanParts(now, before),
    ...(answered !== undefined && { captured: capturedOf(now, before, { answered, missed, fallbacks }) }),
  };
}

function capturedOf(
  now: Scraped,
  before: Scraped | undefined,
  counts: Pick<LiveCaptured, "answered" | "missed" | "fallbacks">,
): LiveCaptured {
  const unanswered = ({ metrics }: Scraped): number =>
    (metrics.get("sei_unanswered_total") ?? [])
      // An answer that is due on another host is none that is missing here.
      .filter(({ labels }) => labels["reason"] !== "elsewhere")
      .reduce((sum, { value }) => sum + value, 0);
  const buckets = latencyBuckets(now, before);
  const done = counts.answered + unanswered(now) - (before ? unanswered(before) : 0);
  const quantile = (share: number): number | undefined => {
    const ofAnswered = (share * done) / Math.max(1, counts.answered);
    return done > 0 && ofAnswered <= 1 ? bucketQuantile(buckets, ofAnswered) : undefined;
  };
  const [median, p95] = [quantile(0.5), quantile(0.95)];
  return {
    ...counts,
    done,
    due: now.metrics.get("sei_deadline_seconds")?.[0]?.value ?? 0,
    within: buckets.flatMap(({ bound, below }) => (bound < Infinity ? [{ seconds: bound, answered: below }] : [])),
    ...(median !== undefined && { median }),
    ...(p95 !== undefined && { p95 }),
  };
}
