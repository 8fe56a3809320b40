/** @file What went wrong between two hosts, in one line each. */
import { InputError, type ErrorCode } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import type { Status } from "./greeting.ts";
import { isLoopback } from "./loopback.ts";
import type { Trust } from "./spec.ts";

/** @throws InputError `ERR_TRUST_INSECURE` where something would leave this machine unprotected and nobody asked for that */
export function checkInsecure({ kind, anywhere }: Trust, ip: string, { host, port }: Address): void {
  if (kind !== "insecure" || anywhere || isLoopback(ip)) return;
  throw new InputError(
    "ERR_TRUST_INSECURE",
    `${host}:${port}: refused without certificates or a token, since it is not this machine's loopback; ` +
      "`sei keys` makes them, or allow it in so many words with --insecure --anywhere",
  );
}

/** How the kinds are called in messages. */
const kinds = { insecure: "nothing (insecure)", token: "a token", certificates: "certificates" } as const;

const refusals: Record<Exclude<Status, "welcome">, [ErrorCode, (me: string, peer: string) => string]> = {
  "other-kind": ["ERR_TRUST_KIND", () => "asks for another kind of trust"],
  "other-host": ["ERR_TRUST_HOST", (_, peer) => `is not ${peer}`],
  "unknown-host": ["ERR_TRUST_HOST", (me) => `refuses ${me}: it is no host of its deployment`],
  "no-certificate": ["ERR_TRUST_KIND", () => "refuses this host: it shows no certificate"],
  expired: ["ERR_TRUST_EXPIRED", (me) => `refuses the certificate of ${me}: out of date by its clock`],
  "not-yet-valid": ["ERR_TRUST_NOT_YET", (me) => `refuses the certificate of ${me}: not yet valid by its clock`],
  "unknown-authority": ["ERR_TRUST_AUTHORITY", (me) => `refuses the certificate of ${me}: of another authority`],
  "other-name": ["ERR_TRUST_HOST", (me) => `refuses the certificate: it is not of ${me}`],
  "wrong-token": ["ERR_TRUST_TOKEN", () => "refuses this host: its token is another one"],
};

/** What the listening side's refusal means to the host that it refused. */
export function refusalError(
  trust: Trust,
  status: Exclude<Status, "welcome">,
  peer: string,
  where: string,
): InputError {
  const [code, text] = refusals[status];
  return new InputError(code, `${where} ${text(trust.host, peer)}`);
}

const unreachable: Record<string, string> = {
  ECONNREFUSED: "nobody listens there",
  EHOSTUNREACH: "no way leads there",
  ENETUNREACH: "no way leads there",
  ETIMEDOUT: "no answer",
  EADDRNOTAVAIL: "is no address of this machine",
  EADDRINUSE: "is in use by another program",
  EACCES: "is not allowed to this user",
};

/** Why a connection did not come about, for the host that wanted it. */
export function connectError(trust: Trust, where: string, error: unknown): InputError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const make = (kind: ErrorCode, text: string): InputError =>
    new InputError(kind, `${where}: ${text}`, { cause: error });
  if (Object.hasOwn(unreachable, code)) return make("ERR_CONNECT", `${unreachable[code]} (${code})`);
  if (/ALERT_DECRYPT_ERROR|ALERT_ILLEGAL_PARAMETER/.test(code) && trust.kind === "token")
    return make("ERR_TRUST_TOKEN", "its token is another one");
  if (/HANDSHAKE_FAILURE/.test(code))
    return make("ERR_TRUST_KIND", `does not trust by ${kinds[trust.kind]}, as this host does`);
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) return make("ERR_TRUST_KIND", "does not speak TLS 1.3");
  const plain = /WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/.test(code) || /before secure TLS/.test(message);
  if (plain && trust.kind !== "insecure")
    return make("ERR_TRUST_KIND", `speaks no TLS, while this host trusts by ${kinds[trust.kind]}`);
  if (code === "ECONNRESET" || (code === "ERR_TRUST_PEER" && /ended|closed/.test(message)))
    return make("ERR_TRUST_PEER", "ended the connection before it had said who it is; its log says why");
  if (error instanceof InputError) return make(error.code, error.message);
  return make("ERR_TRUST_PEER", `the handshake failed (${code || message})`);
}

/** Why a listening host refused a connection, from TLS's own error. */
export function acceptError(trust: Trust, error: NodeJS.ErrnoException): InputError {
  const { code = "", message } = error;
  if (/BINDER_DOES_NOT_VERIFY/.test(code)) return new InputError("ERR_TRUST_TOKEN", "its token is another one");
  if (/NO_SUITABLE_SIGNATURE|NO_SHARED|NO_PSK/.test(code))
    return new InputError("ERR_TRUST_KIND", `does not trust by ${kinds[trust.kind]}, as this host does`);
  if (/WRONG_VERSION|HTTP_REQUEST|PACKET_LENGTH|UNEXPECTED_MESSAGE|BAD_RECORD|HTTPS_PROXY/.test(code))
    return new InputError("ERR_TRUST_KIND", "speaks no TLS on a port that does");
  if (/UNSUPPORTED_PROTOCOL/.test(code)) return new InputError("ERR_TRUST_KIND", "does not speak TLS 1.3");
  if (code === "ECONNRESET") return new InputError("ERR_TRUST_PEER", "left before the handshake was done");
  return new InputError("ERR_TRUST_PEER", `the handshake failed (${code || message})`, { cause: error });
}

/** @returns `ERR_CONNECT` for an address at which a host cannot listen */
export function listenError({ host, port }: Address, error: unknown): InputError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const text = Object.hasOwn(unreachable, code)
    ? `${unreachable[code]} (${code})`
    : `cannot listen (${code || message})`;
  return new InputError("ERR_CONNECT", `${host}:${port}: ${text}`, { cause: error });
}
