import { describe, expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { frequenciesProblem, PROBABILITIES, ransDecode, ransEncode, ransTables, STATE_BYTES } from "./rans.ts";

const random = randomStream(23, "rans");

/** Tables of random frequencies, some very uneven. */
function someTables(levels: number, count: number): number[] {
  return Array.from({ length: count }, () => {
    const cuts = new Set<number>();
    const most = random.integer(2) === 0 ? PROBABILITIES - 1 : Math.min(PROBABILITIES - 1, 2 * levels);
    while (cuts.size < levels - 1) cuts.add(1 + random.integer(most));
    const edges = [0, ...[...cuts].toSorted((a, b) => a - b), PROBABILITIES];
    return edges.slice(1).map((edge, i) => edge - edges[i]!);
  }).flat();
}

/** Codes as likely as the tables say, or as unlikely. */
function someCodes(frequencies: number[], levels: number, length: number, likely: boolean) {
  const count = frequencies.length / levels;
  const tables = Uint16Array.from({ length }, () => random.integer(count));
  const codes = Uint8Array.from(tables, (table) => {
    if (!likely) return random.integer(levels);
    let [slot, code] = [random.integer(PROBABILITIES), 0];
    while (slot >= frequencies[table * levels + code]!) slot -= frequencies[table * levels + code++]!;
    return code;
  });
  return { tables, codes };
}

describe("rANS", () => {
  test("any codes come back from any tables, from nowhere but their own range", () => {
    for (let round = 0; round < 300; round++) {
      const levels = 2 ** (1 + random.integer(8));
      const frequencies = someTables(levels, 1 + random.integer(3));
      const made = ransTables(frequencies, levels);
      const { tables, codes } = someCodes(frequencies, levels, random.integer(200), round % 2 === 0);
      const range = [random.integer(codes.length + 1), codes.length] as const;
      const into = new Uint8Array(600);
      const at = ransEncode(made, codes, tables, range, into)!;
      const back = new Uint8Array(codes.length).fill(255);
      expect(ransDecode(made, into, [at, into.length], tables, back, range)).toBe(into.length);
      expect(back.subarray(range[0])).toEqual(codes.subarray(range[0]));
      expect([...back.subarray(0, range[0])].every((code) => code === 255)).toBe(true);
      // No room for one byte fewer.
      expect(ransEncode(made, codes, tables, range, new Uint8Array(into.length - at - 1))).toBeUndefined();
    }
  });

  test("takes the entropy and a few bytes; the costs are bounds of it", () => {
    for (const levels of [2, 16, 256]) {
      const frequencies = someTables(levels, 2);
      const made = ransTables(frequencies, levels);
      const { tables, codes } = someCodes(frequencies, levels, 20_000, true);
      const bits = codes.reduce((sum, code, k) => sum + 12 - Math.log2(frequencies[tables[k]! * levels + code]!), 0);
      const into = new Uint8Array(40_000);
      const took = into.length - ransEncode(made, codes, tables, [0, codes.length], into)!;
      expect(took).toBeLessThan((1.002 * bits) / 8 + STATE_BYTES + 1);
      const bound = codes.reduce((sum, code, k) => sum + made.costs[tables[k]! * levels + code]! / 256, 0);
      expect(took).toBeLessThan((1.002 * bound) / 8 + STATE_BYTES + 1);
    }
  });

  test("a changed byte is found almost always, and nothing is written outside the range", () => {
    const levels = 16;
    const frequencies = someTables(levels, 1);
    const made = ransTables(frequencies, levels);
    const { tables, codes } = someCodes(frequencies, levels, 100, true);
    const into = new Uint8Array(400);
    const at = ransEncode(made, codes, tables, [0, 100], into)!;
    let found = 0;
    for (let round = 0; round < 500; round++) {
      const bytes = into.slice();
      for (let i = random.integer(20); i >= 0; i--) bytes[at + random.integer(400 - at)] = random.integer(256);
      const back = new Uint8Array(110).fill(99);
      const sound = ransDecode(made, bytes, [at, 400], tables, back, [5, 105]);
      if (sound !== 400 || bytes.every((byte, i) => byte === into[i])) found++;
      expect([...back.subarray(0, 5), ...back.subarray(105)].every((code) => code === 99)).toBe(true);
    }
    expect(found).toBeGreaterThan(490);
  });

  test("frequencies that are none are told", () => {
    expect(frequenciesProblem([1, 4095, 5], 2)).toBe("expected tables of 2 frequencies, got 3 numbers");
    expect(frequenciesProblem([1, 4095, 5, 6], 2)).toContain("table 1 to add up to 4096, got 11");
    expect(() => ransTables([0, 4096], 2)).toThrow("internal: every code needs a frequency of 1");
  });
});
