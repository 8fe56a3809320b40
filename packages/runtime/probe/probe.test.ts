/** @file Two ends of a probe over loopback, honest and hostile ones. */
import { InputError } from "@split-et-impera/core/errors";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DatagramSocket } from "../messages/index.ts";
import { connect, listen, type Trust, type TrustedConnection } from "../trust/index.ts";
import { tokenTrusts } from "../trust/testing/hosts.ts";
import { Channel } from "./channel.ts";
import { controlBytes, type Control } from "./control.ts";
import { probe, serveProbe, type ProbeEvent, type ProbeServer } from "./index.ts";

const limits = { seconds: 3, bytes: 2e6 };
const signal = new AbortController().signal;
let folder: string;
let camera: Trust;
let server: Trust;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "probe-"));
  [camera, server] = (await tokenTrusts(folder, "camera", "server")) as [Trust, Trust];
});
afterAll(() => rm(folder, { recursive: true }));

async function listening(events: ProbeEvent[] = []): Promise<ProbeServer> {
  return serveProbe(server, { host: "127.0.0.1", port: 0 }, limits, (event) => events.push(event));
}

/** A host that says what it likes. */
async function stranger({ address }: ProbeServer): Promise<AsyncDisposable & { channel: Channel }> {
  const connection = await connect(camera, address, "server", signal);
  const socket = await DatagramSocket.open({ host: "127.0.0.1", port: 0 });
  const channel = new Channel(connection, socket, true, () => undefined);
  return {
    channel,
    async [Symbol.asyncDispose]() {
      channel.close(new InputError("ERR_CONNECT", "enough"));
      await socket[Symbol.asyncDispose]();
    },
  };
}

test("both ways are measured, within what both sides allow", async () => {
  const events: ProbeEvent[] = [];
  await using at = await listening(events);
  const found = await probe(camera, at.address, "server", { seconds: 60, bytes: 50e6 }, signal);
  expect(found.hosts).toEqual(["camera", "server"]);
  expect(found.bytes).toBeLessThanOrEqual(limits.bytes + 50_000);
  for (const { rate, loss, jitter } of [found.there, found.back]) {
    expect(rate.value).toBeGreaterThan(0);
    expect(loss.n).toBeGreaterThan(5);
    expect(jitter.value).toBeGreaterThanOrEqual(0);
  }
  expect(found.rtt.min).toBeLessThanOrEqual(found.rtt.median.value);
  expect(found.delay.value).toBeLessThanOrEqual(found.rtt.min / 2);
  // The other end hears of the last word a little later.
  while (events.length === 0) await sleep(5);
  expect(events).toMatchObject([{ event: "probed", peer: "camera" }]);
});

const agreed: Control = { kind: "ask", version: 1, seconds: 3, bytes: 1e5 };
test.each<[string, readonly Control[], string]>([
  ["more bytes", [agreed, { kind: "order", train: 1, count: 8000, payload: 1400, gapNs: 0 }], "asks for more than"],
  ["larger datagrams", [agreed, { kind: "order", train: 1, count: 1, payload: 9000, gapNs: 0 }], "asks for more than"],
  [
    "a train without end",
    [agreed, { kind: "order", train: 1, count: 9, payload: 99, gapNs: 1e12 }],
    "asks for more than",
  ],
  [
    "a part of a datagram",
    [agreed, { kind: "order", train: 1, count: 1.5, payload: 99, gapNs: 0 }],
    "asks for more than",
  ],
  ["another version", [{ ...agreed, version: 2 }], "probes in version 2"],
  ["nothing of the kind", [{ kind: "done" }], '"done" where "ask" was expected'],
])("who asks for %s gets nothing", async (_, said, reason) => {
  const events: ProbeEvent[] = [];
  await using at = await listening(events);
  await using other = await stranger(at);
  for (const control of said) {
    other.channel.say(control);
    if (control !== said.at(-1)) await other.channel.next();
  }
  await expect(other.channel.next()).rejects.toThrow();
  expect(events).toMatchObject([{ event: "failed", reason: expect.stringContaining(reason) as string }]);
  expect(other.channel.bytes).toBeLessThan(1000);
});

test("bytes that are no message end the conversation, and one host at a time is served", async () => {
  const events: ProbeEvent[] = [];
  await using at = await listening(events);
  const first = await connect(camera, at.address, "server", signal);
  await expect(probe(camera, at.address, "server", limits, signal)).rejects.toThrow("another host is at it");
  first.stream.write(new Uint8Array(controlBytes).fill(200));
  first.stream.resume();
  while (events.length < 2) await sleep(5);
  expect(events).toMatchObject([
    { event: "failed", reason: "another host is at it" },
    { event: "failed", reason: expect.stringContaining("no message of a probe") as string },
  ]);
  first.stream.destroy();
});

test("who says what cannot be of echoes is not believed", async () => {
  const claimed = async (connection: TrustedConnection, socket: DatagramSocket): Promise<void> => {
    const channel = new Channel(connection, socket, false, () => undefined);
    for (;;) {
      const control = await channel.next();
      if (control.kind === "ask") channel.say({ kind: "agree", seconds: 2, bytes: 1e6 });
      const between = { between0: 1e6, between1: 1e6, between2: 1e6, between3: 1e6 };
      if (control.kind === "sent") channel.say({ kind: "came", train: control.train, received: 1, ...between });
      if (control.kind === "order") {
        for (let index = 0; index < control.count; index++)
          channel.datagram({ kind: "train", train: control.train, index, echo: 0, cameAt: 0, wentAt: 0 }, 200);
        channel.say({ kind: "sent", train: control.train, count: control.count, offeredNs: 1e6 });
      }
      if (control.kind === "echoes")
        channel.say({ kind: "echoed", train: control.train, received: control.count + 1, runs: 0, dropped: 0 });
    }
  };
  const ending = new AbortController();
  const ready = Promise.withResolvers<DatagramSocket>();
  const take = (connection: TrustedConnection): void =>
    void ready.promise.then((socket) => claimed(connection, socket)).catch(() => undefined);
  await using listener = await listen(server, { host: "127.0.0.1", port: 0 }, take, ending.signal);
  await using socket = await DatagramSocket.open(listener.address);
  ready.resolve(socket);
  await expect(probe(camera, listener.address, "server", limits, signal)).rejects.toMatchObject({
    code: "ERR_MESSAGE",
    message: expect.stringMatching(/^server: says that \d+ of \d+ came/) as string,
  });
});

test("a probe can be stopped", async () => {
  const stop = new AbortController();
  await using at = await listening();
  const ended = probe(camera, at.address, "server", limits, stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 300);
  await expect(ended).rejects.toThrow("enough");
});
