/**
 * @file Serving segments to anybody who speaks the Open Inference Protocol, version 2, over HTTP (KServe, Triton): health,
 * metadata, inference with the binary tensor data extension, statistics.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import type { TLSSocket } from "node:tls";
import type { Address } from "../index.ts";
import { tlsOptions } from "../trust/spec.ts";
import { addressOf } from "../trust/loopback.ts";
import { bodyOf } from "./body.ts";
import { RequestError } from "./error.ts";
import { checkServable, metadataOf, modelVersion, mostMessageBytes } from "./model.ts";
import { readRequest } from "./request.ts";
import { writeResponse } from "./response.ts";
import { allowedBy, checkPlain, listening, type OipOptions, type OipServer } from "./served-to.ts";
import { countedModel, exchange, Turns, type Served } from "./served.ts";

/** Connections at once, idle ones too. */
const mostConnections = 256;
/** A whole request has a minute, its head five seconds. */
const times = {
  requestTimeout: 60_000,
  headersTimeout: 5000,
  handshakeTimeout: 5000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 1000,
  noDelay: true,
};

/** What all requests to a server share. */
interface State extends OipOptions {
  served: readonly Served[];
  turns: Turns;
}

/**
 * @throws InputError `ERR_CONNECT` where it cannot listen, `ERR_TRUST_INSECURE` (no TLS, and no loopback), `ERR_DEPLOYMENT_HOST`
 */
export async function serveOip(address: Address, options: OipOptions): Promise<OipServer> {
  const { trust, models } = options;
  models.forEach(checkServable);
  const secure = trust.kind === "certificates";
  const ip = await addressOf(address.host);
  checkPlain(address, ip, secure || options.anywhere === true, "HTTP");
  const served = models.map(countedModel);
  const state: State = { ...options, served, turns: new Turns() };
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
  const at = await listening(server, address, ip);
  return {
    url: `${secure ? "https" : "http"}://${at}`,
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
    if (path[1] !== "health") allowedBy(state.trust, request.socket as TLSSocket, request.headers.authorization);
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
  await state.turns.take(() => infer(found, request, response));
}

async function infer(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { model } = served;
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw new RequestError(415, `Content-Encoding: expected none, got ${encoding}`);
  const headerBytes = headerBytesOf(request);
  const body = await bodyOf(request, mostMessageBytes(model.inputs));
  const { headers, parts } = await exchange(served, {
    read: () => readRequest(body, headerBytes, model),
    write: (wanted, made) => writeResponse(model.name, wanted, made),
    gone: () => request.socket.destroyed,
  });
  // Head and parts in one call of the system.
  response.cork();
  response.writeHead(200, headers);
  for (const part of parts) response.write(part);
  response.end();
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
