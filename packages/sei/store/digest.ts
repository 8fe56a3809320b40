/** @file Digests of plain data, typed arrays included: what keys of kept results are made of. */
import { createHash } from "node:crypto";

/**
 * SHA-256 of a value, as 32 hex digits. Two values have the same digest only if they are alike: numbers that JSON does not
 * know, typed arrays (their kind and bytes), maps, sets and big integers all count. The order of an object's keys counts too.
 */
export function digest(value: unknown): string {
  return hexOf(JSON.stringify(value, standIn)).slice(0, 32);
}

/** What JSON writes for a value that it does not know. */
function standIn(this: unknown, key: string, written: unknown): unknown {
  // Before `toJSON`, which turns a Buffer into a list.
  const value = (this as Record<string, unknown>)[key];
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return { [`#${value.constructor.name}`]: hexOf(bytes) };
  }
  if (value instanceof Map) return { "#Map": [...value] };
  if (value instanceof Set) return { "#Set": [...value] };
  if (typeof value === "bigint") return { "#bigint": String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { "#number": `${1 / value > 0 ? "" : "-"}${String(value)}` };
  if (value === undefined && Array.isArray(this)) return { "#undefined": "" };
  return written;
}

function hexOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
