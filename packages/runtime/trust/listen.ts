/** @file Listening for hosts that can say who they are. */
import { randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { createServer as createTls, type TLSSocket } from "node:tls";
import { InputError } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import { peerProblem } from "./certificate.ts";
import { handshakeMilliseconds } from "./connect.ts";
import { proofAt, readGreeting, writeGreeting, type Greeting, type Status } from "./greeting.ts";
import { datagramKeys, proofOf, provesToken, takeGreeting, type TrustedConnection } from "./handshake.ts";
import { addressOf } from "./loopback.ts";
import { acceptError, checkInsecure, listenError } from "./reasons.ts";
import { tlsOptions, type Trust } from "./spec.ts";
import { Waiting } from "./waiting.ts";

export interface ListenOptions {
  /** The hosts of the deployment that may connect; default: any that this host's trust lets in. */
  hosts?: readonly string[];
  /** Hears of each connection that was refused, with the reason in one line, for the log. */
  onRefused?: (reason: InputError, from: string) => void;
  /** Connections at once that have not said who they are; default 64. One more sends the oldest away. */
  mostWaiting?: number;
  /** Connections at once, whoever they are; default 1024. */
  most?: number;
  /** Default 5000. */
  handshakeMilliseconds?: number;
}

/** Closing it leaves open connections to their owners. */
export interface Listener extends AsyncDisposable {
  /** Where it listens: the port that the system chose, where 0 was asked for. */
  readonly address: Address;
  readonly counters: Readonly<{ accepted: number; refused: number; waiting: number }>;
}

/**
 * Listens until `signal` aborts or the listener is disposed.
 * @param onConnection gets every connection that proved to come from a host of the deployment
 * @throws InputError `ERR_CONNECT` (address in use, not this machine's), `ERR_TRUST_INSECURE`
 */
export async function listen(
  trust: Trust,
  address: Address,
  onConnection: (connection: TrustedConnection) => void,
  signal: AbortSignal,
  options: ListenOptions = {},
): Promise<Listener> {
  signal.throwIfAborted();
  const ip = await addressOf(address.host);
  checkInsecure(trust, ip, address);
  const counters = { accepted: 0, refused: 0 };
  const told = new WeakSet<Socket>();
  const refuse = (socket: Socket, from: string, reason: InputError): void => {
    if (told.has(socket)) return;
    told.add(socket);
    counters.refused++;
    options.onRefused?.(new InputError(reason.code, `${from}: ${reason.message}`, { cause: reason.cause }), from);
  };
  const waiting = new Waiting(
    options.mostWaiting ?? 64,
    options.handshakeMilliseconds ?? handshakeMilliseconds,
    (socket, reason) => refuse(socket, nameOf(socket), reason),
  );
  /** By where they come from: what TLS makes of a socket does not tell which it was. */
  const sockets = new Map<string, Socket>();

  const greeted = async (stream: Socket, socket: Socket): Promise<void> => {
    // An error is followed by `close`; without a listener it would end the process.
    stream.on("error", () => undefined);
    const from = nameOf(socket);
    let connection: TrustedConnection;
    try {
      connection = await answer(trust, stream, options.hosts);
    } catch (error) {
      // A peer that goes away in the middle makes calls fail that cannot otherwise.
      if (!(error instanceof InputError) && !stream.destroyed) throw error;
      refuse(socket, from, error instanceof InputError ? error : left(error));
      // What was said may still be on its way; the socket waits, for as long as any may.
      if (error instanceof Refusal) stream.resume().end();
      else stream.destroy();
      return;
    }
    if (!waiting.has(socket)) return;
    waiting.remove(socket);
    counters.accepted++;
    onConnection(connection);
  };
  const secure = createTls(serverOptions(trust), (stream) => {
    const socket = sockets.get(nameOf(stream));
    if (socket) void greeted(stream, socket);
    else stream.destroy();
  });
  secure.on("tlsClientError", (error, stream) => {
    const socket = sockets.get(nameOf(stream));
    if (socket && waiting.has(socket)) {
      waiting.remove(socket);
      refuse(socket, nameOf(socket), acceptError(trust, error));
    }
    stream.destroy();
  });
  const server = createServer({ noDelay: true }, (socket) => {
    const from = nameOf(socket);
    waiting.add(socket);
    socket.on("error", () => undefined);
    sockets.set(from, socket);
    socket.once("close", () => sockets.delete(from));
    if (trust.kind === "insecure") void greeted(socket, socket);
    else secure.emit("connection", socket);
  });
  server.maxConnections = options.most ?? 1024;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(address, error)));
    server.listen({ host: ip, port: address.port }, resolve);
  });
  const stop = (): void => {
    signal.removeEventListener("abort", stop);
    waiting.close();
    // Its `close` event waits for connections that others own; listening ends at once.
    server.close();
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  signal.throwIfAborted();
  const { port } = server.address() as { port: number };
  return {
    address: { host: address.host, port },
    get counters() {
      return { ...counters, waiting: waiting.size };
    },
    async [Symbol.asyncDispose]() {
      stop();
    },
  };
}

