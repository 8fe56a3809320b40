/** @file A request to somebody else's server, whose answer says no more than whether it was taken. */
import { reasonOf } from "../files/index.ts";

/** A server that says nothing for so long takes nothing. */
export const postMilliseconds = 5000;
/** Bytes of an answer that are read, so that its connection can be used again. */
const mostAnswer = 2 ** 16;

/**
 * @param signal ends it early; without one it ends after {@link postMilliseconds}
 * @returns why it was not taken; undefined: it was
 */
export async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal = AbortSignal.timeout(postMilliseconds),
): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { method: "POST", headers, body, signal });
    let read = 0;
    for await (const chunk of answer.body ?? []) if ((read += (chunk as Uint8Array).length) > mostAnswer) break;
    return answer.ok ? undefined : `HTTP ${answer.status}`;
  } catch (error) {
    return reasonOf((error as Error).cause ?? error);
  }
}
