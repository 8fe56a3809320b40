/** @file Every packet several times: the whole message again behind itself. */
import { planInBlocks } from "./blocks.ts";
import type { ProtectionRow } from "./protection.ts";

export interface RepeatSpec {
  kind: "repeat";
  /** How often each goes, the first included. */
  times: number;
}

export const repeat: ProtectionRow<RepeatSpec> = {
  means: "the message's datagrams several times over",
  fields: { times: { whole: true, min: 2, max: 16, means: "how often each datagram goes, the first included" } },
  name: ({ times }) => `repeat ${times}`,
  // The parity of a single packet is that packet.
  plan: ({ times }, bytes, payload) =>
    planInBlocks(bytes, payload, (packets) => ({ blocks: packets, parity: times - 1 })),
};
