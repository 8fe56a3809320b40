/** @file An entry as bytes: what is kept, with what shows that it is whole and that it is the one that was asked for. */
import { createHash } from "node:crypto";

/** `sei` and the entry's format. */
const magic = Buffer.from("sei\u0002");
const digestBytes = 32;
export const headerBytes = magic.length + digestBytes;

/** `magic`, SHA-256 of key and value, value. */
export function packEntry(key: string, value: Uint8Array): Uint8Array {
  return Buffer.concat([magic, digestOf(key, value), value]);
}

/** The value; undefined where a single bit is another, or it is the entry of another key. */
export function unpackEntry(key: string, entry: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  if (bytes.length < headerBytes || !bytes.subarray(0, magic.length).equals(magic)) return undefined;
  const value = bytes.subarray(headerBytes);
  return digestOf(key, value).equals(bytes.subarray(magic.length, headerBytes)) ? value : undefined;
}

function digestOf(key: string, value: Uint8Array): Buffer {
  return createHash("sha256").update(key).update("\0").update(value).digest();
}
