/** @file What a link that loses datagrams leaves of one message. */
import type { Random } from "../random/index.ts";
import { packetPlan, type ByteRange, type ProtectionSpec } from "../wire/index.ts";
import { createLoss } from "./loss.ts";

/**
 * What one message takes with its protection, and what of it is missing behind a link that loses datagrams.
 * @param payload most bytes of the message in a datagram
 * @param rate share of datagrams lost; `burst` of them in a row in the mean
 */
export function lostOf(
  { bytes, payload, protection }: { bytes: number; payload: number; protection: ProtectionSpec },
  { rate, burst }: { rate: number; burst: number },
  random: Random,
): { sent: number; missing: readonly ByteRange[] } {
  const plan = packetPlan(protection, bytes, payload);
  const link = createLoss({ rate, burst }, random);
  // What went before was lost in runs too: a message may begin within one.
  for (let before = 0; before < 32 * burst; before++) link?.drops(0);
  return {
    sent: plan.sizes.reduce((sum, size) => sum + size, 0),
    missing: plan.repair([...plan.sizes.keys()].filter(() => link?.drops(0))),
  };
}
