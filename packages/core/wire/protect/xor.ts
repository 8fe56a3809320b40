/** @file One parity for a group of packets: any one of a group may be lost. */
import { planInBlocks } from "./blocks.ts";
import type { Layout } from "./failure.ts";
import type { ProtectionRow } from "./protection.ts";

export interface XorSpec {
  kind: "xor";
  /** Packets of the message in a group at most. */
  group: number;
}

const layout = ({ group }: XorSpec, packets: number): Layout => ({ blocks: Math.ceil(packets / group), parity: 1 });

export const xor: ProtectionRow<XorSpec> = {
  means: "a parity datagram for each group of datagrams, of which any one may be lost",
  fields: { group: { whole: true, min: 1, max: 254, means: "datagrams of the message in a group at most" } },
  layout,
  plan: (spec, bytes, payload) => planInBlocks(bytes, payload, (packets) => layout(spec, packets)),
};
