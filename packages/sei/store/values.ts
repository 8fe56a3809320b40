/** @file Values as bytes: maps, typed arrays and shared references survive. */
import { deserialize, serialize } from "node:v8";

/** Of the form of all values; raised where it changes. */
const form = 1;

export function encodeValue(value: unknown): Uint8Array {
  return Buffer.concat([Uint8Array.of(form), serialize(value)]);
}

/** Undefined where the bytes are of another form, or of a newer Node. */
export function decodeValue(bytes: Uint8Array): { value: unknown } | undefined {
  if (bytes[0] !== form) return undefined;
  try {
    return { value: deserialize(bytes.subarray(1)) };
  } catch {
    return undefined;
  }
}
