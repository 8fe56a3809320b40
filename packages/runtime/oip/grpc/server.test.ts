/** @file The Open Inference Protocol over gRPC, asked by the field's own client; and what strangers and damaged calls get. */
import { credentials, Metadata, type ChannelCredentials, type Client } from "@grpc/grpc-js";
import { connect, constants } from "node:http2";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { authority, certificateTrust, days, tokenTrusts } from "../../trust/testing/hosts.ts";
import { issue, type Trust } from "../../trust/index.ts";
import { bearerOf, serveGrpc, type OipServer, type ServedModel } from "../index.ts";
import { adds, bytes, mixed } from "../testing/models.ts";
import { ask, clientOf } from "./testing/client.ts";

const insecure: Trust = { kind: "insecure", host: "server", anywhere: false };
const open = (models: readonly ServedModel[], trust = insecure): Promise<OipServer> =>
  serveGrpc({ host: "127.0.0.1", port: 0 }, { models, version: "1.2.3", trust });

let folder = "";
let server: OipServer;
let client: Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-grpc-"));
  server = await open([adds, mixed]);
  client = clientOf(server.url);
});
afterAll(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const call = <T = Record<string, unknown>>(name: string, request = {}, metadata = new Metadata()): Promise<T> =>
  ask<T>(client, name, request, metadata);

interface Answer {
  id: string;
  model_version: string;
  outputs: { name: string; datatype: string; shape: number[] }[];
  raw_output_contents: Buffer[];
}
const floats = (buffer: Buffer): number[] => [...new Float32Array(new Uint8Array(buffer).buffer)];
const input = { name: "x", datatype: "FP32", shape: [1, 3] };
const request = { model_name: "adds", id: "seven", inputs: [input], raw_input_contents: [bytes(1, 2, 3)] };

test("says what is there", async () => {
  expect(await call("ServerLive")).toEqual({ live: true });
  expect(await call("ServerMetadata")).toEqual({
    name: "split-et-impera",
    version: "1.2.3",
    extensions: ["statistics"],
  });
  expect(await call("ModelReady", { name: "adds" })).toEqual({ ready: true });
  expect(await call("ModelMetadata", { name: "adds", version: "1" })).toMatchObject({
    name: "adds",
    versions: ["1"],
    platform: "onnxruntime_onnx",
    inputs: [{ name: "x", datatype: "FP32", shape: [1, 3] }],
    outputs: [
      { name: "sum", shape: [1, 1] },
      { name: "twice", shape: [1, 3] },
    ],
  });
});

test("infers from bytes and from numbers, all outputs or those that are named, and counts", async () => {
  const all = await call<Answer>("ModelInfer", request);
  expect(all).toMatchObject({
    id: "seven",
    model_version: "1",
    outputs: [
      { name: "sum", datatype: "FP32", shape: [1, 1] },
      { name: "twice", datatype: "FP32", shape: [1, 3] },
    ],
  });
  expect(all.raw_output_contents.map(floats)).toEqual([[6], [2, 4, 6]]);
  const named = await call<Answer>("ModelInfer", {
    model_name: "adds",
    inputs: [{ ...input, contents: { fp32_contents: [4, 5, 6] } }],
    outputs: [{ name: "sum" }],
  });
  expect(named.raw_output_contents.map(floats)).toEqual([[15]]);
  const several = await call<Answer>("ModelInfer", {
    model_name: "mixed",
    inputs: [
      { name: "f", datatype: "FP32", shape: [2, 2] },
      { name: "i", datatype: "INT64", shape: [2] },
      { name: "b", datatype: "BOOL", shape: [3] },
      { name: "h", datatype: "FP16", shape: [2] },
    ],
    raw_input_contents: [bytes(1, 2, 3, 4), new Uint8Array(16).fill(1), Uint8Array.of(0, 1, 1), new Uint8Array(4)],
  });
  expect(several.raw_output_contents[1]).toEqual(Buffer.alloc(16, 1));
  const { model_stats: stats } = await call<{ model_stats: object[] }>("ModelStatistics", { name: "adds" });
  expect(stats).toMatchObject([{ name: "adds", inference_count: 2, inference_stats: { success: { count: 2 } } }]);
});

test.each([
  ["a model that is not there", { model_name: "nose" }, "5 NOT_FOUND", '"nose" is no model here; expected adds, mixed'],
  ["another version", { ...request, model_version: "2" }, "5 NOT_FOUND", "has version 1 and no other"],
  ["another shape", { ...request, inputs: [{ ...input, shape: [3] }] }, "3 INVALID", "shape: expected [1, 3], got [3]"],
  ["another type", { ...request, inputs: [{ ...input, datatype: "FP64" }] }, "3 INVALID", "expected FP32"],
  ["bytes for nothing", { ...request, inputs: [] }, "3 INVALID", "expected one for each of 0 inputs, got 1"],
  [
    "too few bytes",
    { ...request, raw_input_contents: [bytes(1)] },
    "3 INVALID",
    "binary_data_size: expected 12, got 4",
  ],
  ["an input without values", { model_name: "adds", inputs: [input] }, "3 INVALID", "expected either data or"],
  ["an unknown output", { ...request, outputs: [{ name: "nose" }] }, "3 INVALID", "expected one of sum, twice"],
])("refuses %s", async (_, given, code, message) => {
  const error = await call("ModelInfer", given).catch((thrown: Error) => thrown);
  expect((error as Error).message.slice(0, code.length)).toBe(code);
  expect((error as Error).message).toContain(message);
});

test("says that it does not stream, and refuses more bytes than mean anything before they are kept", async () => {
  await expect(call("ModelStreamInfer", request)).rejects.toThrow("12 UNIMPLEMENTED");
  const large = { ...request, raw_input_contents: [new Uint8Array(1e6)] };
  await expect(call("ModelInfer", large)).rejects.toThrow(/8 RESOURCE_EXHAUSTED: .*expected at most 65\d\d\d bytes/);
});

test("a time that is over before the turn is not run", async () => {
  const slow: ServedModel = {
    ...adds,
    name: "slow",
    async run(feeds, outputs, begin) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return adds.run(feeds, outputs, begin)!;
    },
  };
  await using own = await open([slow]);
  const late = clientOf(own.url);
  const given = { ...request, model_name: "slow", parameters: { timeout: { int64_param: 1000 } } };
  await expect(ask(late, "ModelInfer", given, new Metadata())).rejects.toThrow("14 UNAVAILABLE: its time (1000 micro");
  late.close();
});

