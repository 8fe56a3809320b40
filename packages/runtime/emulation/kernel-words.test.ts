/** @file What tc and nft are told; the kernel's own understanding of it is tested where a kernel allows. */
import { expect, test } from "vitest";
import { beyondKernel, countKernel, netemWords, nftWords, tbfWords } from "./kernel-words.ts";

const joined = (words: string[][]): string[] => words.map((one) => one.join(" "));

test("tbf: a bucket of one packet, a queue in packets or bytes, other headers by a size table", () => {
  expect(joined(tbfWords({ rate: 1e7, queue: { packets: 50 } }, 1500))).toEqual([
    "qdisc replace dev sei0 root handle 1: tbf rate 10000000bit burst 1514 limit 1000000000",
    "qdisc add dev sei0 parent 1:1 handle 2: pfifo limit 50",
  ]);
  expect(joined(tbfWords({ rate: 1e7, bucket: 9000, header: 40, queue: { bytes: 64_000 } }, 1500))).toEqual([
    "qdisc replace dev sei0 root handle 1: stab overhead 26 linklayer ethernet tbf rate 10000000bit burst 9000 limit 64000",
  ]);
});

test("netem: bursts as Gilbert-Elliott with the rates of the simulator, the rate behind them", () => {
  expect(joined(netemWords({ rate: 1e7, delay: 5e6, loss: { rate: 0.05, burst: 4 }, queue: { packets: 9 } }))).toEqual([
    "qdisc add dev sei0 root handle 1: netem limit 100000 delay 5000.000us loss gemodel 1.315789% 25.000000%",
    "qdisc add dev sei0 parent 1:1 handle 2: netem limit 9 rate 10000000bit 0",
  ]);
  expect(joined(netemWords({ rate: 1e7, loss: { rate: 0.05 } }))[0]).toContain("loss random 5.000000%");
});

test("nft: losses in millionths, nothing where nothing is lost", () => {
  expect(nftWords({ rate: 1e7, loss: { rate: 0.0125 } })).toContain("numgen random mod 1000000 < 12500 counter drop");
  expect(nftWords({ rate: 1e7 })).toBeUndefined();
});

test("what the kernel cannot do is named", () => {
  const all = { rate: 1e7, delay: 1, jitter: { range: 5 }, loss: { rate: 0.1, burst: 2 }, duplex: "half" } as const;
  expect(beyondKernel(all, "kernel").map((one) => one.split(" (")[0])).toEqual([
    "a delay",
    "jitter",
    "half duplex",
    "losses in bursts",
  ]);
  expect(beyondKernel({ rate: 1e7, delay: 1e6, loss: { rate: 0.1, burst: 2 } }, "netem")).toEqual([]);
});

test("what was lost and what found the queue full are told apart", () => {
  const tbf = { kind: "tbf", handle: "1:", packets: 90, drops: 7, qlen: 3 };
  expect(countKernel([tbf], "counter packets 12 bytes 900 drop")).toEqual({ sent: 100, lost: 12, overflowed: 7 });
  const netem = { kind: "netem", handle: "1:", packets: 80, drops: 15, qlen: 5 };
  const inner = { kind: "netem", handle: "2:", packets: 80, drops: 4, qlen: 0 };
  expect(countKernel([netem, inner], "")).toEqual({ sent: 100, lost: 11, overflowed: 4 });
});
