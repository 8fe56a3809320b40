/** @file A model over the Open Inference Protocol in place of a server of ours. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Deployment } from "@split-et-impera/core/deploy";
import { float32 } from "@split-et-impera/core/tensor";
import { serveOip, type OipServer, type ServedModel } from "../oip/index.ts";
import { issue, type Trust } from "../trust/index.ts";
import { authority, certificateTrust, days, tokenTrusts } from "../trust/testing/hosts.ts";
import type { HostOptions } from "./options.ts";
import { servedModels } from "./served.ts";
import { deploymentOver, frameOf, hear, insecure, until, values, type Heard } from "./testing/pair.ts";

const loopback = { host: "127.0.0.1", port: 0 };

function serveTail(models: readonly ServedModel[], trust: Trust = insecure("server"), port = 0): Promise<OipServer> {
  return serveOip({ ...loopback, port }, { models, version: "0", trust });
}

const camera = (deployment: Deployment, { url }: { url: string }, more: Partial<HostOptions> = {}): Promise<Heard> =>
  hear({
    deployment,
    host: "camera",
    trust: insecure("camera"),
    models: { server: new URL(`${url}/v2/models/tail`) },
    ...more,
  });

/** Scores of whichever class is first; `run` says when. */
const tail = (deployment: Deployment, run: (begin: () => void) => Promise<void>): ServedModel => ({
  ...deployment.segments[1]!,
  async run(_, __, begin) {
    await run(begin);
    return { scores: float32([1, 3], [1, 0, 0]) };
  },
});

const close = (...all: AsyncDisposable[]): Promise<void[]> =>
  Promise.all(all.map(async (one) => one[Symbol.asyncDispose]()));

test.each(["tcp", "udp"] as const)("where the design has %s: answers, parts and bytes of every frame", async (kind) => {
  const deployment = deploymentOver(kind);
  const server = await hear({ deployment, host: "server", trust: insecure("server"), listen: loopback });
  const oip = await serveTail(servedModels(server.host, deployment));
  const { host, records, events } = await camera(deployment, oip);
  await until(() => host.ready);
  for (let i = 0; i < 20; i++) {
    host.capture(frameOf(i % 2 === 0 ? -2 : 3));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await host.drained();
  // Over several connections an answer may overtake another.
  const frames = records.map(({ frame }) => frame).toSorted((a, b) => a - b);
  expect(frames).toEqual([...Array.from({ length: 20 }).keys()]);
  for (const { frame, answer, deadlineMet, bytes, parts, why } of records) {
    expect(why).toBeUndefined();
    expect(answer).toEqual({ says: frame % 2, score: expect.closeTo(values * (frame % 2 === 0 ? 1 : 4), -2) });
    expect({ deadlineMet, bytes }).toEqual({ deadlineMet: true, bytes: 4 * values });
    // What the server took of it is not known.
    expect(Object.keys(parts).toSorted()).toEqual(["decode", "encode", "head", "network", "wait"]);
  }
  expect(events).toEqual([{ event: "connected", peer: "server" }]);
  expect(server.host.counters.frames).toBe(0);
  expect(host.peers).toEqual(["server"]);
  await close(host, oip, server.host);
});

test("what goes there is what the codec decodes to", async () => {
  const deployment = deploymentOver("tcp");
  // Steps of a half: 3.1 + 1 becomes 4.
  deployment.crossings[0]!.carries[0]!.codec = { kind: "uint8", scale: [0.5], zero: [0], axis: 0 };
  const seen: number[] = [];
  const oip = await serveTail([
    {
      ...deployment.segments[1]!,
      async run(feeds, _, begin) {
        begin();
        seen.push(Number(feeds["middle"]!.data[0]));
        return { scores: float32([1, 3], [1, 0, 0]) };
      },
    },
  ]);
  const { host } = await camera(deployment, oip);
  await until(() => host.ready);
  host.capture(frameOf(3.1));
  await host.drained();
  expect(seen).toEqual([4]);
  await close(host, oip);
});

test("without a server frames are told as disconnected, and it is found when it is there", async () => {
  const deployment = deploymentOver("tcp");
  const first = await serveTail([tail(deployment, async (begin) => begin())]);
  const port = Number(new URL(first.url).port);
  const { host, records, events } = await camera(deployment, first);
  await until(() => host.ready);
  await close(first);
  host.capture(frameOf(3));
  await host.drained();
  expect(records[0]).toMatchObject({ why: "disconnected", deadlineMet: false });
  await until(() => !host.ready);
  host.capture(frameOf(3));
  await host.drained();
  expect(records[1]).toMatchObject({ why: "disconnected" });
  const again = await serveTail([tail(deployment, async (begin) => begin())], insecure("server"), port);
  await until(() => host.ready);
  host.capture(frameOf(3));
  await host.drained();
  expect(records[2]).toMatchObject({ answer: { says: 0 } });
  expect(events.map(({ event }) => event)).toEqual(["connected", "disconnected", "unreachable", "connected"]);
  await close(host, again);
});

test("the time that is left goes along, and what the server does not run in it is dropped", async () => {
  const deployment = deploymentOver("tcp", 30_000_000);
  const oip = await serveTail([
    tail(deployment, async (begin) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      begin();
    }),
  ]);
  const { host, records } = await camera(deployment, oip);
  await until(() => host.ready);
  host.capture(frameOf(3));
  await host.drained();
  expect(records[0]).toMatchObject({ why: "dropped", deadlineMet: false });
  await close(host, oip);
});

