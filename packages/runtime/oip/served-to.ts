/** @file To whom models are served: what all servers of the protocol are told, and whom they let in. */
import type { AddressInfo, Server } from "node:net";
import type { TLSSocket } from "node:tls";
import { InputError } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import { isLoopback } from "../trust/loopback.ts";
import { listenError } from "../trust/reasons.ts";
import type { Trust } from "../trust/spec.ts";
import { showsBearer } from "./bearer.ts";
import { RequestError } from "./error.ts";
import type { ServedModel } from "./model.ts";

export interface OipOptions {
  models: readonly ServedModel[];
  /** Of the program. */
  version: string;
  /** Certificates: TLS, and clients show one of the same authority. A token: clients show `bearerOf` it. */
  trust: Trust;
  /** Without TLS on other addresses than loopback. */
  anywhere?: boolean | undefined;
}

export interface OipServer extends AsyncDisposable {
  /** `http://127.0.0.1:8000`, the port that the system chose where 0 was asked for. */
  readonly url: string;
}

/**
 * @param ip that the address means
 * @param allowed with TLS, or in so many words
 * @throws InputError `ERR_TRUST_INSECURE` without, on another address than loopback
 */
export function checkPlain({ host, port }: Address, ip: string, allowed: boolean, what: string): void {
  if (allowed || isLoopback(ip)) return;
  throw new InputError(
    "ERR_TRUST_INSECURE",
    `${host}:${port}: refused without certificates (--keys), since ${what} can be read on the way and this is not this machine's loopback; allow it in so many words with --anywhere`,
  );
}

/**
 * Listens, and says where: `127.0.0.1:8000`, the port that the system chose where 0 was asked for.
 * @throws InputError `ERR_CONNECT` where it cannot
 */
export async function listening(server: Server, address: Address, ip: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(address, error)));
    server.listen({ host: ip, port: address.port }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${port}`;
}

/** @throws RequestError 401 */
export function allowedBy({ kind, token }: Trust, socket: TLSSocket, authorization: string | undefined): void {
  if (kind === "certificates" && !socket.authorized)
    throw new RequestError(401, "expected a client certificate of the deployment's authority (`sei keys` makes one)");
  if (token && !showsBearer(token, authorization))
    throw new RequestError(401, "expected `Authorization: Bearer` with what is made of the deployment's token");
}
