import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { main } from "../cli/main.ts";
import { histogram, networkArgs, scenarioOf, type MessageSeries, type MessageSummary } from "./index.ts";

let out = "";
let complaints = "";

beforeEach(() => {
  out = "";
  complaints = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((complaints += String(text)), true));
  vi.spyOn(console, "error").mockImplementation((text: string) => void (complaints += `${text}\n`));
});
afterEach(() => void vi.restoreAllMocks());

async function asJson(
  ...flags: string[]
): Promise<MessageSummary & { seconds: number[]; series: MessageSeries; measures: string }> {
  expect(await main(["network", ...flags, "--json"])).toBe(0);
  return JSON.parse(out) as Awaited<ReturnType<typeof asJson>>;
}

test("gives the quantiles of one way, and draws the distribution", async () => {
  expect(await main(["network", "--loss", "1%", "--count", "200"])).toBe(0);
  expect(out).toMatch(/^one way: median .* p95 .* p99 /);
  expect(out).toContain("█");
  expect(out).toContain("200 messages; per message:");
});

describe("as JSON", () => {
  test("the same run, in seconds: sorted, and in the order of sending", async () => {
    const result = await asJson("--transport", "udp", "--size", "14720", "--count", "3", "--gap", "1 s");
    const burst = 0.005 + (10 * 1514 * 8) / 1e8;
    expect(result.median).toBeCloseTo(burst, 9);
    expect(result.datagrams).toBe(30);
    expect(result.seconds).toHaveLength(3);
    expect(result.measures).toContain("one way");
    expect(result.series.oneWay).toEqual(result.seconds);
    expect(result.series.missing).toEqual([0, 0, 0]);
    result.series.sent.forEach((time, i) => expect(time).toBeCloseTo(i * (1 + burst), 9));
  });

  // 0.9^8 is 43 %; of 12 at most 4 are lost in 99.6 %.
  test.each([
    ["none", 2400, 100, 160],
    ["reed-solomon 0.5", 3600, 285, 300],
  ])("with %s as many datagrams go, and as many messages are complete", async (protection, datagrams, least, most) => {
    const lossy = ["--transport", "udp", "--datagram", "1000", "--size", "8000", "--loss", "10%", "--count", "300"];
    const result = await asJson(...lossy, "--gap", "10 ms", "--protection", protection);
    expect(result.datagrams).toBe(datagrams);
    expect(result.complete).toBeGreaterThanOrEqual(least);
    expect(result.complete).toBeLessThanOrEqual(most);
    expect(result.series.missing?.filter((count) => count === 0)).toHaveLength(result.complete!);
  });

  test("messages that never arrive take for ever: more than half of them, and so does the median", async () => {
    const result = await asJson("--loss", "50%", "--count", "20", "--size", "150kB");
    expect(result.lost).toBeGreaterThan(10);
    expect([result.median, result.p95, result.p99, result.mean]).toEqual([null, null, null, null]);
    expect(result.series.oneWay.filter((time) => time === null)).toHaveLength(result.lost);
    expect(result.seconds).toHaveLength(20 - result.lost);
    out = "";
    expect(await main(["network", "--loss", "50%", "--count", "20", "--size", "150kB"])).toBe(0);
    expect(out).toContain("median never   p95 never");
  });

  test("a link of two rates", async () => {
    const flags = ["--transport", "tcp", "--size", "1 B", "--count", "1", "--delay", "0 ms"];
    const same = await asJson(...flags, "--rate", "1 Mbit/s");
    out = "";
    const slow = await asJson(...flags, "--rate", "1 Mbit/s", "--rate-back", "1 kbit/s");
    expect(slow.median).toBe(same.median);
    // Half of the handshake is slow: 74 bytes at 1 kbit/s.
    expect(slow.series.sent[0]! - same.series.sent[0]!).toBeCloseTo(0.592 - 0.000592, 6);
  });
});

