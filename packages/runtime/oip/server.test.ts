/** @file The Open Inference Protocol over HTTP: what is there, who gets in, what is counted, and what hostile clients get. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request, type IncomingHttpHeaders } from "node:http";
import { request as secureRequest } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issue, type Trust } from "../trust/index.ts";
import { authority, certificateTrust, days, tokenTrusts } from "../trust/testing/hosts.ts";
import { bearerOf, serveOip, type OipServer, type ServedModel } from "./index.ts";
import { adds, bodyOf, bytes, mixed, x } from "./testing/models.ts";

const loopback = { host: "127.0.0.1", port: 0 };
const insecure: Trust = { kind: "insecure", host: "server", anywhere: false };
const open = (models: readonly ServedModel[], trust = insecure): Promise<OipServer> =>
  serveOip(loopback, { models, version: "1.2.3", trust });

let folder = "";
let server: OipServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-oip-"));
  server = await open([adds, mixed]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  json: Record<string, unknown>;
}

interface Stats {
  name: string;
  version: string;
  last_inference: number;
  inference_count: number;
  inference_stats: Record<"success" | "fail" | "queue" | "compute_infer" | "cache_hit", { count: number; ns: number }>;
  batch_stats: object[];
}

async function statsOf(base: OipServer, path: string): Promise<Stats> {
  return ((await ask(path, { base })).json["model_stats"] as [Stats])[0];
}

interface Asked {
  body?: Uint8Array;
  headers?: Record<string, string | number>;
  method?: string;
  agent?: Agent;
  tls?: object;
  base?: OipServer;
}

async function ask(path: string, { body, headers, method, agent, tls, base = server }: Asked = {}): Promise<Got> {
  const url = base.url + path;
  const options = { method: method ?? (body ? "POST" : "GET"), headers, ...(agent && { agent }), ...tls };
  const sent = url.startsWith("https") ? secureRequest(url, options) : request(url, options);
  sent.on("error", () => undefined);
  sent.end(body);
  const [response] = await once(sent, "response");
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const all = Buffer.concat(parts);
  const length = response.headers["inference-header-content-length"];
  const json = JSON.parse(all.subarray(0, length === undefined ? undefined : Number(length)).toString());
  return { status: response.statusCode, headers: response.headers, body: all, json };
}

test("health, metadata, readiness, with and without the version", async () => {
  expect((await ask("/v2/health/live")).json).toEqual({ live: true });
  expect((await ask("/v2/health/ready")).json).toEqual({ ready: true });
  const extensions = ["binary_tensor_data", "statistics"];
  for (const path of ["/v2", "/v2/"])
    expect((await ask(path)).json).toEqual({ name: "split-et-impera", version: "1.2.3", extensions });
  for (const path of ["/v2/models/adds", "/v2/models/adds/versions/1"])
    expect((await ask(path)).json).toEqual({
      name: "adds",
      versions: ["1"],
      platform: "onnxruntime_onnx",
      inputs: [{ name: "x", datatype: "FP32", shape: [1, 3] }],
      outputs: [
        { name: "sum", datatype: "FP32", shape: [1, 1] },
        { name: "twice", datatype: "FP32", shape: [1, 3] },
      ],
    });
  expect((await ask("/v2/models/adds/ready")).json).toEqual({ name: "adds", ready: true });
});

test("inference: JSON, bytes, bytes alone, over one connection", async () => {
  await using own = await open([adds]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const asked = { base: own, agent };
  const first = await ask("/v2/models/adds/infer", {
    ...asked,
    body: bodyOf({ id: "a", inputs: [{ ...x, data: [1, 2, 3] }], outputs: [{ name: "sum" }] }).body,
  });
  expect(first.json).toEqual({
    id: "a",
    model_name: "adds",
    model_version: "1",
    outputs: [{ name: "sum", datatype: "FP32", shape: [1, 1], data: [6] }],
  });
  const { body, header } = bodyOf(
    { inputs: [{ ...x, parameters: { binary_data_size: 12 } }], parameters: { binary_data_output: true } },
    bytes(1, 2, 4),
  );
  const second = await ask("/v2/models/adds/versions/1/infer", {
    ...asked,
    body,
    headers: { "Inference-Header-Content-Length": header },
  });
  const behind = (got: Got): Buffer => got.body.subarray(Number(got.headers["inference-header-content-length"]));
  expect(new Uint8Array(behind(second))).toEqual(new Uint8Array([...bytes(7), ...bytes(2, 4, 8)]));
  const headers = { "Inference-Header-Content-Length": 0 };
  const third = await ask("/v2/models/adds/infer", { ...asked, body: bytes(1, 2, 5), headers });
  expect(new Uint8Array(behind(third))).toEqual(new Uint8Array([...bytes(8), ...bytes(2, 4, 10)]));
  // The connection was kept: there is one, and it is free.
  expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  const stats = await statsOf(own, "/v2/models/adds/stats");
  expect(stats).toMatchObject({ name: "adds", version: "1", inference_count: 3, execution_count: 3 });
  const { success, fail, queue, compute_infer: infer, cache_hit: hit } = stats.inference_stats;
  expect([success, fail, queue, infer, hit].map(({ count }) => count)).toEqual([3, 0, 3, 3, 0]);
  expect(stats.batch_stats).toMatchObject([{ batch_size: 1, compute_infer: { count: 3, ns: infer.ns } }]);
  expect(Date.now() - stats.last_inference).toBeLessThan(60_000);
  agent.destroy();
});

test.each<[string, number, string, Asked?]>([
  ["/", 404, "/ is nothing that the Open Inference Protocol has"],
  ["/v1/models/adds", 404, "/v1/models/adds is nothing"],
  ["/v2/models", 404, '"" is no model here; expected adds, mixed'],
  ["/v2/models/other", 404, '"other" is no model here; expected adds, mixed'],
  ["/v2/models/adds/versions/2", 404, '"adds" has version 1 and no other'],
  ["/v2/models/adds/config", 404, "/v2/models/adds/config is nothing"],
  ["/v2/models/%ff", 400, "expected a path in UTF-8"],
  ["/v2/models/adds/infer", 405, "expected POST, got GET"],
  ["/v2/models/adds", 405, "expected GET, got DELETE", { method: "DELETE" }],
  ["/v2/models/adds/infer", 400, "expected a JSON object", { body: Buffer.from("[") }],
  [
    "/v2/models/adds/infer",
    400,
    "Inference-Header-Content-Length: expected a number of bytes",
    { body: bytes(1), headers: { "Inference-Header-Content-Length": "-1" } },
  ],
  [
    "/v2/models/adds/infer",
    415,
    "Content-Encoding: expected none, got gzip",
    { body: bytes(1), headers: { "Content-Encoding": "gzip" } },
  ],
  ["/v2/models/adds/infer", 413, "expected at most 65632 bytes", { body: new Uint8Array(65_633) }],
])("%s: %d, %s", async (path, status, message, asked) => {
  const got = await ask(path, asked);
  expect(got.status).toBe(status);
  expect(got.json["error"]).toContain(message);
});

test("a body without a length is read no further than one may be long", async () => {
  const headers = { "Transfer-Encoding": "chunked" };
  const got = await ask("/v2/models/adds/infer", { body: new Uint8Array(70_000), headers });
  expect(got.status).toBe(413);
  expect(got.headers.connection).toBe("close");
});

/** Runs when it is told to, one after the other. */
function held(): { model: ServedModel; release(): void } {
  let waits: Promise<unknown> = Promise.resolve();
  const gate = Promise.withResolvers<void>();
  const model: ServedModel = {
    ...adds,
    run: (...given) => {
      const run = waits.then(() => adds.run(...given)!);
      waits = Promise.all([run, gate.promise]).catch(() => undefined);
      return run;
    },
  };
  return { model, release: gate.resolve };
}

