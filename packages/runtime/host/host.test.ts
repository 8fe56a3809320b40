/** @file Two hosts of a deployment over loopback: answers, times, losses, lost lines. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "@split-et-impera/core/deploy";
import { packetPlan } from "@split-et-impera/core/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { connect } from "../trust/index.ts";
import { tokenTrusts } from "../trust/testing/hosts.ts";
import { deploymentOver, frameOf, hear, insecure, loopback, pair, until, values, type Heard } from "./testing/pair.ts";
import type { HostOptions, ServedFrame } from "./options.ts";
import { digestOf } from "./neighbours.ts";

let folder = "";
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "sei-host-"))));
afterAll(() => rm(folder, { recursive: true }));

describe.each(["tcp", "udp"] as const)("over %s", (kind) => {
  test("every frame has its own answer, its parts and its bytes", async () => {
    await using hosts = await pair(kind);
    const { camera, server } = hosts;
    // -2 + 1 < 0 < 3 + 1
    for (let i = 0; i < 50; i++) {
      camera.host.capture(frameOf(i % 2 === 0 ? -2 : 3));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await camera.host.drained();
    expect(camera.records.map(({ frame }) => frame)).toEqual([...Array.from({ length: 50 }).keys()]);
    for (const { frame, answer, deadlineMet, bytes, latency, parts, missing } of camera.records) {
      expect(answer).toEqual({ says: frame % 2, score: expect.closeTo(values * (frame % 2 === 0 ? 1 : 4), -2) });
      expect({ deadlineMet, bytes, missing }).toEqual({ deadlineMet: true, bytes: 4 * values, missing: 0 });
      const { wait, head, encode, network, remoteWait, decode, tail } = parts as Required<typeof parts>;
      const all = [wait, head, encode, network, remoteWait, decode, tail];
      expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
      // The other host's are rounded to microseconds.
      expect(all.reduce((sum, part) => sum + part)).toBeLessThanOrEqual(latency! + 2e-6);
    }
    expect(server.host.counters).toMatchObject({ frames: 50, dropped: 0, unreadable: 0, missing: 0, forged: 0 });
  });

  test("with a token, sealed", async () => {
    const [here, there] = await tokenTrusts(folder, "camera", "server");
    await using hosts = await pair(kind, { trust: here! }, { trust: there! });
    hosts.camera.host.capture(frameOf(3));
    await hosts.camera.host.drained();
    expect(hosts.camera.records[0]).toMatchObject({ answer: { says: 1 }, deadlineMet: true });
  });

  test("a server that ends loses the frames under way, and is found when it is back", async () => {
    const deployment = deploymentOver(kind, 50_000_000);
    await using hosts = await pair(kind, { deployment });
    const { camera, server } = hosts;
    camera.host.capture(frameOf(3));
    await until(() => camera.records.length === 1);
    await server.host[Symbol.asyncDispose]();
    await until(() => !camera.host.ready);
    camera.host.capture(frameOf(3));
    await until(() => camera.records.length === 2);
    expect(camera.records[1]).toMatchObject({ frame: 1, why: "disconnected", deadlineMet: false });
    const again = await hear({ deployment, host: "server", trust: insecure("server"), listen: server.host.address! });
    await until(() => camera.host.ready);
    camera.host.capture(frameOf(3));
    await until(() => camera.records.length === 3);
    expect(camera.records[2]).toMatchObject({ frame: 2, answer: { says: 1 } });
    expect(camera.events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(["connected", "disconnected", "unreachable"]),
    );
    await again.host[Symbol.asyncDispose]();
  });
});

test("the seed of traces goes along with the line, to a server that comes back as well", async () => {
  const deployment = deploymentOver("tcp");
  const traceSeed = new Uint8Array(32).fill(7);
  const served: ServedFrame[] = [];
  const onServed: HostOptions["onServed"] = (_, frame) => served.push(frame);
  await using hosts = await pair("tcp", { deployment, traceSeed }, { onServed });
  const { camera, server } = hosts;
  camera.host.capture(frameOf(3));
  await until(() => camera.records.length === 1);
  await server.host[Symbol.asyncDispose]();
  await until(() => !camera.host.ready);
  const listen = server.host.address!;
  const again = await hear({ deployment, host: "server", trust: insecure("server"), listen, onServed });
  await until(() => camera.host.ready);
  camera.host.capture(frameOf(3));
  await until(() => camera.records.length === 2);
  expect(served).toEqual([
    { frame: 0, traceSeed },
    { frame: 1, traceSeed },
  ]);
  await again.host[Symbol.asyncDispose]();
});

test("frames that nobody traces come without a seed", async () => {
  const served: ServedFrame[] = [];
  await using hosts = await pair("tcp", {}, { onServed: (_, frame) => served.push(frame) });
  hosts.camera.host.capture(frameOf(3));
  await hosts.camera.host.drained();
  expect(served).toEqual([{ frame: 0 }]);
});

test("datagrams with parity, of frames and answers: all is answered, and what was added is counted", async () => {
  const deployment = deploymentOver("udp");
  const [crossing] = deployment.crossings;
  deployment.crossings = [{ ...crossing!, protection: { kind: "xor", group: 4 } }];
  deployment.answer = { ...deployment.answer!, protection: { kind: "repeat", times: 3 } };
  await using hosts = await pair("udp", { deployment }, { deployment });
  const { camera, server } = hosts;
  for (let i = 0; i < 20; i++) camera.host.capture(frameOf(i % 2 === 0 ? -2 : 3));
  await camera.host.drained();
  const sent = packetPlan({ kind: "xor", group: 4 }, 4 * values, 1428).sizes.reduce((sum, size) => sum + size, 0);
  for (const { frame, answer, bytes, message } of camera.records) {
    expect(answer?.says).toBe(frame % 2);
    expect([bytes, message]).toEqual([sent, 4 * values]);
  }
  for (const { host } of [camera, server]) expect(host.counters).toMatchObject({ strange: 0, missing: 0 });
});

describe.each(["tcp", "udp"] as const)("another deployment in place of the one that runs, over %s", (kind) => {
  /** The same network, in half the bytes, and with half the time. */
  const next = (): Deployment => {
    const deployment = deploymentOver(kind, 100_000_000);
    deployment.id = "SC@middle float16";
    deployment.crossings[0]!.carries[0]!.codec = { kind: "float16" };
    deployment.crossings[0]!.mostBytes /= 2;
    return deployment;
  };

  test("is taken up between two frames; frames go on where they were", async () => {
    await using hosts = await pair(kind);
    const { camera, server } = hosts;
    camera.host.capture(frameOf(3));
    await camera.host.drained();
    await server.host.swap({ deployment: next(), folder: "" });
    await until(() => !camera.host.ready);
    camera.host.capture(frameOf(3));
    await camera.host.drained();
    await camera.host.swap({ deployment: next(), folder: "" });
    await until(() => camera.host.ready);
    camera.host.capture(frameOf(3));
    await camera.host.drained();
    const answer = { says: 1 };
    expect(camera.records).toMatchObject([
      { frame: 0, bytes: 4 * values, answer },
      { frame: 1, why: "disconnected" },
      { frame: 2, bytes: 2 * values, answer },
    ]);
    expect(server.host.counters).toMatchObject({ frames: 2, unreadable: 0 });
  });

  test("while frames wait: each is told once, and those behind have answers of the new one", async () => {
    await using hosts = await pair(kind);
    const { camera, server } = hosts;
    for (let i = 0; i < 40; i++) camera.host.capture(frameOf(3));
    await Promise.all([server, camera].map(({ host }) => host.swap({ deployment: next(), folder: "" })));
    await until(() => camera.host.ready);
    for (let i = 0; i < 5; i++) camera.host.capture(frameOf(3));
    await camera.host.drained();
    const frames = camera.records.map(({ frame }) => frame).toSorted((a, b) => a - b);
    expect(frames).toEqual(Array.from({ length: 45 }, (_, i) => i));
    for (const { frame, answer, why } of camera.records)
      if (frame >= 40) expect({ answer, why }).toMatchObject({ answer: { says: 1 }, why: undefined });
  });

  test("that asks something else of this host is refused, and all goes on", async () => {
    await using hosts = await pair(kind);
    const { camera } = hosts;
    const other = next();
    other.segments[0]!.inputs[0]!.shape = [1, 7];
    await expect(camera.host.swap({ deployment: other, folder: "" })).rejects.toThrow(
      `camera: what it captures changes from float32 1 ${values} to float32 1 7; start it anew`,
    );
    const others = deploymentOver(kind === "tcp" ? "udp" : "tcp");
    await expect(camera.host.swap({ deployment: others, folder: "" })).rejects.toThrow("whether datagrams are sent");
    const task = { kind: "agreement" } as const;
    await expect(camera.host.swap({ deployment: { ...next(), task }, folder: "" })).rejects.toThrow(
      "camera: what the model is for changes from classification to agreement; start it anew",
    );
    camera.host.capture(frameOf(3));
    await camera.host.drained();
    expect(camera.records).toMatchObject([{ answer: { says: 1 } }]);
  });
});

