/** @file Every packet several times: the whole message again behind itself. */
import { planInBlocks } from "./blocks.ts";
import type { Layout } from "./failure.ts";
import type { ProtectionRow } from "./protection.ts";

export interface RepeatSpec {
  kind: "repeat";
  /** How often each goes, the first included. */
  times: number;
}

/** Each packet is a block of its own: the parity of a single packet is that packet. */
const layout = ({ times }: RepeatSpec, packets: number): Layout => ({ blocks: packets, parity: times - 1 });

export const repeat: ProtectionRow<RepeatSpec> = {
  means: "the message's datagrams several times over",
  fields: { times: { whole: true, min: 2, max: 16, means: "how often each datagram goes, the first included" } },
  layout,
  plan: (spec, bytes, payload) => planInBlocks(bytes, payload, (packets) => layout(spec, packets)),
};
