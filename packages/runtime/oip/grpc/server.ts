/**
 * @file The Open Inference Protocol over gRPC: single requests and answers over HTTP/2 (grpc.io, PROTOCOL-HTTP2.md).
 * On node:http2 and not on a library: the one there is for Node cannot be told TLS 1.3 only, nor how much a stranger may hold.
 */
import {
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Address } from "../../index.ts";
import { tlsOptions } from "../../trust/spec.ts";
import { addressOf } from "../../trust/loopback.ts";
import { RequestError } from "../error.ts";
import { checkServable, mostMessageBytes } from "../model.ts";
import { countedModel, Turns } from "../served.ts";
import { allowedBy, checkPlain, listening, type OipOptions, type OipServer } from "../served-to.ts";
import { calls, type Service } from "./calls.ts";
import { framed, unframed } from "./framing.ts";
import { statusOf, type Status } from "./status.ts";

const mostConnections = 256;
/** A whole call has a minute; a connection without calls too. */
const longest = 60_000;

const options = {
  settings: { maxConcurrentStreams: 64, maxHeaderListSize: 16_384, initialWindowSize: 1 << 20 },
  maxSessionMemory: 64,
  maxHeaderListPairs: 64,
};

/**
 * @throws InputError `ERR_CONNECT` where it cannot listen, `ERR_TRUST_INSECURE` (no TLS, and no loopback), `ERR_DEPLOYMENT_HOST`
 */
export async function serveGrpc(
  address: Address,
  { models, version, trust, anywhere }: OipOptions,
): Promise<OipServer> {
  models.forEach(checkServable);
  const secure = trust.kind === "certificates";
  const ip = await addressOf(address.host);
  checkPlain(address, ip, secure || anywhere === true, "gRPC");
  const service: Service = { served: models.map(countedModel), turns: new Turns(), version };
  const most = Math.max(...models.map(({ inputs }) => mostMessageBytes(inputs)));
  const server: Http2Server = secure
    ? createSecureServer({ ...options, ...tlsOptions(trust), requestCert: true, rejectUnauthorized: false })
    : createServer(options);
  server.maxConnections = mostConnections;
  const sessions = new Set<{ close(): void; destroy(): void }>();
  server.on("session", (session) => {
    sessions.add(session);
    // Not by the session's own timeout: Node keeps a session until that is over, though it is closed, and strangers' would pile up.
    const idle = setTimeout(() => session.close(), longest).unref();
    session.on("stream", () => idle.refresh());
    session.on("close", () => {
      clearTimeout(idle);
      sessions.delete(session);
    });
    session.on("error", () => session.destroy());
  });
  server.on("sessionError", () => {});
  server.on("stream", (stream, headers) => {
    const allowed = (): void => allowedBy(trust, stream.session?.socket as TLSSocket, headers.authorization);
    void respond(stream, headers, { service, most, allowed });
  });
  const at = await listening(server, address, ip);
  return {
    url: `${secure ? "grpcs" : "grpc"}://${at}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.close();
      // What is under way has half a second.
      setTimeout(() => sessions.forEach((session) => session.destroy()), 500).unref();
      await closed;
    },
  };
}

interface Asked {
  service: Service;
  /** Bytes of the largest message. */
  most: number;
  /** @throws RequestError 401 */
  allowed(): void;
}

async function respond(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, asked: Asked): Promise<void> {
  stream.on("error", () => {});
  const over = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), longest).unref();
  stream.on("close", () => clearTimeout(over));
  try {
    const path = headers[":path"] ?? "";
    if (headers[":method"] !== "POST" || !/^application\/grpc(\+proto)?($|;)/.test(headers["content-type"] ?? "")) {
      stream.respond({ ":status": 415 }, { endStream: true });
      return;
    }
    const call = Object.hasOwn(calls, path) ? calls[path] : undefined;
    if (!call) throw new RequestError(501, `${path.slice(0, 200)} is nothing that is served here`);
    if (!call.open) asked.allowed();
    if (!["identity", undefined].includes(headers["grpc-encoding"] as string | undefined))
      throw new RequestError(
        501,
        `grpc-encoding: expected identity, got ${String(headers["grpc-encoding"]).slice(0, 60)}`,
      );
    const request = await unframed(stream, asked.most);
    const answer = await call.answer(request, asked.service, () => stream.destroyed || stream.aborted);
    if (stream.destroyed) return;
    stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(framed(answer));
  } catch (error) {
    if (stream.destroyed || stream.headersSent) return;
    say(stream, statusOf(error));
  }
}

/** An answer of nothing but what went wrong. What is left of the request is not waited for. */
function say(stream: ServerHttp2Stream, { code, message }: Status): void {
  const trailers = { "grpc-status": String(code), "grpc-message": percentEncoded(message) };
  stream.respond({ ":status": 200, "content-type": "application/grpc+proto", ...trailers }, { endStream: true });
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Bytes of UTF-8 beyond printable ASCII, and "%" itself, as "%XX". */
const percentEncoded = (message: string): string =>
  message.replaceAll(/[^ -$&-~]+/gu, (part) =>
    [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
