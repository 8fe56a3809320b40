/** @file No protection: packets are the message cut up in its own order; what is lost stays lost. */
import type { ProtectionRow } from "./protection.ts";
import { distinct, fullRanges, joinedRanges, rangeOf } from "./ranges.ts";

export interface NoneSpec {
  kind: "none";
}

export const none: ProtectionRow<NoneSpec> = {
  means: "nothing is added; what is lost stays lost",
  fields: {},
  layout: (_, packets) => ({ blocks: packets, parity: 0 }),
  plan(_, bytes, payload) {
    const ranges = fullRanges(bytes, payload);
    const { count } = ranges;
    return {
      sizes: Uint32Array.from({ length: count }, (__, i) => rangeOf(ranges, i)[1] - rangeOf(ranges, i)[0]),
      repair: (missing) => joinedRanges(ranges, distinct(missing, count)),
      watch() {
        let left = count;
        const come = new Uint8Array(count);
        return {
          add: (index) => {
            come[index] = 1;
            return --left <= 0;
          },
          needed: (upTo) => Array.from(come.subarray(0, upTo + 1).keys()).filter((i) => come[i] === 0),
        };
      },
      pack: (message) => Array.from({ length: count }, (__, i) => message.bytes.subarray(...rangeOf(ranges, i))),
      unpack(packets) {
        const bytesOf = new Uint8Array(bytes);
        const missing: number[] = [];
        for (let index = 0; index < count; index++) {
          const [from, to] = rangeOf(ranges, index);
          const packet = packets.get(index);
          if (packet?.length === to - from) bytesOf.set(packet, from);
          else missing.push(index);
        }
        return { bytes: bytesOf, missing: joinedRanges(ranges, missing) };
      },
    };
  },
};
