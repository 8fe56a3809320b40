/** @file The body of a request or an answer, no longer than it may be. */
import type { IncomingMessage } from "node:http";
import { InputError } from "@split-et-impera/core/errors";
import { RequestError } from "./error.ts";

/** @throws RequestError 413 before more than `most` bytes are kept; InputError `ERR_CONNECT` where it ends too early */
export async function bodyOf(request: IncomingMessage, most: number): Promise<Uint8Array> {
  const fail = (): RequestError => new RequestError(413, `expected at most ${most} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > most) throw fail();
  const parts: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    request.on("data", (part: Buffer) => {
      length += part.length;
      if (length <= most) parts.push(part);
      else {
        parts.length = 0;
        request.pause();
        reject(fail());
      }
    });
    request.on("end", () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    const left = (): void => reject(new InputError("ERR_CONNECT", "the connection ended before the body did"));
    request.on("error", left).on("close", left);
  });
}