const left = (cause: unknown): InputError =>
  new InputError("ERR_TRUST_PEER", "left in the middle of the handshake", { cause });

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress}:${remotePort}`;

function serverOptions(trust: Trust): object {
  const { token } = trust;
  return {
    ...tlsOptions(trust),
    // Looked at in `answer`, so that it can be said what is wrong.
    ...(trust.kind === "certificates" && { requestCert: true, rejectUnauthorized: false }),
    ...(token && { pskCallback: () => token.export() }),
    handshakeTimeout: 2 * handshakeMilliseconds,
  };
}

/** What is told to the other side before the connection ends. */
class Refusal extends InputError {}

/** Reads who it is, and says who this is. */
async function answer(trust: Trust, stream: Socket, hosts?: readonly string[]): Promise<TrustedConnection> {
  const bytes = await takeGreeting(stream);
  const { kind, from, to, nonce: theirs } = readGreeting(bytes);
  const nonce = randomBytes(32);
  const proof = new Uint8Array(32);
  const say = (said: Partial<Greeting>): void => {
    const whole = { kind: trust.kind, status: "welcome", nonce, proof, from: "", to: "", ...said } as const;
    const greeting = writeGreeting(whole);
    greeting.set(proofOf(trust, "server", stream, greeting), proofAt);
    stream.write(greeting);
  };
  const refuse = (
    status: Exclude<Status, "welcome">,
    ...[code, text]: ConstructorParameters<typeof InputError>
  ): never => {
    say({ status });
    throw new Refusal(code, text);
  };
  if (kind !== trust.kind) refuse("other-kind", "ERR_TRUST_KIND", `trusts by ${kind}, this host by ${trust.kind}`);
  if (!provesToken(trust, "client", stream, bytes)) refuse("wrong-token", "ERR_TRUST_TOKEN", "does not know the token");
  if (trust.kind === "certificates") {
    const problem = peerProblem(stream as TLSSocket, from);
    if (problem) refuse(problem.status as Exclude<Status, "welcome">, problem.code, problem.text);
  }
  if (to !== trust.host) refuse("other-host", "ERR_TRUST_HOST", `looks for ${to}, this is ${trust.host}`);
  if (from === "" || from === trust.host || (hosts && !hosts.includes(from)))
    refuse(
      "unknown-host",
      "ERR_TRUST_HOST",
      `says that it is ${from || "nobody"}, which is no other host of the deployment`,
    );
  say({ from: trust.host, to: from });
  const remote = { host: stream.remoteAddress ?? "", port: stream.remotePort ?? 0 };
  return { peer: from, stream, remote, datagrams: datagramKeys("server", stream, [theirs, nonce]) };
}
