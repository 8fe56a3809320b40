/** @file HTTP to one server: connections that are kept, trust as this host has it, answers of bounded size. */
import { once } from "node:events";
import { Agent, request as plainRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { Agent as SecureAgent, request as secureRequest, type RequestOptions } from "node:https";
import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import { InputError } from "@split-et-impera/core/errors";
import { addressOf, isLoopback } from "../trust/loopback.ts";
import { tlsOptions, type Trust } from "../trust/spec.ts";
import { bearerOf } from "./bearer.ts";
import { bodyOf } from "./body.ts";

export interface ServerOptions {
  url: URL;
  /** Its name in the deployment. */
  peer: string;
  trust: Trust;
  /** Without TLS to other addresses than loopback. */
  anywhere?: boolean | undefined;
}

export interface Reply {
  status: number;
  headers: IncomingMessage["headers"];
  body: Uint8Array;
}

export interface RequestBody {
  parts: readonly Uint8Array[];
  headers: Record<string, string | number>;
}

/** A server runs one request at a time: more connections than hide a round trip only share the link. */
const mostSockets = 4;

export class Connection {
  private readonly options: ServerOptions;
  private readonly agent: Agent;

  private constructor(options: ServerOptions, agent: Agent) {
    this.options = options;
    this.agent = agent;
  }

  /** @throws InputError `ERR_CONNECT` (an unknown name), `ERR_TRUST_INSECURE` (no TLS, and no loopback) */
  static async open(options: ServerOptions): Promise<Connection> {
    const { url, anywhere, trust, peer } = options;
    const secure = url.protocol === "https:";
    const name = url.hostname.replace(/^\[|\]$/g, "");
    const host = await addressOf(name);
    if (!secure && !anywhere && !isLoopback(host))
      throw new InputError(
        "ERR_TRUST_INSECURE",
        `${peer}: ${url.href}: refused, since HTTP can be read on the way and this is not this machine's loopback; use https://, or allow it in so many words with --anywhere`,
      );
    const kept = { keepAlive: true, maxSockets: mostSockets, host };
    if (!secure) return new Connection(options, new Agent(kept));
    const identified = {
      // Hosts know each other by name; at an address it may also be what the certificate says of that.
      checkServerIdentity: (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
        trust.certificates && (certificate.subjectaltname ?? "").split(", ").includes(`DNS:${peer}`)
          ? undefined
          : checkServerIdentity(name, certificate),
      ...(isIP(name) === 0 && { servername: name }),
      ...(trust.certificates && (tlsOptions(trust) as object)),
    };
    return new Connection(options, new SecureAgent({ ...kept, ...identified }));
  }

  get url(): string {
    return this.options.url.href;
  }

  /** Of what the server says about itself: `/v2`, behind whatever stands before it. */
  get serverPath(): string {
    return this.modelPath.replace(/\/models\/[^/]+(\/versions\/[^/]+)?$/, "");
  }

  get modelPath(): string {
    return this.options.url.pathname;
  }

  /**
   * @param body parts, for a POST
   * @throws InputError `ERR_CONNECT`; RequestError where the answer is longer than `most`
   */
  async ask(path: string, most: number, signal: AbortSignal, body?: RequestBody): Promise<Reply> {
    for (let attempt = 0; ; attempt++) {
      const sent = this.start(path, signal, body);
      try {
        const [response] = (await once(sent, "response")) as [IncomingMessage];
        return {
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: await bodyOf(response, most),
        };
      } catch (error) {
        sent.destroy();
        if (error instanceof InputError) throw error;
        // A kept connection that the server has ended meanwhile: nothing of the request was heard.
        if (attempt === 0 && sent.reusedSocket && !signal.aborted) continue;
        throw new InputError("ERR_CONNECT", reasonOf(error as NodeJS.ErrnoException), { cause: error });
      }
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private start(path: string, signal: AbortSignal, body?: RequestBody): ClientRequest {
    const { url, trust } = this.options;
    const length = body?.parts.reduce((sum, part) => sum + part.length, 0);
    const options: RequestOptions = {
      agent: this.agent,
      signal,
      method: body ? "POST" : "GET",
      path,
      port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
      headers: {
        Host: url.host,
        ...(trust.token && { Authorization: `Bearer ${bearerOf(trust.token)}` }),
        ...(body && { "Content-Length": length, ...body.headers }),
      },
    };
    const sent = url.protocol === "https:" ? secureRequest(options) : plainRequest(options);
    sent.on("error", () => undefined);
    sent.cork();
    for (const part of body?.parts ?? []) sent.write(part);
    sent.end();
    return sent;
  }
}

const reasons: Record<string, string> = {
  ECONNREFUSED: "nobody listens there",
  ABORT_ERR: "no answer in time",
};

const reasonOf = ({ code = "", message }: NodeJS.ErrnoException): string =>
  Object.hasOwn(reasons, code) ? `${reasons[code]} (${code})` : message;