test("where the answer would come too late the rest runs here, where that is wished", async () => {
  const deployment = deploymentOver("tcp", 60_000_000);
  const gate = Promise.withResolvers<void>();
  const oip = await serveTail([tail(deployment, () => gate.promise)]);
  const { host, records } = await camera(deployment, oip, { fallback: "local" });
  await until(() => host.ready);
  host.capture(frameOf(3));
  await host.drained();
  expect(records[0]).toMatchObject({ answer: { says: 1 }, fallback: "local" });
  gate.resolve();
  await close(host, oip);
});

test("another model than the deployment's is not asked, with the reason", async () => {
  const deployment = deploymentOver("tcp");
  const other = tail(deployment, async (begin) => begin());
  const oip = await serveTail([{ ...other, outputs: [{ ...other.outputs[0]!, type: "float64", bytes: 24 }] }]);
  const { host, events } = await camera(deployment, oip);
  await until(() => events.length > 0);
  expect(events[0]).toEqual({
    event: "unreachable",
    peer: "server",
    code: "ERR_DEPLOYMENT_OTHER",
    reason: expect.stringMatching(
      /^server at http:.*: expected "scores" FP32 \[1, 3\] among its outputs, the model has/,
    ),
  });
  expect(host.ready).toBe(false);
  await close(host, oip);
});

test("with a token, and with certificates", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sei-remote-"));
  const ca = authority();
  const of = (name: string): Trust => certificateTrust(name, ca, issue(ca, [name], days(-1, 9)));
  const token = await tokenTrusts(folder, "camera", "server");
  for (const [here, there] of [token, [of("camera"), of("server")]]) {
    const deployment = deploymentOver("tcp");
    const oip = await serveTail([tail(deployment, async (begin) => begin())], there);
    const { host, records } = await camera(deployment, oip, { trust: here! });
    await until(() => host.ready);
    host.capture(frameOf(3));
    await host.drained();
    expect(records[0]).toMatchObject({ answer: { says: 0 } });
    await close(host, oip);
  }
  // A certificate of another host of the same authority is not the server's.
  const deployment = deploymentOver("tcp");
  const oip = await serveTail([tail(deployment, async (begin) => begin())], of("gateway"));
  const { host, events } = await camera(deployment, oip, { trust: of("camera") });
  await until(() => events.length > 0);
  expect(events[0]).toMatchObject({ event: "unreachable", reason: expect.stringContaining("does not match") });
  await close(host, oip);
  await rm(folder, { recursive: true });
});

test("HTTP leaves this machine only where that is asked for", async () => {
  const deployment = deploymentOver("tcp");
  await expect(camera(deployment, { url: "http://192.0.2.1:8000" })).rejects.toMatchObject({
    code: "ERR_TRUST_INSECURE",
  });
});

test("a model stands for the host of the last segment alone", async () => {
  const deployment = deploymentOver("tcp");
  deployment.frames.answer.host = "server";
  await expect(camera(deployment, { url: "http://127.0.0.1:8000" })).rejects.toMatchObject({
    code: "ERR_DEPLOYMENT_HOST",
  });
});