test("a request whose time is over when its turn comes is not run, and counts as failed", async () => {
  const { model, release } = held();
  await using own = await open([model]);
  const body = (timeout: number) => bodyOf({ inputs: [{ ...x, data: [1, 2, 3] }], parameters: { timeout } }).body;
  const path = "/v2/models/adds/infer";
  expect((await ask(path, { base: own, body: body(0) })).status).toBe(200);
  const late = ask(path, { base: own, body: body(20_000) });
  const patient = ask(path, { base: own, body: body(60_000_000) });
  await new Promise((resolve) => setTimeout(resolve, 60));
  release();
  expect((await late).status).toBe(503);
  expect((await late).json["error"]).toBe("its time (20000 microseconds) was over before its turn came");
  expect((await patient).status).toBe(200);
  const stats = await statsOf(own, "/v2/models/stats");
  expect(stats.inference_stats).toMatchObject({ success: { count: 2 }, fail: { count: 1 }, queue: { count: 2 } });
  // Both waited for the gate, and what waits is no time of the engine.
  expect(stats.inference_stats.queue.ns).toBeGreaterThan(30e6);
  expect(stats.inference_stats.compute_infer.ns).toBeLessThan(stats.inference_stats.queue.ns);
});

test("where too many wait, one more is sent away", async () => {
  await using own = await open([{ ...adds, run: () => undefined }]);
  const body = bodyOf({ inputs: [{ ...x, data: [1, 2, 3] }] }).body;
  const got = await ask("/v2/models/adds/infer", { base: own, body });
  expect([got.status, got.json["error"]]).toEqual([503, "too many requests wait"]);
});

