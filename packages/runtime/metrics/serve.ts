/** @file `/metrics` and `/health` over HTTP. */
import { createServer, type ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import type { Address } from "../index.ts";
import { listenError } from "../trust/reasons.ts";
import { contentType } from "./text.ts";

export interface MetricsSource {
  text(): Promise<string>;
  /** Whether all is there that the host needs to do its work. */
  ready(): boolean;
  /** ms since 1970. */
  since: number;
}

export interface MetricsServer extends AsyncDisposable {
  readonly address: Address;
  /** Of the metrics. */
  readonly url: string;
}

/** A reader of metrics asks one thing at a time, in a few hundred bytes. */
const mostConnections = 32;
const milliseconds = 5000;

/**
 * Serves a host's metrics until it is disposed.
 * @throws InputError `ERR_CONNECT` where that address cannot be had
 */
export async function serveMetrics({ host, port }: Address, source: MetricsSource): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: milliseconds, headersTimeout: milliseconds }, (request, response) => {
    request.resume();
    const [path] = (request.url ?? "").split("?");
    if (request.method !== "GET" && request.method !== "HEAD") reply(response, 405, "text/plain", "GET or HEAD\n");
    else void answer(path!, source, response);
  });
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError({ host, port }, error)));
    server.listen({ host, port }, resolve);
  });
  const address = { host, port: (server.address() as { port: number }).port };
  return {
    address,
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${address.port}/metrics`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(path: string, source: MetricsSource, response: ServerResponse): Promise<void> {
  const ready = source.ready();
  if (path === "/metrics") reply(response, 200, contentType, await source.text());
  else if (path === "/health") {
    const health = { live: true, ready, since: new Date(source.since).toISOString() };
    reply(response, 200, "application/json", `${JSON.stringify(health)}\n`);
  } else if (path === "/health/live") reply(response, 200, "text/plain", "live\n");
  else if (path === "/health/ready")
    reply(response, ready ? 200 : 503, "text/plain", ready ? "ready\n" : "not ready\n");
  else reply(response, 404, "text/plain", "/metrics, /health, /health/live, /health/ready\n");
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
