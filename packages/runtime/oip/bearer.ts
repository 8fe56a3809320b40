/** @file What a client shows in `Authorization` where hosts share a token. */
import { createHash, createHmac, timingSafeEqual, type KeyObject } from "node:crypto";

/**
 * HMAC-SHA256 of a fixed text under the token, in hexadecimal digits: HTTP may be read on the way. Who reads this
 * can ask the model as the client does, and is no host of the deployment by it: the token itself does not travel.
 */
export const bearerOf = (token: KeyObject): string =>
  createHmac("sha256", token).update("sei open inference protocol").digest("hex");

/** Whether a header is `Bearer` and the right word; takes as long whichever it is. */
export function showsBearer(token: KeyObject, header: string | undefined): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header?.replace(/^bearer +/i, "") ?? ""), digest(bearerOf(token)));
}
