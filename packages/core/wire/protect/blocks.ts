/**
 * @file A message in interleaved blocks, each with parity of its own. Packet i of the message belongs to block i modulo their
 * number, so that a run of losses is shared by all blocks; parity follows behind the message, in the same turns.
 */
import type { PacketPlan } from "./protection.ts";
import type { Layout } from "./failure.ts";
import { parityOf, recovered } from "./cauchy.ts";
import { distinct, fullRanges, joinedRanges, rangeOf } from "./ranges.ts";

/** @param layoutOf by the number of packets that the message takes; a block has at most 255 packets */
export function planInBlocks(bytes: number, payload: number, layoutOf: (packets: number) => Layout): PacketPlan {
  const ranges = fullRanges(bytes, payload);
  const { count } = ranges;
  const { blocks, parity } = layoutOf(count);
  const sizeOf = (index: number): number => {
    const [from, to] = rangeOf(ranges, index);
    return to - from;
  };
  /** The first packet of a block is its longest: only the last of the message is shorter. */
  const sizes = Uint32Array.from({ length: count + blocks * parity }, (_, i) =>
    sizeOf(i < count ? i : (i - count) % blocks),
  );
  const blockOf = (index: number): number => (index < count ? index : index - count) % blocks;
  /** Of a block: its packets of the message, and those of its parity. */
  const dataOf = (block: number): number[] => everyFrom(block, count, blocks);
  const parityFrom = (block: number): number[] => everyFrom(count + block, sizes.length, blocks);

  return {
    sizes,
    repair(missing) {
      const gone = distinct(missing, sizes.length);
      const lost = new Uint32Array(blocks);
      for (const index of gone) lost[blockOf(index)]!++;
      return joinedRanges(
        ranges,
        gone.filter((index) => index < count && lost[blockOf(index)]! > parity),
      );
    },
    watch() {
      const needed = Uint32Array.from({ length: blocks }, (_, block) => Math.ceil((count - block) / blocks));
      const come = new Uint8Array(sizes.length);
      let open = blocks;
      return {
        needed: (upTo) => {
          const short = needed.slice();
          for (let i = upTo + 1; i < sizes.length; i++) {
            const block = blockOf(i);
            if (come[i] === 0 && short[block]! > 0) short[block]!--;
          }
          return Array.from(come.subarray(0, Math.min(count, upTo + 1)).keys()).filter((i) => {
            if (come[i] === 1 || short[blockOf(i)] === 0) return false;
            short[blockOf(i)]!--;
            return true;
          });
        },
        add: (index) => {
          const block = blockOf(index);
          come[index] = 1;
          if (needed[block]! > 0 && --needed[block]! === 0) open--;
          return open === 0;
        },
      };
    },
    pack({ bytes: whole }) {
      const packets = Array.from({ length: count }, (_, i): Uint8Array => whole.subarray(...rangeOf(ranges, i)));
      for (let block = 0; block < blocks; block++) {
        const data = dataOf(block).map((index) => packets[index]!);
        const made = parityOf(data, parity, sizes[block]!);
        parityFrom(block).forEach((index, row) => (packets[index] = made[row]!));
      }
      return packets;
    },
    unpack(packets) {
      const whole = new Uint8Array(bytes);
      const fitting = (index: number): Uint8Array | undefined => {
        const packet = packets.get(index);
        return packet?.length === sizes[index] ? packet : undefined;
      };
      const missing: number[] = [];
      for (let block = 0; block < blocks; block++) {
        const indices = dataOf(block);
        const data = indices.map(fitting);
        data.forEach((packet, j) => packet && whole.set(packet, rangeOf(ranges, indices[j]!)[0]));
        const gone = indices.filter((_, j) => data[j] === undefined);
        if (gone.length === 0) continue;
        const spare = new Map(
          parityFrom(block).flatMap((index, row) => {
            const packet = fitting(index);
            return packet ? [[row, packet] as const] : [];
          }),
        );
        if (spare.size < gone.length) {
          missing.push(...gone);
          continue;
        }
        for (const [j, shard] of recovered(data, spare, sizes[block]!)) {
          const [from, to] = rangeOf(ranges, indices[j]!);
          whole.set(shard.subarray(0, to - from), from);
        }
      }
      return {
        bytes: whole,
        missing: joinedRanges(
          ranges,
          missing.sort((a, b) => a - b),
        ),
      };
    },
  };
}

function everyFrom(first: number, end: number, step: number): number[] {
  return Array.from({ length: Math.max(0, Math.ceil((end - first) / step)) }, (_, i) => first + i * step);
}
