/** @file As little parity as keeps messages whole with a wanted probability, by how a link loses packets. */
import { planInBlocks } from "./blocks.ts";
import { MOST_SHARDS } from "./cauchy.ts";
import { failureProbability, type Layout, type PacketLoss } from "./failure.ts";
import type { ProtectionRow } from "./protection.ts";

export interface AutoSpec {
  kind: "auto";
  /** Share of messages that may not be whole. Default 0.001. */
  failure?: number;
  /** Share of packets that are lost, and the mean length of a run of losses. */
  rate: number;
  burst: number;
}

/** One frame in a thousand with a hole is seldom felt. */
const USUAL_FAILURE = 0.001;
/** Parity packets at most, per packet of the message and of short messages: more would be sent into a link that is down. */
const MOST_PER_PACKET = 2;
const MOST_OF_SHORT = 16;

/**
 * The least parity in a block, in as few blocks as the code allows, with which a message is not whole with a probability of
 * `wanted` at most; the most that may be where no less does.
 * @param packets of the message
 * @param most parity packets in a block of so many packets of the message
 */
export function leastParity(
  packets: number,
  loss: PacketLoss,
  wanted: number,
  most: (data: number) => number = (data) => Math.max(MOST_OF_SHORT, MOST_PER_PACKET * data),
): Layout {
  for (let blocks = 1; ; blocks++) {
    const data = Math.ceil(packets / blocks);
    const limit = most(data);
    const room = Math.min(limit, MOST_SHARDS - data);
    if (room < 0) continue;
    const enough = (parity: number): boolean => failureProbability(packets, { blocks, parity }, loss) <= wanted;
    // More blocks only where the code, and not the limit, is what stands against more parity.
    if (!enough(room)) {
      if (room < limit) continue;
      return { blocks, parity: limit };
    }
    let [low, high] = [0, room];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (enough(middle)) high = middle;
      else low = middle + 1;
    }
    return { blocks, parity: low };
  }
}

/** Layouts that were found, by what they were found for: designs ask for the same again and again. */
const found = new Map<string, Layout>();
const MOST_FOUND = 10_000;

function layoutOf({ failure = USUAL_FAILURE, rate, burst }: AutoSpec, packets: number): Layout {
  const key = [failure, rate, burst, packets].join();
  let layout = found.get(key);
  if (layout === undefined) {
    if (found.size >= MOST_FOUND) found.clear();
    found.set(key, (layout = leastParity(packets, { rate, burst }, failure)));
  }
  return layout;
}

export const auto: ProtectionRow<AutoSpec> = {
  means: "as little parity as keeps messages whole with a wanted probability over the link",
  fields: {
    failure: { min: 0, above: true, max: 1, default: USUAL_FAILURE, means: "share of messages that may not be whole" },
    rate: { min: 0, max: 1, ofLink: "rate", means: "share of packets that are lost" },
    burst: { min: 1, ofLink: "burst", means: "mean length of a run of losses, in packets" },
  },
  layout: layoutOf,
  plan: (spec, bytes, payload) => planInBlocks(bytes, payload, (packets) => layoutOf(spec, packets)),
};
