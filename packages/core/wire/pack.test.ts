import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { packBits, packedBytes, unpackBits } from "./pack.ts";

const random = randomStream(19, "pack");

test("any codes of any width come back, against bits taken one by one", () => {
  for (let bits = 1; bits <= 8; bits++) {
    for (let count = 0; count < 40; count++) {
      const codes = Uint8Array.from({ length: count }, () => random.integer(2 ** bits));
      const bytes = packBits(codes, bits);
      expect(bytes).toHaveLength(packedBytes(count, bits));
      const slow = new Uint8Array(bytes.length);
      codes.forEach((code, k) => {
        for (let b = 0; b < bits; b++) {
          const at = k * bits + b;
          slow[at >> 3]! |= ((code >> b) & 1) << (at & 7);
        }
      });
      expect(bytes).toEqual(slow);
      expect(unpackBits(bytes, bits, count)).toEqual(codes);
    }
  }
});
