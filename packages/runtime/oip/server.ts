/**
 * @file Serving segments to anybody who speaks the Open Inference Protocol, version 2, over HTTP (KServe, Triton): health,
 * metadata, inference with the binary tensor data extension, statistics.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { InputError } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import { monotonicNs } from "../messages/index.ts";
import { tlsOptions, type Trust } from "../trust/spec.ts";
import { addressOf, isLoopback } from "../trust/loopback.ts";
import { listenError } from "../trust/reasons.ts";
import { showsBearer } from "./bearer.ts";
import { bodyOf } from "./body.ts";
import { RequestError } from "./error.ts";
import { checkServable, metadataOf, modelVersion, mostMessageBytes, type ServedModel } from "./model.ts";
import { readRequest } from "./request.ts";
import { writeResponse } from "./response.ts";
import { Statistics } from "./statistics.ts";

export interface OipOptions {
  models: readonly ServedModel[];
  /** Of the program. */
  version: string;
  /** Certificates: HTTPS, and clients show one of the same authority. A token: clients show {@link bearerOf} it. */
  trust: Trust;
  /** Without TLS on other addresses than loopback. */
  anywhere?: boolean | undefined;
}

export interface OipServer extends AsyncDisposable {
  /** `http://127.0.0.1:8000`, the port that the system chose where 0 was asked for. */
  readonly url: string;
}

/** Connections at once, idle ones too. */
const mostConnections = 256;
/** Requests to infer at once, from the first byte of the body to the answer: what may lie in memory. */
const mostInferring = 64;

/** A whole request has a minute, its head five seconds. */
const times = {
  requestTimeout: 60_000,
  headersTimeout: 5000,
  handshakeTimeout: 5000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 1000,
  noDelay: true,
};

interface Served {
  model: ServedModel;
  statistics: Statistics;
}

/** What all requests to a server share. */
interface State extends OipOptions {
  served: readonly Served[];
  inferring: number;
}

/**
 * @throws InputError `ERR_CONNECT` where it cannot listen, `ERR_TRUST_INSECURE` (no TLS, and no loopback), `ERR_DEPLOYMENT_HOST`
 */
