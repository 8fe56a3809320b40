/** @file Running hosts in the page: measured beside predicted, judged by axe-core, while the host goes and comes back. */
import type { Role } from "@split-et-impera/runtime/host";
import { HostMetrics, serveMetrics, type MetricsServer } from "@split-et-impera/runtime/metrics";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violations } from "./axe.ts";
import { needs, openBrowser, removeBuilt, visit } from "./page.ts";

let browser: Browser | undefined;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await removeBuilt();
});

const role = { host: "camera", captures: true, outgoing: { to: "server" } } as unknown as Role;
const counters = { frames: 100, dropped: 0, unreadable: 0, missing: 0, forged: 0, replayed: 0, strange: 0, unsent: 0 };
/** Of the example's result, which says that 1.7 % of its frames are late and none comes within 20 ms. */
const design = "SC@block2/MaxPool uint8 8x tcp";

function serve(seen: HostMetrics, port: number): Promise<MetricsServer> {
  const text = () => Promise.resolve(seen.text({ role, counters, peers: ["server"] }, undefined));
  return serveMetrics({ host: "127.0.0.1", port }, { text, ready: () => true, since: seen.since });
}

test("what a running host measures stands beside its prediction", { timeout: 120_000 }, async (context) => {
  needs(browser, context);
  const seen = new HostMetrics({ host: "camera", design, version: "1", deadlineNs: 5e7 });
  const capture = (latency: number): void =>
    seen.record({
      frame: 0,
      captured: 0,
      latency,
      deadlineMet: latency <= 0.05,
      missing: 0,
      bytes: 256,
      parts: { head: 0.008, network: 0.012 },
    });
  for (let i = 0; i < 98; i++) capture(0.03);
  for (let i = 0; i < 2; i++) capture(0.06);
  let metrics = await serve(seen, 0);
  const { port } = metrics.address;
  await using visited = await visit(browser, {
    paths: ["examples/conveyor"],
    live: [new URL(metrics.url)],
    width: 390,
  });
  const { page, studio, wrong } = visited;
  await page.goto(new URL("/live", studio.url).href);
  const verdict = page.locator(".verdict");
  await verdict.waitFor();
  expect(await verdict.textContent()).toMatch(/^Deadlines are kept as predicted.* 2\.0\s% of 100 frames late or never/);
  await page.getByText("server connected").waitFor();
  const row = (name: string | RegExp) => page.getByRole("row", { name });
  await expect.poll(() => row("head").textContent()).toMatch(/^head8\.0\sms8\.4\sms$/);
  expect(
    await row(/^30\.0\sms/)
      .locator("td")
      .first()
      .textContent(),
  ).toMatch(/^98\.0\s%$/);
  expect(await page.getByRole("button", { name: /^Copy PNG: Frames answered/ }).count()).toBe(1);
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  // More frames come while one looks, all of them late.
  for (let i = 0; i < 100; i++) capture(0.06);
  await expect
    .poll(() => verdict.textContent(), { timeout: 20_000 })
    .toMatch(/^More deadlines are missed.* 51\.0\s% of 200/);
  expect(await verdict.getAttribute("class")).toContain("missed");
  await page.locator(".view-live > .head select").selectOption("of the last ten seconds");
  expect(new URL(page.url()).searchParams.get("over")).toBe("lately");
  await metrics[Symbol.asyncDispose]();
  await page.getByRole("alert").filter({ hasText: "nobody listens there" }).waitFor({ timeout: 20_000 });
  metrics = await serve(seen, port);
  await page.getByRole("heading", { name: /^camera/ }).waitFor({ timeout: 20_000 });
  await metrics[Symbol.asyncDispose]();
  expect(wrong).toEqual([]);
});