describe("a host with another deployment", () => {
  const other = (): Deployment => {
    const deployment = deploymentOver("tcp");
    deployment.crossings[0]!.carries[0]!.codec = { kind: "float16" };
    deployment.crossings[0]!.mostBytes /= 2;
    return deployment;
  };
  const told = { code: "ERR_DEPLOYMENT_OTHER", reason: expect.stringContaining("runs another deployment") };

  test("is told so, as is the other, and nothing of it is used", async () => {
    const server = await hear({ deployment: other(), host: "server", trust: insecure("server"), listen: loopback });
    const addresses = { server: server.host.address! };
    const camera = await hear({
      deployment: deploymentOver("tcp"),
      host: "camera",
      trust: insecure("camera"),
      addresses,
    });
    await until(() => camera.events.length > 0 && server.events.length > 0);
    expect(camera.events).toEqual([{ event: "unreachable", peer: "server", ...told }]);
    expect(server.events).toEqual([{ event: "refused", from: expect.stringMatching(/^127.0.0.1:/), ...told }]);
    expect(camera.host.ready).toBe(false);
    camera.host.capture(frameOf(3));
    await camera.host.drained();
    expect(camera.records).toMatchObject([{ why: "disconnected" }]);
    expect(server.host.counters.frames).toBe(0);
    await camera.host[Symbol.asyncDispose]();
    await server.host[Symbol.asyncDispose]();
  });

  test("in place of one that ran before is told, and the right one is found when it is back", async () => {
    await using hosts = await pair("tcp");
    const { camera, server } = hosts;
    const restart = async (deployment: Deployment): Promise<Heard> =>
      hear({ deployment, host: "server", trust: insecure("server"), listen: server.host.address! });
    await server.host[Symbol.asyncDispose]();
    const wrong = await restart(other());
    await until(() => camera.events.some((event) => "code" in event && event.code === "ERR_DEPLOYMENT_OTHER"));
    await wrong.host[Symbol.asyncDispose]();
    const right = await restart(deploymentOver("tcp"));
    await until(() => camera.host.ready);
    camera.host.capture(frameOf(3));
    await camera.host.drained();
    expect(camera.records).toMatchObject([{ answer: { says: 1 } }]);
    await right.host[Symbol.asyncDispose]();
  });

  test("is known by what is agreed on, and not by the order in which that was written, by addresses or predictions", () => {
    const deployment = deploymentOver("tcp");
    const same = Object.fromEntries(Object.entries(deployment).toReversed()) as unknown as Deployment;
    const elsewhere = { ...same, hosts: { camera: {}, server: { address: "10.0.0.2:7000" } }, study: "renamed" };
    expect(digestOf(elsewhere)).toEqual(digestOf(deployment));
    for (const changed of [{ deadlineNs: 1 }, { layout: "NHWC" as const }, { model: { sha256: "1" } }])
      expect(digestOf({ ...deployment, ...changed })).not.toEqual(digestOf(deployment));
    expect(digestOf(other())).not.toEqual(digestOf(deployment));
  });
});