test("with a token, strangers get health and nothing else", async () => {
  const [trust] = await tokenTrusts(folder, "server");
  await using own = await open([adds], trust);
  const stranger = clientOf(own.url);
  expect(await ask(stranger, "ServerLive", {}, new Metadata())).toEqual({ live: true });
  await expect(ask(stranger, "ModelInfer", request, new Metadata())).rejects.toThrow("16 UNAUTHENTICATED");
  const shown = new Metadata();
  shown.set("authorization", `Bearer ${bearerOf(trust!.token!)}`);
  expect(await ask(stranger, "ModelInfer", request, shown)).toMatchObject({ id: "seven" });
  stranger.close();
});

test("with certificates, a client of the same authority is let in over TLS 1.3, another is not", async () => {
  const [ca, other] = [authority(), authority()];
  const trust = certificateTrust("server", ca, issue(ca, ["server", "127.0.0.1"], days(-1, 9)));
  await using own = await open([adds], trust);
  expect(own.url).toMatch(/^grpcs:/);
  const root = Buffer.from(ca.certificate);
  const as = async (secured: ChannelCredentials): Promise<unknown> => {
    const one = clientOf(own.url, secured);
    return ask(one, "ModelInfer", request, new Metadata()).finally(() => one.close());
  };
  const [known, stranger] = [ca, other].map((of) => {
    const { certificate, key } = issue(of, ["dashboard"], days(-1, 9));
    return credentials.createSsl(root, Buffer.from(key), Buffer.from(certificate));
  });
  expect(await as(known!)).toMatchObject({ id: "seven" });
  await expect(as(stranger!)).rejects.toThrow("16 UNAUTHENTICATED");
  await expect(as(credentials.createSsl(root))).rejects.toThrow("16 UNAUTHENTICATED");
});

test("is refused in the open", async () => {
  const everywhere = { host: "0.0.0.0", port: 0 };
  const refused = serveGrpc(everywhere, { models: [adds], version: "1", trust: insecure });
  await expect(refused).rejects.toMatchObject({ code: "ERR_TRUST_INSECURE" });
});

/** A call by hand: what came back, trailers and all. */
async function raw(body: Uint8Array, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const session = connect(server.url.replace("grpc", "http"));
  const stream = session.request({
    ":method": "POST",
    ":path": "/inference.GRPCInferenceService/ModelInfer",
    "content-type": "application/grpc",
    ...headers,
  });
  const found: Record<string, unknown> = {};
  stream.on("response", (got) => Object.assign(found, got));
  stream.on("trailers", (got) => Object.assign(found, got));
  stream.on("error", () => {});
  stream.resume();
  stream.end(body);
  await new Promise((resolve) => stream.on("close", resolve));
  session.close();
  return found;
}

test.each([
  ["nothing", new Uint8Array(0), {}, "3"],
  ["half a message", Uint8Array.of(0, 0, 0, 0, 9, 1), {}, "3"],
  ["a length of 4 GB", Uint8Array.of(0, 255, 255, 255, 255, 1), {}, "3"],
  ["what is no message", Uint8Array.of(0, 0, 0, 0, 2, 0x0a, 0xff), {}, "3"],
  ["a compressed message", Uint8Array.of(1, 0, 0, 0, 0), {}, "12"],
  ["a compression", Uint8Array.of(0, 0, 0, 0, 0), { "grpc-encoding": "gzip" }, "12"],
  ["no method", Uint8Array.of(0, 0, 0, 0, 0), { ":path": "/constructor" }, "12"],
])("answers %s with a status, and goes on", async (_, body, headers, status) => {
  expect(await raw(body, headers)).toMatchObject({ ":status": 200, "grpc-status": status });
  expect(await call("ModelInfer", request)).toMatchObject({ id: "seven" });
});

test("is no web server", async () => {
  expect(await raw(new Uint8Array(0), { "content-type": "text/html" })).toMatchObject({ ":status": 415 });
});

test("a client that goes away in the middle of a call takes nothing with it", async () => {
  const session = connect(server.url.replace("grpc", "http"));
  session.on("error", () => {});
  const stream = session.request({
    ":method": "POST",
    ":path": "/inference.GRPCInferenceService/ModelInfer",
    "content-type": "application/grpc",
  });
  stream.on("error", () => {});
  stream.write(Uint8Array.of(0, 0, 0, 0, 9));
  await new Promise((resolve) => setTimeout(resolve, 20));
  stream.close(constants.NGHTTP2_CANCEL);
  session.destroy();
  expect(await call("ModelInfer", request)).toMatchObject({ id: "seven" });
});
