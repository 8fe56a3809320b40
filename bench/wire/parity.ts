/**
 * @file How fast parity is made and used: MB of the message per CPU second, 1,400-byte datagrams, one core, the best of
 * several rounds. Beside each the plainest code for the same products: one look-up per byte and parity.
 *
 *   node bench/wire/parity.ts
 */
import { packetPlan, type ProtectionSpec } from "@split-et-impera/core/wire";

const SIZE = 1400;
const ROUNDS = 7;

/** CPU seconds of the quickest of some rounds of `times` calls, per call. */
function seconds(times: number, run: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6 / times);
  }
  return best;
}

/** Parity with products of a 64 kB table, a shard and a row at a time. */
function plain(data: readonly Uint8Array[], count: number): Uint8Array[] {
  const parity = Array.from({ length: count }, () => new Uint8Array(SIZE));
  for (const [i, row] of parity.entries()) {
    for (const [j, shard] of data.entries()) {
      const table = products.subarray(256 * ((i * 31 + j * 7 + 2) % 256));
      for (let t = 0; t < shard.length; t++) row[t]! ^= table[shard[t]!]!;
    }
  }
  return parity;
}
const products = Uint8Array.from({ length: 65_536 }, (_, i) => ((i >> 8) * (i & 255)) & 255);

console.log("k + m      encode MB/s   decode MB/s (m lost)   plain encode MB/s");
for (const [k, m] of [
  [10, 2],
  [20, 4],
  [20, 1],
  [100, 20],
  [200, 50],
] as const) {
  const bytes = Uint8Array.from({ length: k * SIZE }, (_, i) => (i * 7919) >> 3);
  const spec: ProtectionSpec = { kind: "reed-solomon", parity: 0, least: m };
  const plan = packetPlan(spec, bytes.length, SIZE);
  const packets = plan.pack({ bytes, pieces: [] });
  const arrived = new Map([...packets.entries()].slice(m));
  if (Buffer.compare(plan.unpack(arrived).bytes, bytes) !== 0) throw new Error("not restored");
  const times = Math.max(3, Math.round(4000 / (k * m)));
  const rate = (run: () => unknown): string => (bytes.length / 1e6 / seconds(times, run)).toFixed(0);
  const data = packets.slice(0, k);
  console.log(
    [
      `${k} + ${m}`.padEnd(11),
      rate(() => plan.pack({ bytes, pieces: [] })).padStart(11),
      rate(() => plan.unpack(arrived)).padStart(15),
      rate(() => plain(data, m)).padStart(21),
    ].join(""),
  );
}
