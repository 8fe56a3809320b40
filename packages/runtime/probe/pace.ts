/** @file Sending datagrams at equal distances. */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicNs } from "../messages/index.ts";

/**
 * TCP acknowledges what was said before a train within 40 ms (`TCP_DELACK_MIN` of Linux): on a slow link that would take the time
 * of a datagram.
 */
const quietMilliseconds = 50;

/**
 * Calls `send` for 0 to `count` - 1, `gapNs` apart (0: as fast as the system takes them) or, where that is less than a timer's
 * millisecond, all that are due at each of those: a queue that is full does not notice, and a busy machine has its rest.
 * @returns ns from the first call to the last
 */
export async function paced(
  count: number,
  gapNs: number,
  send: (index: number) => void,
  signal: AbortSignal,
): Promise<number> {
  await sleep(quietMilliseconds);
  signal.throwIfAborted();
  const start = monotonicNs();
  let last = start;
  for (let i = 0; i < count; i++) {
    for (let left; (left = start + i * gapNs - monotonicNs()) > 0;) {
      await sleep(Math.min(1000, left / 1e6));
      signal.throwIfAborted();
    }
    last = monotonicNs();
    send(i);
  }
  return last - start;
}