test.each([
  [["--rate", "0"], "--rate: expected a rate such as `100 Mbit/s`"],
  [["--protection", "xor", "--transport", "udp"], "--protection: expected group of `xor` to be a whole number"],
  [["--datagram", "0 B", "--transport", "udp"], '--datagram: expected a size from 1 B to 65507 B, got "0 B"'],
  [["--datagram", "65508", "--transport", "udp"], "--datagram: expected a size from 1 B to 65507 B"],
  [["--jitter", "1e300 s"], '--jitter: expected a duration of at most 1000000 s, got "1e300 s"'],
  [["--gap", "1e300 s"], "--gap: expected a duration of at most"],
  [["--delay", "1e300 s"], "--delay: expected a duration of at most"],
  [["--seed", "-5"], '--seed: expected a whole number of 0 or more, got "-5"'],
  [["--seed", "1e300"], "--seed: expected a whole number"],
  [["--seed", "1.5"], "--seed: expected a whole number"],
  [["--count", "1e8"], "--count: expected a whole number of messages, 1 to 1000000"],
  [["--size", "3 GB"], "--size: expected a size from 1 B to 2 GB"],
  [["--size", "0"], '--size: expected a size from 1 B to 2 GB, got "0"'],
  [["--burst", "1e9"], "--burst: expected a number from 1 to 1000"],
  [["--loss", "90%", "--burst", "2"], "--loss with --burst: expected at most 66.6 % lost in bursts of 2 packets"],
  [["--loss-back", "90%", "--burst", "2"], "--loss-back with --burst: expected at most 66.6 %"],
  [["--rate", "1e30 Mbit/s"], '--rate: expected a rate of at most 1000 Tbit/s, got "1e30 Mbit/s"'],
  [["--burst", "0"], "--burst: expected a number from 1"],
  [["--rate-back", "x"], "--rate-back: expected a rate"],
])("says what a flag expects: %j", async (flags, message) => {
  expect(await main(["network", ...flags])).toBe(2);
  expect(complaints).toContain(message);
});

test("every transport and congestion control can be asked for", () => {
  const { transport, cc } = networkArgs;
  const defaults = Object.fromEntries(
    Object.entries(networkArgs).map(([name, arg]) => [name, "default" in arg ? arg.default : undefined]),
  );
  for (const kind of transport.options) expect(scenarioOf({ ...defaults, transport: kind }).transport.kind).toBe(kind);
  for (const name of cc.options) expect(scenarioOf({ ...defaults, cc: name }).transport).toMatchObject({ cc: name });
});

