/** @file How a host proves who it is, and whom it believes: read from files, checked before anything is opened. */
import { constants, createPrivateKey, createSecretKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { TlsOptions } from "node:tls";
import { InputError } from "@split-et-impera/core/errors";
import { certificateNames, dateProblem } from "./certificate.ts";
import { isHostName, type TrustKind } from "./greeting.ts";

/** Where what is needed lies. */
export type TrustSpec =
  /** TLS 1.3 with a certificate on both sides. `folder` holds `ca.crt`, `host.crt` and `host.key`, as `sei keys` writes them. */
  | { kind: "certificates"; folder: string }
  /** TLS 1.3 from a shared secret (an external PSK with ephemeral keys). `file` holds 64 hexadecimal digits. */
  | { kind: "token"; file: string }
  /** Nothing is proved or hidden; refused on other addresses than loopback unless `anywhere`. */
  | { kind: "insecure"; anywhere?: boolean };

/** What {@link trustFor} made of a spec; handed to `listen` and `connect`. */
export interface Trust {
  readonly kind: TrustKind;
  /** This host's name in the deployment. */
  readonly host: string;
  /** Insecure on addresses other than loopback. */
  readonly anywhere: boolean;
  /** The shared secret of kind `token`. */
  readonly token?: KeyObject;
  /** PEM of kind `certificates`. */
  readonly certificates?: { ca: Buffer; cert: Buffer; key: Buffer };
}

/** More than any certificate, key or token is. */
const mostFileBytes = 64 * 1024;

/**
 * Reads what a host needs to prove itself and to check others.
 * @param host this host's name in the deployment
 * @throws InputError `ERR_TRUST` (a file is missing or is not what it should be), `ERR_TRUST_EXPIRED`, `ERR_TRUST_NOT_YET`,
 *   `ERR_TRUST_AUTHORITY`, `ERR_TRUST_HOST` (of this host's own certificate)
 */
export async function trustFor(spec: TrustSpec, host: string): Promise<Trust> {
  if (!isHostName(host)) throw new InputError("ERR_TRUST", `expected the name of a host, got "${host.slice(0, 60)}"`);
  if (spec.kind === "insecure") return { kind: "insecure", host, anywhere: spec.anywhere === true };
  if (spec.kind === "token")
    return { kind: "token", host, anywhere: true, token: tokenOf(spec.file, await read(spec.file)) };
  return { kind: "certificates", host, anywhere: true, certificates: await certificatesOf(spec.folder, host) };
}

/**
 * Whose keys lie in a folder: the host that its certificate names first.
 * @throws InputError `ERR_TRUST`
 */
export async function certificateHost(folder: string): Promise<string> {
  const file = join(folder, "host.crt");
  const bytes = await read(file);
  const { subjectAltName = "" } = parsed(file, "a certificate", () => new X509Certificate(bytes));
  const name = /^DNS:([^,"]+)/.exec(subjectAltName)?.[1];
  if (name === undefined) throw new InputError("ERR_TRUST", `${file}: names no host; \`sei keys\` makes one that does`);
  return name;
}

async function read(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > mostFileBytes)
      throw new InputError("ERR_TRUST", `${file}: expected at most ${mostFileBytes} bytes, got ${size}`);
    return await readFile(file);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError("ERR_TRUST", `${file}: cannot be read (${code}); \`sei keys\` makes it`, { cause: error });
  }
}

function tokenOf(file: string, bytes: Buffer): KeyObject {
  const text = bytes.toString("latin1").trim();
  // Not a word that people choose: a recorded handshake could be tried against a list of those.
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw new InputError("ERR_TRUST", `${file}: expected a token, 64 hexadecimal digits as \`sei keys --token\` makes`);
  return createSecretKey(Buffer.from(text, "hex"));
}

async function certificatesOf(folder: string, host: string): Promise<NonNullable<Trust["certificates"]>> {
  const file = (name: string): string => join(folder, name);
  const [ca, cert, key] = [await read(file("ca.crt")), await read(file("host.crt")), await read(file("host.key"))];
  const authority = parsed(file("ca.crt"), "a certificate", () => new X509Certificate(ca));
  const own = parsed(file("host.crt"), "a certificate", () => new X509Certificate(cert));
  const secret = parsed(file("host.key"), "a private key", () => createPrivateKey(key));
  if (!own.checkPrivateKey(secret))
    throw new InputError("ERR_TRUST", `${file("host.key")}: is not the key of ${file("host.crt")}`);
  for (const [name, one] of [
    ["ca.crt", authority],
    ["host.crt", own],
  ] as const) {
    const problem = dateProblem(one);
    if (problem) throw new InputError(problem.code, `${file(name)}: ${problem.text}; \`sei keys\` makes a new one`);
  }
  if (!own.checkIssued(authority) || !own.verify(authority.publicKey))
    throw new InputError("ERR_TRUST_AUTHORITY", `${file("host.crt")}: was not issued by ${file("ca.crt")}`);
  if (!certificateNames(own, host))
    throw new InputError(
      "ERR_TRUST_HOST",
      `${file("host.crt")}: is of ${own.subjectAltName ?? "no host"}, expected DNS:${host}`,
    );
  return { ca, cert, key };
}

function parsed<T>(file: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InputError("ERR_TRUST", `${file}: expected ${what} as PEM`, { cause: error });
  }
}

/** The identity that goes with the token: not secret, the same for all. */
export const tokenIdentity = "sei";

/** What both ends' TLS has in common: version 1.3 alone, no resumption (a ticket would stand for a certificate not seen). */
export function tlsOptions({ certificates }: Trust): TlsOptions {
  return {
    ...certificates,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    ciphers: "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
