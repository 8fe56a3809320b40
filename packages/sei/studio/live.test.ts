import type { Role } from "@split-et-impera/runtime/host";
import { HostMetrics, serveMetrics } from "@split-et-impera/runtime/metrics";
import type { LiveHost } from "@split-et-impera/studio";
import { expect, test } from "vitest";
import { readMetrics } from "../top/scrape.ts";
import type { Scraped } from "../top/view.ts";
import { liveRoutes, periodOf } from "./live.ts";

const counters = { frames: 0, dropped: 2, unreadable: 0, missing: 0, forged: 0, replayed: 0, strange: 0, unsent: 0 };
const role = { host: "camera", captures: true, outgoing: { to: "server" } } as unknown as Role;

function capture(seen: HostMetrics, latencies: readonly (number | "lost" | "elsewhere")[]): void {
  for (const latency of latencies)
    seen.record({
      frame: 0,
      captured: 0,
      ...(typeof latency === "number" ? { latency } : { why: latency }),
      deadlineMet: typeof latency === "number" && latency <= 0.05,
      missing: 0,
      bytes: 8,
      parts: typeof latency === "number" ? { head: latency / 4 } : {},
    });
}

const newMetrics = () => new HostMetrics({ host: "camera", design: "LC", version: "1", deadlineNs: 5e7 });
const textOf = (seen: HostMetrics): string => seen.text({ role, counters, peers: [] }, undefined);
const scraped = (seen: HostMetrics, after: number): Scraped => ({
  at: seen.since + after,
  metrics: readMetrics(textOf(seen)),
});

test("what a host captured, of all frames of which something is known, since it began and between two looks", () => {
  const seen = newMetrics();
  capture(seen, [0.02, 0.02, 0.06, "lost", "elsewhere"]);
  const before = scraped(seen, 1000);
  const all = periodOf(before).captured!;
  expect(all).toMatchObject({ done: 4, answered: 3, missed: 2, due: 0.05 });
  const answered = (seconds: number) => all.within.find((one) => one.seconds === seconds)!.answered;
  expect([0.015, 0.02, 0.05, 0.07].map(answered)).toEqual([0, 2, 2, 3]);
  // Half of four frames; 95 % of them were never answered.
  expect(all.median).toBeCloseTo(0.02, 9);
  expect(all.p95).toBeUndefined();
  expect(periodOf(before).means).toEqual({ head: expect.closeTo(0.025 / 3, 9) as number });
  capture(seen, [0.01, 0.01]);
  const since = periodOf(scraped(seen, 3000), before);
  expect(since).toMatchObject({
    over: 2,
    captured: { done: 2, answered: 2, missed: 0 },
    means: { head: expect.closeTo(0.0025, 9) as number },
  });
  expect(since.captured!.within.find(({ seconds }) => seconds === 0.01)!.answered).toBe(2);
});

test("a host that only serves has captured nothing", () => {
  const seen = newMetrics();
  const text = seen.text({ role: { ...role, captures: false }, counters, peers: [] }, undefined);
  expect(periodOf({ at: seen.since, metrics: readMetrics(text) }).captured).toBeUndefined();
});

test("hosts are told every second, also one that is not there, until nobody looks any more", async () => {
  const seen = newMetrics();
  capture(seen, [0.02]);
  let looks = 0;
  await using server = await serveMetrics(
    { host: "127.0.0.1", port: 0 },
    { text: () => Promise.resolve((looks++, textOf(seen))), ready: () => true, since: seen.since },
  );
  const ends = new AbortController();
  const routes = liveRoutes([new URL(server.url), new URL("http://127.0.0.1:9/metrics")], ends.signal);
  expect(looks).toBe(0);
  const reader = (await routes.request("/")).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while ((text.match(/event: hosts/g)?.length ?? 0) < 2) text += (await reader.read()).value ?? "";
  const [first, second] = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as LiveHost[]);
  expect(first).toMatchObject([
    { url: server.url, all: { host: "camera", captured: { done: 1 } } },
    { problem: expect.stringContaining("http://127.0.0.1:9/metrics") as string },
  ]);
  expect(first![0]!.lately).toBeUndefined();
  expect(second![0]!.lately).toMatchObject({ captured: { done: 0 } });
  await reader.cancel();
  ends.abort();
});
