import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { main } from "../cli/main.ts";
import { histogram } from "./index.ts";

let out = "";
let complaints = "";

beforeEach(() => {
  out = "";
  complaints = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(console, "error").mockImplementation((text: string) => void (complaints += `${text}\n`));
});
afterEach(() => void vi.restoreAllMocks());

test("gives the quantiles and draws the distribution", async () => {
  expect(await main(["network", "--loss", "1%", "--count", "200"])).toBe(0);
  expect(out).toMatch(/median .* p95 .* p99 /);
  expect(out).toContain("█");
  expect(out).toContain("200 messages; per message:");
});

test("as JSON the same run, in seconds", async () => {
  expect(await main(["network", "--transport", "udp", "--size", "14720", "--count", "3", "--json"])).toBe(0);
  const result = JSON.parse(out) as { median: number; datagrams: number; seconds: number[] };
  expect(result.median).toBeCloseTo(0.005 + (10 * 1514 * 8) / 1e8, 9);
  expect(result.datagrams).toBe(30);
  expect(result.seconds).toHaveLength(3);
});

test("says what a flag expects", async () => {
  expect(await main(["network", "--rate", "0"])).toBe(2);
  expect(complaints).toContain("--rate: expected a rate such as `100 Mbit/s`");
});

test("writes a trace as CSV and as a capture with one record per packet that arrived", async () => {
  const folder = await mkdtemp(join(tmpdir(), "network-"));
  try {
    const base = join(folder, "run");
    expect(await main(["network", "--count", "2", "--size", "20kB", "--loss", "5%", "--trace", base])).toBe(0);
    const lines = (await readFile(`${base}.csv`, "utf8")).trim().split("\n");
    const [header, ...rows] = lines.map((line) => line.split(","));
    expect(header!.slice(0, 4)).toEqual(["time_ns", "direction", "fate", "sequence"]);
    const sent = rows.filter((row) => row[2] === "sent");
    const capture = await readFile(`${base}.pcap`);
    expect(capture.readUInt32LE(0)).toBe(0xa1b23c4d);
    expect(capture.readUInt32LE(20)).toBe(1);
    let records = 0;
    for (let at = 24; at < capture.length; records++) {
      const row = sent[records]!;
      const stored = capture.readUInt32LE(at + 8);
      expect(capture.readUInt32LE(at) * 1e9 + capture.readUInt32LE(at + 4)).toBe(Number(row[0]));
      const ip = at + 16 + 14;
      expect(capture.readUInt16BE(ip - 2)).toBe(0x0800);
      // The header's checksum is right: the sum of its words is all ones.
      let sum = 0;
      for (let i = 0; i < 20; i += 2) sum += capture.readUInt16BE(ip + i);
      expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
      const tcp = ip + 20;
      const offset = (capture[tcp + 12]! >> 4) * 4;
      // Total length = headers + payload, and what is stored is the headers.
      expect(capture.readUInt16BE(ip + 2) - 20 - offset).toBe(Number(row[4]));
      expect(stored).toBe(14 + 20 + offset);
      expect(capture.readUInt32BE(tcp + 4)).toBe(Number(row[3]) + 1);
      at += 16 + stored;
    }
    expect(records).toBe(sent.length);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a histogram of equal values is one bar", () => {
  expect(histogram([0.005, 0.005, 0.005])).toMatch(/^5 ms █+ 3$/);
});
