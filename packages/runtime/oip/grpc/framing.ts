/** @file The five bytes before a message: whether it is compressed, and how long it is. */
import type { Readable } from "node:stream";
import { InputError } from "@split-et-impera/core/errors";
import { RequestError } from "../error.ts";

const prefix = 5;

export function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(prefix + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, prefix);
  return bytes;
}

/**
 * The one message of a call.
 * @throws RequestError 413 before more than `most` bytes are kept; 400 where it is not one whole message, not compressed
 */
export async function unframed(stream: Readable, most: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  const body = await new Promise<Buffer>((resolve, reject) => {
    stream.on("data", (part: Buffer) => {
      length += part.length;
      if (length <= most + prefix) parts.push(part);
      else {
        parts.length = 0;
        stream.pause();
        reject(new RequestError(413, `expected at most ${most} bytes`));
      }
    });
    stream.on("end", () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    const left = (): void => reject(new InputError("ERR_CONNECT", "the call ended before its message did"));
    stream.on("error", left).on("aborted", left).on("close", left);
  });
  if (body.length < prefix || body.length !== prefix + body.readUInt32BE(1))
    throw new RequestError(400, `expected one whole message, got ${body.length} bytes`);
  if (body[0] !== 0) throw new RequestError(501, "expected a message that is not compressed");
  return body.subarray(prefix);
}
