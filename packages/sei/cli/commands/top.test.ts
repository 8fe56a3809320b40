/** @file `sei top`: from metrics as hosts serve them to what is shown. */
import type { Role } from "@split-et-impera/runtime/host";
import { HostMetrics, serveMetrics, type MetricsServer } from "@split-et-impera/runtime/metrics";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { metricsUrl, readMetrics } from "../../top/scrape.ts";
import { bucketQuantile, viewOf, type HostView } from "../../top/view.ts";
import { interrupt, json, mistake, said, sei, useFolder } from "../testing/harness.ts";

useFolder();

const role = { host: "camera", captures: true, outgoing: { to: "server" } } as unknown as Role;
const counters = { frames: 0, dropped: 2, unreadable: 0, missing: 0, forged: 1, replayed: 0, strange: 0, unsent: 0 };
const identity = { host: "camera", design: "SC@a\nb", version: "1", deadlineNs: 5e7 };
const host = { role, counters, peers: ["server"] };

function capture(seen: HostMetrics, count: number, latency: number): void {
  for (let frame = 0; frame < count; frame++)
    seen.record({
      frame,
      captured: 0,
      latency,
      deadlineMet: latency < 0.05,
      missing: 0,
      bytes: 8,
      parts: { head: latency / 2 },
    });
}

const textOf = (seen: HostMetrics, frames: number): string =>
  seen.text({ ...host, counters: { ...counters, frames } }, { socket: 3, system: 9 });

async function served(seen: HostMetrics, frames: number): Promise<MetricsServer> {
  const source = { text: () => Promise.resolve(textOf(seen, frames)), ready: () => true, since: seen.since };
  return serveMetrics({ host: "127.0.0.1", port: 0 }, source);
}

test("what happened between then and now, else since the host began", () => {
  const seen = new HostMetrics(identity);
  capture(seen, 10, 0.2);
  const before = { at: seen.since + 1000, metrics: readMetrics(textOf(seen, 10)) };
  capture(seen, 40, 0.0025);
  const now = { at: seen.since + 3000, metrics: readMetrics(textOf(seen, 50)) };
  expect(viewOf(now, before)).toEqual({
    host: "camera",
    design: "SC@a\nb",
    up: expect.closeTo(3, 6) as number,
    over: 2,
    framesPerSecond: 20,
    frames: 40,
    answered: 40,
    missed: 0,
    fallbacks: 0,
    dropped: 0,
    unreadable: 0,
    datagramsMissing: 0,
    datagramsRejected: 0,
    kernelDrops: 3,
    peers: [{ peer: "server", connected: true }],
    parts: {
      latency: { p50: expect.closeTo(0.0025, 9) as number, p95: expect.closeTo(0.00295, 9) as number },
      head: { p50: expect.closeTo(0.00125, 9) as number, p95: expect.closeTo(0.001475, 9) as number },
    },
  });
  expect(viewOf(now)).toMatchObject({ frames: 50, missed: 10, dropped: 2, datagramsRejected: 1 });
  expect(viewOf(now).parts["latency"]!.p95).toBeGreaterThan(0.15);
  expect(
    bucketQuantile(
      [
        { bound: 1, below: 0 },
        { bound: Infinity, below: 4 },
      ],
      0.5,
    ),
  ).toBe(1);
});

test("once, as text and as JSON, of several hosts", async () => {
  const seen = new HostMetrics(identity);
  capture(seen, 4, 0.2);
  await using at = await served(seen, 4);
  const { port } = at.address;
  expect(await sei("top", String(port), `127.0.0.1:${port}`, "--once")).toBe(0);
  expect(said.stdout).toContain("camera  SC@a\uFFFDb  up");
  expect(said.stdout).toContain("answered 4 (100 %); not within the deadline 4 (100 %)");
  expect(said.stdout).toContain(
    "2 frames dropped, 1 datagrams refused, 3 datagrams dropped by the system for want of room",
  );
  expect(said.stdout.match(/server connected/g)).toHaveLength(2);
  const views = await json<HostView[]>("top", `http://127.0.0.1:${port}/metrics`, "--once");
  expect(views).toMatchObject([{ host: "camera", frames: 4, peers: [{ peer: "server", connected: true }] }]);
});

test("once, a host that is not there is told beside those that are", async () => {
  const seen = new HostMetrics(identity);
  const { port: free } = await served(seen, 4).then(async (gone) => {
    await gone[Symbol.asyncDispose]();
    return gone.address;
  });
  await using at = await served(seen, 4);
  const argv = ["top", `127.0.0.1:${free}`, String(at.address.port), "--once"];
  const problem = `http://127.0.0.1:${free}/metrics: nobody listens there (ECONNREFUSED)`;
  expect(await sei(...argv)).toBe(1);
  expect(said.stdout).toContain("camera  SC@a\uFFFDb  up");
  expect(said.stderr).toBe(`error ${problem}\n`);
  expect(await sei(...argv, "--json")).toBe(1);
  expect(JSON.parse(said.stdout)).toMatchObject([{ error: problem }, { host: "camera" }]);
});

test("live: a line a second with --json, also of a host that is not there, until it is stopped", async () => {
  const seen = new HostMetrics(identity);
  await using at = await served(seen, 4);
  const ended = sei("top", String(at.address.port), "127.0.0.1:9", "--json");
  while (said.stdout.split("\n").length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  interrupt();
  await ended;
  const [first] = said.stdout.split("\n").map((line) => JSON.parse(line || "[]") as unknown[]);
  expect(first).toMatchObject([
    { host: "camera" },
    { error: expect.stringContaining("http://127.0.0.1:9/metrics") as string },
  ]);
});

test("what serves no metrics is told in a line", async () => {
  expect(await mistake("top", "127.0.0.1:9", "--once")).toContain(
    "http://127.0.0.1:9/metrics: cannot be reached (bad port)",
  );
  const strange = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
  await new Promise<void>((resolve) => strange.listen(0, "127.0.0.1", resolve));
  const { port } = strange.address() as AddressInfo;
  expect(await mistake("top", String(port), "--once")).toContain("serves no metrics of `sei serve` or `sei run`");
  strange.close();
  expect(await sei("top", "ftp://a/b", "--once")).toBe(2);
  expect(metricsUrl("9100").href).toBe("http://127.0.0.1:9100/metrics");
});

test("of a policy that is followed: frames by design, and the link as frames have it", () => {
  const seen = new HostMetrics(identity);
  capture(seen, 10, 0.2);
  const before = { at: seen.since + 1000, metrics: readMetrics(textOf(seen, 10)) };
  expect(viewOf(before).designs).toBeUndefined();
  seen.swapped({ design: "RC png tcp", deadlineNs: 5e7 });
  seen.measured({ rate: 2.5e6, rtt: 0.004, loss: 0.01 });
  capture(seen, 4, 0.01);
  // Of the design before, an answer that comes late.
  seen.record({ frame: 9, captured: 0, deadlineMet: false, missing: 0, bytes: 8, parts: {} }, identity.design);
  const now = { at: seen.since + 2000, metrics: readMetrics(textOf(seen, 15)) };
  const view = viewOf(now, before);
  expect(view).toMatchObject({ design: "RC png tcp", link: { rate: 2.5e6, rtt: 0.004, loss: 0.01 } });
  expect(view.designs).toEqual({ "RC png tcp": 4, [identity.design]: 1 });
});