describe("traces", () => {
  let folder = "";
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "network-"))));
  afterEach(() => rm(folder, { recursive: true }));

  interface Record {
    time: number;
    ip: number;
    stored: number;
    /** Bytes on the wire. */
    length: number;
  }

  async function read(base: string): Promise<{ rows: string[][]; capture: Buffer; records: Record[] }> {
    const [header, ...rows] = (await readFile(`${base}.csv`, "utf8"))
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    expect(header!.slice(0, 4)).toEqual(["time_ns", "direction", "fate", "sequence"]);
    const capture = await readFile(`${base}.pcap`);
    expect(capture.readUInt32LE(0)).toBe(0xa1b23c4d);
    expect(capture.readUInt32LE(20)).toBe(1);
    const records: Record[] = [];
    for (let at = 24; at < capture.length; at += 16 + capture.readUInt32LE(at + 8)) {
      const ip = at + 16 + 14;
      expect(capture.readUInt16BE(ip - 2)).toBe(0x0800);
      expect(fold(words(capture, ip, ip + 20))).toBe(0xffff);
      records.push({
        time: capture.readUInt32LE(at) * 1e9 + capture.readUInt32LE(at + 4),
        ip,
        stored: capture.readUInt32LE(at + 8),
        length: capture.readUInt32LE(at + 12),
      });
    }
    return { rows, capture, records };
  }

  const words = (bytes: Buffer, from: number, to: number): number => {
    let sum = 0;
    for (let i = from; i < to; i += 2) sum += bytes.readUInt16BE(i);
    return sum;
  };
  const fold = (sum: number): number => (sum > 0xffff ? fold((sum & 0xffff) + (sum >>> 16)) : sum);
  /** The sum over a transport's header with its pseudo-header, payload being zeros: all ones where it is right. */
  const sumOf = (bytes: Buffer, { ip, stored }: Record, length: number): number =>
    fold(words(bytes, ip + 12, ip + 20) + bytes[ip + 9]! + length + words(bytes, ip + 20, ip + stored - 14));

  test("a record per packet that arrived; sums are right; an open connection begins with its handshake", async () => {
    const base = join(folder, "run");
    expect(await main(["network", "--count", "2", "--size", "20kB", "--loss", "5%", "--trace", base])).toBe(0);
    const { rows, capture, records } = await read(base);
    const sent = rows.filter((row) => row[2] === "sent");
    expect(records).toHaveLength(sent.length);
    for (const [i, record] of records.entries()) {
      const { time, ip, stored } = record;
      const row = sent[i]!;
      expect(time).toBe(Number(row[0]));
      const tcp = ip + 20;
      const offset = (capture[tcp + 12]! >> 4) * 4;
      // Total length = headers + payload, and what is stored is the headers.
      const total = capture.readUInt16BE(ip + 2);
      expect(total - 20 - offset).toBe(Number(row[4]));
      expect(stored).toBe(14 + 20 + offset);
      expect(sumOf(capture, record, total - 20)).toBe(0xffff);
      const syn = (capture[tcp + 13]! & 2) !== 0;
      expect(syn).toBe(i < 2);
      expect(capture.readUInt32BE(tcp + 4)).toBe(syn ? 0 : Number(row[3]) + 1);
      // Once both SYNs have told the scale, windows are in units of 128 bytes.
      expect(capture.readUInt16BE(tcp + 14)).toBe(syn ? 65_160 : Math.floor(Number(row[7]) / 128));
    }
    const flags = records.slice(0, 3).map(({ ip }) => capture[ip + 33]);
    expect(flags).toEqual([2, 0x12, 0x10]);
    const window = records[0]!.ip + 20 + 20 + 16;
    expect(capture.readUInt32BE(window)).toBe(0x01030307);
    // Half of the round trip lies between SYN and SYN-ACK.
    expect(records[1]!.time * 2).toBe(records[2]!.time);
  });

  test("each cold connection has a port of its own", async () => {
    const base = join(folder, "cold");
    expect(await main(["network", "--count", "3", "--size", "1kB", "--handshake", "tcp", "--trace", base])).toBe(0);
    const { capture, records } = await read(base);
    const ports = records.map(({ ip }) => capture.readUInt16BE(ip + 20)).filter((port) => port !== 5000);
    expect([...new Set(ports)]).toEqual([40_000, 40_001, 40_002]);
  });

  test("fragments of a datagram share a number, and say where they begin", async () => {
    const base = join(folder, "udp");
    const flags = ["--transport", "udp", "--size", "6000", "--datagram", "3000", "--count", "1", "--trace", base];
    expect(await main(["network", ...flags])).toBe(0);
    const { capture, records } = await read(base);
    const parts = records.map(({ ip, length }) => {
      const word = capture.readUInt16BE(ip + 6);
      return [capture.readUInt16BE(ip + 4), (word & 0x1fff) * 8, (word & 0x2000) !== 0, length];
    });
    const [one, two] = [parts[0]![0], parts[3]![0]];
    expect(one).not.toBe(two);
    const of = (id: unknown): unknown[] => [
      [id, 0, true, 1514],
      [id, 1480, true, 1514],
      [id, 2960, false, 14 + 20 + 48],
    ];
    expect(parts).toEqual([...of(one), ...of(two)]);
    // The first fragment holds the header, whose sum is over the whole datagram.
    expect(capture.readUInt16BE(records[0]!.ip + 24)).toBe(3008);
    expect(sumOf(capture, records[0]!, 3008)).toBe(0xffff);
  });

  test("where the files cannot be written, it is said, and none is left", async () => {
    expect(await main(["network", "--count", "1", "--trace", join(folder, "none", "run")])).toBe(1);
    expect(complaints).toMatch(/none\/run\.csv: cannot be written: there is no such folder/);
    expect(await readdir(folder)).toEqual([]);
  });

  test("a run that is stopped leaves none either", async () => {
    const stop = new AbortController();
    const base = join(folder, "long");
    const running = main(["network", "--count", "100000", "--trace", base], { signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    expect(await running).toBe(130);
    expect(await readdir(folder)).toEqual([]);
  });
});

test("a histogram of equal values is one bar", () => {
  expect(histogram([0.005, 0.005, 0.005])).toMatch(/^5 ms █+ 3$/);
});

test("a study's link stands in place of the flags that say what a link is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "network-"));
  try {
    const file = join(folder, "links.yaml");
    await writeFile(join(folder, "slow.csv"), "0, 1 Mbit/s\n1, 1 Mbit/s\n");
    await writeFile(
      file,
      "links: [{ between: [a, b], rate: { trace: slow.csv }, delay: 20 ms, header: 0, back: { rate: 1 Gbit/s } }]\n",
    );
    // 1052 bytes at 1 Mbit/s, behind an acknowledgement of 52, and 20 ms.
    const { median } = await asJson("--link", file, "--size", "1000", "--count", "3");
    expect(median).toBeCloseTo(0.02 + (1052 + 52) * 8e-6, 6);
    expect(await main(["network", "--link", file, "--loss", "1%"])).toBe(2);
    expect(complaints).toContain("--loss: expected it without --link");
    await writeFile(file, "links: [{ between: [a, b], rat: 1 Mbit/s }]\n");
    expect(await main(["network", "--link", file])).toBe(1);
    expect(complaints).toContain('did you mean "rate"?');
  } finally {
    await rm(folder, { recursive: true });
  }
});