test("of several connections of one host the one that it uses counts, and the others do it no harm", async () => {
  await using hosts = await pair("tcp");
  const { camera, server } = hosts;
  const { signal } = new AbortController();
  for (let i = 0; i < 5; i++) {
    // As an attempt of the camera's that was overtaken by another one.
    const late = await connect(insecure("camera"), server.host.address!, "server", signal);
    camera.host.capture(frameOf(3));
    await until(() => camera.records.length === i + 1);
    late.stream.destroy();
  }
  expect(camera.records.map(({ why }) => why)).toEqual(Array.from({ length: 5 }));
  expect(server.events.map(({ event }) => event)).toEqual(["connected"]);
});

test("without a connection the rest of the model runs here, where that is wished, and says so", async () => {
  const deployment = deploymentOver("tcp");
  const { host, records } = await hear({
    deployment,
    host: "camera",
    trust: insecure("camera"),
    addresses: { server: { host: "127.0.0.1", port: 9 } },
    fallback: "local",
  });
  host.capture(frameOf(3));
  await host.drained();
  expect(records[0]).toMatchObject({ answer: { says: 1 }, fallback: "local", deadlineMet: true });
  await host[Symbol.asyncDispose]();
});

test("a server that is too slow is not waited for where the rest runs here", async () => {
  const deployment = deploymentOver("tcp", 60_000_000);
  await using hosts = await pair(
    "tcp",
    { deployment, fallback: "local" },
    { pace: (work) => (work.startsWith("tail") ? 300e6 : undefined) },
  );
  hosts.camera.host.capture(frameOf(-2));
  await hosts.camera.host.drained();
  expect(hosts.camera.records[0]).toMatchObject({ answer: { says: 0 }, fallback: "local" });
});

