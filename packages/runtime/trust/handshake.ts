/** @file What both sides of a greeting share: proofs, keys for datagrams, and reading it off a stream. */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { InputError } from "@split-et-impera/core/errors";
import { beginsGreeting, greetingBytes, proofAt } from "./greeting.ts";
import type { Trust } from "./spec.ts";

/** 32 bytes for each direction, for `sealer` and `opener`; the other side's are the same, swapped. */
export interface DatagramKeys {
  send: Uint8Array;
  receive: Uint8Array;
  /** False where the connection is insecure: then the keys are no secrets, and datagrams are not sealed. */
  sealed: boolean;
}

/** An authenticated connection. */
export interface TrustedConnection {
  /** The other host's name: proved (certificates), of somebody who knows the token, or only claimed (insecure). */
  peer: string;
  /** A TCP socket with TCP_NODELAY, or the TLS socket over it. Paused; nothing of it was read beyond the greeting. Its errors are also its `close`. Whoever got it ends it. */
  stream: Socket;
  /** `10.0.0.2:7000`: where the other side is. */
  remote: { host: string; port: number };
  datagrams: DatagramKeys;
}

export type Side = "client" | "server";

/** Bytes that only the two ends of a TLS connection know. */
const exported = (stream: TLSSocket, length: number, label: string): Buffer =>
  stream.exportKeyingMaterial(length, `EXPERIMENTAL-sei-${label}`, Buffer.alloc(0));

/**
 * HMAC-SHA256 of a greeting under the token, bound to this very TLS connection: whoever stands between two connections
 * cannot pass it on. TLS proved the token already; this does not rest on how its library reports that.
 */
export function proofOf({ token }: Trust, side: Side, stream: Duplex, greeting: Uint8Array): Uint8Array {
  if (token === undefined || !(stream instanceof TLSSocket)) return new Uint8Array(32);
  const text = Buffer.from(greeting);
  text.fill(0, proofAt, proofAt + 32);
  return createHmac("sha256", token)
    .update(`${side}\n`)
    .update(exported(stream, 32, "token"))
    .update(text)
    .digest();
}

/** Whether a greeting's proof is right; in kinds without a token it is zeros. */
export const provesToken = (trust: Trust, side: Side, stream: Duplex, greeting: Uint8Array): boolean =>
  timingSafeEqual(proofOf(trust, side, stream, greeting), greeting.subarray(proofAt, proofAt + 32));

/** Keys of both directions: of the TLS connection where there is one (RFC 8446, 7.5), else of both nonces. */
export function datagramKeys(side: Side, stream: Duplex, nonces: readonly Uint8Array[]): DatagramKeys {
  const sealed = stream instanceof TLSSocket;
  const both = sealed
    ? exported(stream, 64, "datagrams")
    : Buffer.from(hkdfSync("sha256", Buffer.concat(nonces), "", "sei insecure datagrams", 64));
  // Copies: each is an object of its own, of which one sealer is made.
  const [client, server] = [Uint8Array.from(both.subarray(0, 32)), Uint8Array.from(both.subarray(32))];
  return side === "client" ? { send: client, receive: server, sealed } : { send: server, receive: client, sealed };
}

/**
 * Takes the 512 bytes of a greeting off a stream; what comes behind stays in it. Ends at the first byte that is of none.
 * @throws InputError `ERR_TRUST_KIND` (other bytes), `ERR_TRUST_PEER` (the stream ended before)
 */
export function takeGreeting(stream: Duplex): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let had = Buffer.alloc(0);
    const finish = (then: () => void): void => {
      stream.off("readable", onReadable).off("close", onClose).off("end", onClose);
      then();
    };
    const onReadable = (): void => {
      for (let chunk: Buffer | null; (chunk = stream.read() as Buffer | null) !== null;) {
        had = Buffer.concat([had, chunk]);
        if (!beginsGreeting(had)) {
          finish(() => reject(new InputError("ERR_TRUST_KIND", strangeStart(had))));
          return;
        }
        if (had.length >= greetingBytes) {
          const rest = had.subarray(greetingBytes);
          finish(() => resolve(had.subarray(0, greetingBytes)));
          if (rest.length > 0) stream.unshift(rest);
          return;
        }
      }
    };
    const onClose = (): void =>
      finish(() => reject(new InputError("ERR_TRUST_PEER", "ended the connection at the greeting")));
    stream.on("readable", onReadable).on("close", onClose).on("end", onClose);
    if (stream.destroyed || stream.readableEnded) onClose();
  });
}

/** The content types of TLS records, and their version. */
function strangeStart(bytes: Uint8Array): string {
  const tls = bytes[0]! >= 0x14 && bytes[0]! <= 0x17 && (bytes.length < 2 || bytes[1] === 3);
  return tls ? "speaks TLS where this host expects an insecure peer" : "does not speak this protocol";
}
