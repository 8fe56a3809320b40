/** @file Opening an authenticated connection to a host. */
import { randomBytes } from "node:crypto";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { InputError } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import { peerProblem } from "./certificate.ts";
import { proofAt, readGreeting, writeGreeting } from "./greeting.ts";
import { datagramKeys, proofOf, provesToken, takeGreeting, type TrustedConnection } from "./handshake.ts";
import { addressOf } from "./loopback.ts";
import { checkInsecure, connectError, refusalError } from "./reasons.ts";
import { tlsOptions, tokenIdentity, type Trust } from "./spec.ts";

/** After which a handshake that is not done is given up: two round trips and a few signatures. */
export const handshakeMilliseconds = 5000;

/**
 * Connects to a host and sees that it is the one.
 * @param peerHost its name in the deployment
 * @param signal ends the attempt; an open connection is its owner's
 * @throws InputError `ERR_CONNECT` (not reached, or no end within 5 s) or one of `ERR_TRUST_*`, in one line
 */
export async function connect(
  trust: Trust,
  address: Address,
  peerHost: string,
  signal: AbortSignal,
): Promise<TrustedConnection> {
  signal.throwIfAborted();
  const where = `${peerHost} at ${address.host}:${address.port}`;
  const ip = await addressOf(address.host);
  checkInsecure(trust, ip, address);
  const to = { host: ip, port: address.port, noDelay: true };
  const stream = trust.kind === "insecure" ? connectPlain(to) : connectTls({ ...to, ...clientOptions(trust) });
  const ended = new AbortController();
  const stop = (): void => ended.abort(signal.reason);
  signal.addEventListener("abort", stop);
  const timer = setTimeout(
    () => ended.abort(new InputError("ERR_CONNECT", `${where}: no end of the handshake within 5 s`)),
    handshakeMilliseconds,
  );
  ended.signal.addEventListener("abort", () => stream.destroy());
  // For good: an error is followed by `close`, which the owner hears; without a listener it would end the process.
  let error: unknown;
  stream.on("error", (what) => (error ??= what));
  try {
    await ready(stream, trust.kind === "insecure" ? "connect" : "secureConnect");
    return await greet(trust, stream, peerHost, where);
  } catch (caught) {
    stream.destroy();
    if (ended.signal.aborted) throw ended.signal.reason;
    if (caught instanceof InputError && error === undefined && caught.message.startsWith(where)) throw caught;
    throw connectError(trust, where, error ?? caught);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function clientOptions(trust: Trust): object {
  const { token } = trust;
  return {
    ...tlsOptions(trust),
    // Looked at below, so that it can be said what is wrong; nothing is sent before.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(token && { ca: [], pskCallback: () => ({ identity: tokenIdentity, psk: token.export() }) }),
  };
}

function ready(stream: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once(event, resolve);
    stream.once("close", () => reject(new InputError("ERR_TRUST_PEER", "closed")));
  });
}

async function greet(trust: Trust, stream: Socket, peerHost: string, where: string): Promise<TrustedConnection> {
  if (trust.kind === "certificates") {
    const problem = peerProblem(stream as TLSSocket, peerHost);
    if (problem) throw new InputError(problem.code, `${where}: ${problem.text}`);
  }
  if (trust.kind === "token" && (stream as TLSSocket).getPeerX509Certificate() !== undefined)
    throw new InputError("ERR_TRUST_KIND", `${where}: shows a certificate; this host expects one that knows its token`);
  const nonce = randomBytes(32);
  const proof = new Uint8Array(32);
  const greeting = writeGreeting({ kind: trust.kind, status: "welcome", nonce, proof, from: trust.host, to: peerHost });
  greeting.set(proofOf(trust, "client", stream, greeting), proofAt);
  stream.write(greeting);
  const bytes = await takeGreeting(stream);
  const answer = readGreeting(bytes);
  if (answer.status !== "welcome") throw refusalError(trust, answer.status, peerHost, where);
  if (answer.kind !== trust.kind || !provesToken(trust, "server", stream, bytes))
    throw new InputError("ERR_TRUST_TOKEN", `${where}: does not prove that it knows the token`);
  if (answer.from !== peerHost || answer.to !== trust.host)
    throw new InputError("ERR_TRUST_HOST", `${where}: says that it is ${answer.from}`);
  const datagrams = datagramKeys("client", stream, [nonce, answer.nonce]);
  const remote = { host: stream.remoteAddress ?? "", port: stream.remotePort ?? 0 };
  return { peer: peerHost, stream, remote, datagrams };
}