test("answers that are due on another host are told there, in time or late", async () => {
  const pair = deploymentOver("tcp", 1e9);
  const [, tail] = pair.segments as [Deployment["segments"][0], Deployment["segments"][0]];
  const deployment: Deployment = {
    ...pair,
    design: {
      segments: [{ host: "camera", from: ["middle"], to: ["scores"] }],
      crossings: [],
      answer: pair.design.answer!,
    },
    segments: [{ ...tail, host: "camera" }],
    crossings: [],
    answer: { ...pair.answer!, from: "camera", to: "server" },
    frames: { ...pair.frames, answer: { ...pair.frames.answer, host: "server" } },
  };
  const camera = await hear({
    deployment,
    host: "camera",
    trust: insecure("camera"),
    listen: loopback,
    pace: (_, frame) => (frame === 1 ? 1.1e9 : undefined),
  });
  const told: unknown[] = [];
  const server = await hear({
    deployment,
    host: "server",
    trust: insecure("server"),
    addresses: { camera: camera.host.address! },
    onAnswer: ({ frame, answer, deadlineMet }) => told.push([frame, answer.says, deadlineMet]),
  });
  await until(() => server.host.ready && camera.host.peers.length === 1);
  for (let i = 0; i < 2; i++) camera.host.capture(frameOf(3));
  await until(() => told.length === 2);
  expect(told).toEqual([
    [0, 1, true],
    [1, 1, false],
  ]);
  expect(camera.records.map(({ why }) => why)).toEqual(["elsewhere", "elsewhere"]);
  await server.host[Symbol.asyncDispose]();
  await camera.host[Symbol.asyncDispose]();
});

test("late answers are answers, and counted as late", async () => {
  const deployment = deploymentOver("tcp", 20_000_000);
  await using hosts = await pair(
    "tcp",
    { deployment },
    { pace: (work) => (work.startsWith("tail") ? 60e6 : undefined) },
  );
  hosts.camera.host.capture(frameOf(3));
  await hosts.camera.host.drained();
  const [record] = hosts.camera.records;
  expect(record).toMatchObject({ answer: { says: 1 }, deadlineMet: false });
  expect(record!.latency).toBeGreaterThan(0.06);
  expect(record!.parts.tail).toBeGreaterThan(0.06);
});

test("more frames than may be under way are dropped, and counted", async () => {
  await using hosts = await pair(
    "tcp",
    { inFlight: 3 },
    { pace: (work) => (work.startsWith("tail") ? 20e6 : undefined) },
  );
  const { camera } = hosts;
  for (let i = 0; i < 10; i++) camera.host.capture(frameOf(3));
  await camera.host.drained();
  expect(camera.records.filter(({ why }) => why === "dropped").map(({ frame }) => frame)).toEqual([
    3, 4, 5, 6, 7, 8, 9,
  ]);
  expect(camera.records.filter(({ answer }) => answer).map(({ frame }) => frame)).toEqual([0, 1, 2]);
  expect(camera.host.counters.dropped).toBe(7);
});

test("with order `drop` the newest frame goes next, and those that wait are left out", async () => {
  const deployment = deploymentOver("tcp", 1e9);
  deployment.frames.order = "drop";
  await using hosts = await pair("tcp", { deployment }, { deployment, pace: () => 30e6 });
  const { camera } = hosts;
  for (let i = 0; i < 6; i++) {
    camera.host.capture(frameOf(3));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await camera.host.drained();
  const answered = camera.records.filter(({ answer }) => answer).map(({ frame }) => frame);
  expect(answered[0]).toBe(0);
  expect(answered.at(-1)).toBe(5);
  expect(new Set(camera.records.map(({ why }) => why))).toEqual(new Set([undefined, "dropped"]));
  expect(camera.records).toHaveLength(6);
  expect(answered.length).toBeLessThan(5);
});