export async function serveOip(address: Address, options: OipOptions): Promise<OipServer> {
  const { trust, models } = options;
  models.forEach(checkServable);
  const secure = trust.kind === "certificates";
  const ip = await addressOf(address.host);
  if (!secure && !options.anywhere && !isLoopback(ip))
    throw new InputError(
      "ERR_TRUST_INSECURE",
      `${address.host}:${address.port}: refused without certificates (--keys), since HTTP can be read on the way and this is not this machine's loopback; allow it in so many words with --anywhere`,
    );
  const served = models.map((model) => ({ model, statistics: new Statistics(model.name) }));
  const state: State = { ...options, served, inferring: 0 };
  const handle = (request: IncomingMessage, response: ServerResponse): void => void respond(request, response, state);
  const server = secure
    ? createSecure({ ...times, ...tlsOptions(trust), requestCert: true, rejectUnauthorized: false }, handle)
    : createServer(times, handle);
  server.maxConnections = mostConnections;
  server.on("clientError", (_error, socket) => {
    const body = `{"error":"expected HTTP/1.1"}`;
    if (socket.writable)
      socket.end(
        `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(address, error)));
    server.listen({ host: ip, port: address.port }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return {
    url: `${secure ? "https" : "http"}://${host}:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      // What is under way has half a second.
      setTimeout(() => server.closeAllConnections(), 500).unref();
      await closed;
    },
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  try {
    const path = pathOf(request);
    // Who looks after a machine has no key of the deployment.
    if (path[1] !== "health") checkAllowed(request, state.trust);
    if (path[0] !== "v2") throw notFound(path);
    await route(path.slice(1), request, response, state);
  } catch (error) {
    const status = error instanceof RequestError ? error.status : 500;
    const { message } = error as Error;
    if (response.headersSent) return;
    // What is left of a body is not waited for, and strangers hold no connections.
    if (status === 401 || (hasBody(request) && !request.complete)) response.setHeader("connection", "close");
    sayJson(response, { error: message }, status);
  }
}

async function route(
  path: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
  state: State,
): Promise<void> {
  const { served, version } = state;
  const [first = "", name = "", ...rest] = path;
  const answer = (value: object): void => {
    checkMethod(request, response, "GET");
    sayJson(response, value);
  };
  if (path.length === 0)
    return answer({ name: "split-et-impera", version, extensions: ["binary_tensor_data", "statistics"] });
  if (first === "health" && path.length === 2 && (name === "live" || name === "ready")) return answer({ [name]: true });
  if (first !== "models") throw notFound(["v2", ...path]);
  if (name === "stats" && rest.length === 0)
    return answer({ model_stats: served.map(({ statistics }) => statistics.all) });
  const found = served.find(({ model }) => model.name === name);
  if (!found) throw new RequestError(404, `"${name}" is no model here; expected ${namesOf(served)}`);
  const [at, given, ...behind] = rest;
  if (at === "versions" && given !== modelVersion)
    throw new RequestError(404, `"${name}" has version ${modelVersion} and no other`);
  const what = (at === "versions" ? behind : rest).join("/");
  if (what === "") return answer(metadataOf(found.model));
  if (what === "ready") return answer({ name, ready: true });
  if (what === "stats") return answer({ model_stats: [found.statistics.all] });
  if (what !== "infer") throw notFound(["v2", ...path]);
  checkMethod(request, response, "POST");
  if (state.inferring >= mostInferring) throw new RequestError(503, "too many requests at once");
  state.inferring++;
  try {
    await infer(found, request, response);
  } finally {
    state.inferring--;
  }
}

async function infer({ model, statistics }: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw new RequestError(415, `Content-Encoding: expected none, got ${encoding}`);
  const headerBytes = headerBytesOf(request);
  const body = await bodyOf(request, mostMessageBytes(model.inputs));
  const start = monotonicNs();
  try {
    const wanted = readRequest(body, headerBytes, model);
    const read = monotonicNs();
    let begun = read;
    const made = await model.run(
      wanted.feeds,
      wanted.outputs.map(({ port }) => port.tensor),
      () => {
        begun = monotonicNs();
        if (wanted.timeout !== undefined && (begun - start) / 1e3 > wanted.timeout)
          throw new RequestError(503, `its time (${wanted.timeout} microseconds) was over before its turn came`);
        if (request.socket.destroyed) throw new RequestError(503, "who asked is gone");
      },
    );
    if (!made) throw new RequestError(503, "too many requests wait");
    const ran = monotonicNs();
    const { headers, parts } = writeResponse(model.name, wanted, made);
    const end = monotonicNs();
    statistics.succeeded({
      whole: end - start,
      input: read - start,
      queue: begun - read,
      infer: ran - begun,
      output: end - ran,
    });
    // Head and parts in one call of the system.
    response.cork();
    response.writeHead(200, headers);
    for (const part of parts) response.write(part);
    response.end();
  } catch (error) {
    statistics.failed(monotonicNs() - start);
    // The engine's own word about these inputs.
    if (error instanceof InputError && !(error instanceof RequestError)) throw new RequestError(400, error.message);
    throw error;
  }
}

function headerBytesOf({ headers }: IncomingMessage): number | undefined {
  const text = headers["inference-header-content-length"];
  if (text === undefined) return undefined;
  if (typeof text !== "string" || !/^\d{1,9}$/.test(text))
    throw new RequestError(400, "Inference-Header-Content-Length: expected a number of bytes");
  return Number(text);
}

/** Without a last slash, and without what stands behind a question mark. */
function pathOf({ url = "" }: IncomingMessage): string[] {
  const [path = ""] = url.split("?");
  try {
    return path.replace(/^\//, "").replace(/\/$/, "").split("/").map(decodeURIComponent);
  } catch {
    throw new RequestError(400, "expected a path in UTF-8");
  }
}

/** @throws RequestError 401 */
function checkAllowed({ socket, headers }: IncomingMessage, { kind, token }: Trust): void {
  if (kind === "certificates" && !(socket as TLSSocket).authorized)
    throw new RequestError(401, "expected a client certificate of the deployment's authority (`sei keys` makes one)");
  if (token && !showsBearer(token, headers.authorization))
    throw new RequestError(401, "expected `Authorization: Bearer` with what is made of the deployment's token");
}

function checkMethod({ method }: IncomingMessage, response: ServerResponse, expected: "GET" | "POST"): void {
  if (method === expected) return;
  response.setHeader("allow", expected);
  throw new RequestError(405, `expected ${expected}, got ${method}`);
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

const notFound = (path: readonly string[]): RequestError =>
  new RequestError(404, `/${path.join("/")} is nothing that the Open Inference Protocol has`);

const namesOf = (served: readonly Served[]): string => served.map(({ model }) => model.name).join(", ");

function sayJson(response: ServerResponse, value: object, status = 200): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}