test("no more requests than fit in memory are under way", async () => {
  const { model, release } = held();
  await using own = await open([model]);
  const body = bodyOf({ inputs: [{ ...x, data: [1, 2, 3] }] }).body;
  const all = Array.from({ length: 66 }, () => ask("/v2/models/adds/infer", { base: own, body }));
  const first = await Promise.race(all.slice(1).map(async (one) => (await one).json["error"]));
  expect(first).toBe("too many requests at once");
  release();
  const statuses = (await Promise.all(all)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(64);
});

test("what is no HTTP is told so", async () => {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1", () => socket.write("SEI\r\n\r\n"));
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  expect(Buffer.concat(parts).toString()).toMatch(/^HTTP\/1\.1 400 .*\{"error":"expected HTTP\/1\.1"\}$/s);
});

test("with a token, clients show what is made of it, and health needs nothing", async () => {
  const [trust] = await tokenTrusts(folder, "server");
  await using own = await open([adds], trust);
  const right = `Bearer ${bearerOf(trust!.token!)}`;
  const token = trust!.token!.export().toString("hex");
  for (const authorization of [undefined, "Bearer x", "Basic x", right.slice(0, -1), `Bearer ${token}`]) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const got = await ask("/v2/models/adds", { base: own, headers });
    expect([got.status, got.headers.connection]).toEqual([401, "close"]);
  }
  expect((await ask("/v2/health/ready", { base: own })).status).toBe(200);
  expect((await ask("/v2/models/adds", { base: own, headers: { authorization: right } })).status).toBe(200);
});

test("with certificates it is HTTPS, for clients of the same authority", async () => {
  const [ca, other] = [authority(), authority()];
  const trust = certificateTrust("server", ca, issue(ca, ["server", "127.0.0.1"], days(-1, 9)));
  await using own = await open([adds], trust);
  const as = (of: typeof ca) => {
    const { certificate, key } = issue(of, ["dashboard"], days(-1, 9));
    return { base: own, tls: { ca: ca.certificate, cert: certificate, key } };
  };
  expect(own.url).toMatch(/^https:/);
  expect((await ask("/v2/models/adds", as(ca))).status).toBe(200);
  expect((await ask("/v2/models/adds", as(other))).status).toBe(401);
  expect((await ask("/v2/models/adds", { base: own, tls: { ca: ca.certificate } })).status).toBe(401);
  expect((await ask("/v2/health/live", { base: own, tls: { ca: ca.certificate } })).status).toBe(200);
});

test("HTTP without TLS leaves this machine only where that is asked for", async () => {
  const [token] = await tokenTrusts(folder, "server");
  for (const trust of [insecure, token!]) {
    const everywhere = { host: "0.0.0.0", port: 0 };
    const refused = serveOip(everywhere, { models: [adds], version: "1", trust });
    await expect(refused).rejects.toMatchObject({ code: "ERR_TRUST_INSECURE" });
    const own = await serveOip(everywhere, { models: [adds], version: "1", trust, anywhere: true });
    await own[Symbol.asyncDispose]();
  }
});

test("strings are not served", async () => {
  const text = { ...adds, inputs: [{ tensor: "x", type: "string" as const, shape: [1], bytes: 0 }] };
  await expect(open([text])).rejects.toMatchObject({ code: "ERR_DEPLOYMENT_HOST" });
});
