/**
 * @file Sealed datagrams: ChaCha20-Poly1305 (RFC 8439) under a key per direction, with a window against replay.
 *
 * A datagram is `id (4 bytes) | packet number (8) | payload, encrypted | tag (16)`; id and number are authenticated. The
 * nonce is a secret start XOR the number, as in TLS 1.3 and QUIC, so that no nonce is used twice while numbers only rise.
 * ChaCha rather than AES: the same within a microsecond where the processor has AES instructions, and twice as fast where it
 * has none (many cameras); and no bound on the number of packets that a run could reach.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { internal } from "@split-et-impera/core/errors";
import { ReplayWindow } from "./replay.ts";

const headerBytes = 12;
const tagBytes = 16;
/** Bytes that a sealed datagram has beyond its payload. */
export const sealedOverhead = headerBytes + tagBytes;
/** The same where nothing is sealed (insecure). */
export const plainOverhead = headerBytes;
const cipher = "chacha20-poly1305";

export interface Sealer {
  /** Of the direction: the first four bytes of each datagram, big-endian, by which a receiver finds the opener. */
  readonly id: number;
  readonly overhead: number;
  /** A new buffer: the payload under the next packet number. */
  seal(payload: Uint8Array): Uint8Array;
}

/** What became of datagrams. */
export interface OpenerCounters {
  opened: number;
  /** Too short, of another direction, or not authentic. */
  forged: number;
  /** With a packet number that was opened before, or more than 4096 behind the highest. */
  replayed: number;
}

export interface Opener {
  readonly id: number;
  readonly overhead: number;
  readonly counters: Readonly<OpenerCounters>;
  /** The payload; undefined where it does not authenticate, and nobody is to be answered. */
  open(datagram: Uint8Array): Uint8Array | undefined;
}

interface Secrets {
  key: KeyObject;
  start: Uint8Array;
  id: number;
}

function secretsOf(key: Uint8Array): Secrets {
  if (key.length !== 32) throw internal(`a datagram key of ${key.length} bytes`);
  const bytes = Buffer.from(hkdfSync("sha256", key, "", "sei datagrams 1", 48));
  return {
    key: createSecretKey(bytes.subarray(0, 32)),
    start: Uint8Array.from(bytes.subarray(32, 44)),
    id: bytes.readUInt32BE(44),
  };
}

function nonceOf(start: Uint8Array, header: Uint8Array): Uint8Array {
  const nonce = start.slice();
  for (let i = 4; i < 12; i++) nonce[i]! ^= header[i]!;
  return nonce;
}

/** Keys that have a sealer: with a second one, packet numbers, and so nonces, would be used twice. */
const sealing = new WeakSet<Uint8Array>();

/**
 * Seals datagrams of one direction.
 * @param key 32 bytes of {@link DatagramKeys}; one sealer each
 * @param sealed false where the connection is insecure: the same numbers and window, with no secrecy
 */
export function sealer(key: Uint8Array, sealed = true): Sealer {
  if (sealing.has(key)) throw internal("a second sealer of one key");
  sealing.add(key);
  const { key: secret, start, id } = secretsOf(key);
  let next = 0;
  const overhead = sealed ? sealedOverhead : plainOverhead;
  return {
    id,
    overhead,
    seal(payload) {
      const datagram = Buffer.allocUnsafe(payload.length + overhead);
      datagram.writeUInt32BE(id, 0);
      datagram.writeUInt32BE(Math.floor(next / 2 ** 32), 4);
      datagram.writeUInt32BE(next % 2 ** 32, 8);
      next++;
      if (!sealed) {
        datagram.set(payload, headerBytes);
        return datagram;
      }
      const header = datagram.subarray(0, headerBytes);
      const encrypt = createCipheriv(cipher, secret, nonceOf(start, header), { authTagLength: tagBytes });
      encrypt.setAAD(header, { plaintextLength: payload.length });
      datagram.set(encrypt.update(payload), headerBytes);
      encrypt.final();
      datagram.set(encrypt.getAuthTag(), headerBytes + payload.length);
      return datagram;
    },
  };
}

/** Opens datagrams of one direction: the counterpart of {@link sealer} under the same key. Never throws on what comes. */
export function opener(key: Uint8Array, sealed = true): Opener {
  const { key: secret, start, id } = secretsOf(key);
  const overhead = sealed ? sealedOverhead : plainOverhead;
  const window = new ReplayWindow();
  const counters: OpenerCounters = { opened: 0, forged: 0, replayed: 0 };
  const authentic = (datagram: Buffer): Uint8Array | undefined => {
    if (!sealed) return datagram.subarray(headerBytes);
    const header = datagram.subarray(0, headerBytes);
    const decrypt = createDecipheriv(cipher, secret, nonceOf(start, header), { authTagLength: tagBytes });
    decrypt.setAAD(header, { plaintextLength: datagram.length - overhead });
    decrypt.setAuthTag(datagram.subarray(-tagBytes));
    const payload = decrypt.update(datagram.subarray(headerBytes, -tagBytes));
    try {
      decrypt.final();
    } catch {
      return undefined;
    }
    return payload;
  };
  return {
    id,
    overhead,
    counters,
    open(bytes) {
      const datagram = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      if (datagram.length < overhead || datagram.readUInt32BE(0) !== id || datagram.readUInt32BE(4) >= 2 ** 21) {
        counters.forged++;
        return undefined;
      }
      const number = datagram.readUInt32BE(4) * 2 ** 32 + datagram.readUInt32BE(8);
      if (window.seen(number)) {
        counters.replayed++;
        return undefined;
      }
      const payload = authentic(datagram);
      if (payload === undefined) {
        counters.forged++;
        return undefined;
      }
      window.mark(number);
      counters.opened++;
      return payload;
    },
  };
}
