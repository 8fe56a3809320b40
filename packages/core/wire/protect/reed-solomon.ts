/** @file Reed-Solomon parity: of each block any packets, as many as the message has in it, give all of it. */
import { planInBlocks } from "./blocks.ts";
import { MOST_SHARDS } from "./cauchy.ts";
import type { Layout } from "./failure.ts";
import type { ProtectionRow } from "./protection.ts";

export interface ReedSolomonSpec {
  kind: "reed-solomon";
  /** Parity packets per packet of the message. */
  parity: number;
  /** Parity packets in a block at least. Default 1. */
  least?: number;
  /** Packets of the message in a block at most. Default: as many as fit. */
  block?: number;
}

const ONE = 1;

/** What rounding makes of a share leaves no further packet. */
const parityFor = (data: number, { parity, least = ONE }: ReedSolomonSpec): number =>
  Math.max(least, Math.ceil(parity * data - 1e-9));

/** As few blocks as the code allows. */
function layout(spec: ReedSolomonSpec, packets: number): Layout {
  const { block = MOST_SHARDS } = spec;
  let blocks = 1;
  for (;;) {
    const data = Math.ceil(packets / blocks);
    const parity = parityFor(data, spec);
    if (data <= block && data + parity <= MOST_SHARDS) return { blocks, parity };
    blocks++;
  }
}

export const reedSolomon: ProtectionRow<ReedSolomonSpec> = {
  means: "as many datagrams as the message takes, of those and of the parity, give all of it",
  fields: {
    parity: { min: 0, max: 254, means: "parity datagrams per datagram of the message, rounded up" },
    least: { whole: true, min: 0, max: 254, default: ONE, means: "parity datagrams in a block at least" },
    block: {
      whole: true,
      min: 1,
      max: MOST_SHARDS,
      unsaid: "as many as fit",
      means: "datagrams of the message in a block at most; with parity at most 255 fit",
    },
  },
  problem: (spec) => {
    const { parity, least = ONE } = spec;
    const most = parityFor(1, spec);
    if (1 + most > MOST_SHARDS) return `a code longer than ${MOST_SHARDS}: ${most} parity datagrams for one`;
    return parity === 0 && least === 0 ? "no parity at all, which is `none`" : undefined;
  },
  layout,
  plan: (spec, bytes, payload) => planInBlocks(bytes, payload, (packets) => layout(spec, packets)),
};
