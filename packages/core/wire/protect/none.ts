/** @file No protection: packets are the message cut up in its own order; what is lost stays lost. */
import { internal } from "../../errors/index.ts";
import type { ByteRange } from "../message.ts";
import type { ProtectionRow } from "./protection.ts";

export const none: ProtectionRow = {
  means: "datagrams in the message's own order; what is lost stays lost",
  plan(bytes, payload) {
    if (!Number.isInteger(bytes) || bytes < 0) throw internal(`a message of ${bytes} bytes`);
    if (!Number.isInteger(payload) || payload < 1) throw internal(`a payload of ${payload} bytes`);
    // Nothing to send still needs a packet to say so.
    const count = Math.max(1, Math.ceil(bytes / payload));
    const range = (index: number): ByteRange => [index * payload, Math.min(bytes, (index + 1) * payload)];
    return {
      sizes: Uint32Array.from({ length: count }, (_, i) => range(i)[1] - range(i)[0]),
      repair(missing) {
        const ranges: [number, number][] = [];
        for (const index of [...new Set(missing)].sort((a, b) => a - b)) {
          if (!Number.isInteger(index) || index < 0 || index >= count) throw internal(`packet ${index} of ${count}`);
          const [from, to] = range(index);
          const before = ranges.at(-1);
          if (before && before[1] === from) before[1] = to;
          else ranges.push([from, to]);
        }
        return ranges;
      },
      pack: (message) => Array.from({ length: count }, (_, i) => message.bytes.subarray(...range(i))),
      unpack(packets) {
        const whole = new Uint8Array(bytes);
        const missing: number[] = [];
        for (let index = 0; index < count; index++) {
          const [from, to] = range(index);
          const packet = packets.get(index);
          if (packet?.length === to - from) whole.set(packet, from);
          else missing.push(index);
        }
        return { bytes: whole, missing: this.repair(missing) };
      },
    };
  },
};
