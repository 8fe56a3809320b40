/** @file What people write, in SI units and back. */
import { describe, expect, it, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEnergy,
  formatFrameRate,
  formatNumber,
  formatPercent,
  formatRate,
  parseBytePrice,
  parseBytes,
  parseCount,
  parseDuration,
  parseEnergy,
  parseFactor,
  parseFrameRate,
  parseHourlyPrice,
  parseMemory,
  parsePower,
  parseRate,
  parseNumber,
  parseShare,
  shown,
} from "./index.ts";

test("a value of any depth is shown in an error", () => {
  expect(shown(JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`))).toBe("a nest too deep to show");
  expect(shown("x".repeat(100))).toHaveLength(60);
});

describe("what is read", () => {
  test.each([
    [parseDuration, "5 ms", 0.005],
    [parseDuration, "200 us", 0.0002],
    [parseDuration, "200 µs", 0.0002],
    [parseDuration, "200 μs", 0.0002], // the Greek letter beside the micro sign
    [parseDuration, "1.5s", 1.5],
    [parseDuration, "2 min", 120],
    [parseDuration, 0, 0],
    [parseDuration, "100 ns", 1e-7],
    [parseRate, "100 Mbit/s", 1e8],
    [parseRate, "100Mbit", 1e8],
    [parseRate, "100 mbit/s", 1e8],
    [parseRate, "1 Gb/s", 1e9],
    [parseRate, "10 Mbps", 1e7],
    [parseRate, "12.5 MB/s", 1e8],
    [parseRate, "64 kbit/s", 64e3],
    [parseRate, "64 Kb/s", 64e3],
    [parseNumber, "-1.5e2", -150],
    [parseNumber, 0.25, 0.25],
    [parseShare, "1 %", 0.01],
    [parseShare, "1%", 0.01],
    [parseShare, 0.01, 0.01],
    [parseShare, "0.01", 0.01],
    [parseShare, "100 %", 1],
    [parseShare, "3 ‰", 0.003],
    [parseFrameRate, "20 fps", 20],
    [parseFrameRate, 20, 20],
    [parseFrameRate, "25 Hz", 25],
    [parseFrameRate, "90/min", 1.5],
    [parseBytes, "64 MB", 64e6],
    [parseBytes, "64 MiB", 64 * 2 ** 20],
    [parseBytes, "20 kB", 20e3],
    [parseBytes, "150kB", 150e3],
    [parseBytes, "14 bytes", 14],
    [parseBytes, 14, 14],
    [parseMemory, "64 MB", 64e6],
    [parseFactor, "1/20", 0.05],
    [parseFactor, 0.05, 0.05],
    [parseFactor, "64x", 64],
    [parseFactor, "1 / 3", 1 / 3],
  ])("%o reads %j", (parse, text, value) => {
    expect(parse(text)).toBe(value);
  });

  it("counts things by their name", () => {
    expect(parseCount("1000 packets", "packets")).toBe(1000);
    expect(parseCount("1 packet", "packets")).toBe(1);
    expect(parseCount(7, "packets")).toBe(7);
    expect(parseCount(0, "epochs", 0)).toBe(0);
  });
});

describe("what is refused, with the reason", () => {
  test.each([
    [parseShare("3 things"), 'expected a share between 0 % and 100 %, got "3 things"'],
    [parseShare(5), "for 5 % write `5 %`"],
    [parseShare("101 %"), "expected a share"],
    [parseShare("-1 %"), "expected a share"],
    [parseDuration(5), "the unit is missing (ms, s, us"],
    [parseDuration("5 parsecs"), 'the unit "parsecs" is not one of'],
    [parseDuration("-5 ms"), 'got "-5 ms"'],
    [parseDuration("1,5 ms"), "decimal point"],
    [parseDuration("1e999 s"), "expected a duration"],
    [parseDuration(Number.NaN), "expected a duration"],
    [parseDuration({ a: 1 }), 'got {"a":1}'],
    [parseDuration(undefined), "got nothing"],
    [parseRate(100), "the unit is missing (Mbit/s"],
    [parseRate("0 Mbit/s"), "expected a rate"],
    [parseRate("constructor"), "expected a rate"],
    [parseRate("1 constructor"), "expected a rate"],
    [parseMemory(64), "the unit is missing"],
    [parseBytes("64 Mb"), "expected a size"],
    [parseFactor("1/0"), "expected a factor"],
    [parseFactor("0"), "expected a factor"],
    [parseFrameRate("0 fps"), "expected a frame rate"],
    [parseCount("1.5 packets", "packets"), "expected a whole number of packets"],
    [parseCount(0, "packets"), "packets, 1 or more"],
    [parseShare("x".repeat(500)), "..."],
  ])("%s", (reason, part) => {
    expect(reason).toBeTypeOf("string");
    expect(reason).toContain(part);
  });
});

test("powers, energies and prices", () => {
  expect(parsePower("300 mW")).toBe(0.3);
  expect(parsePower("5")).toContain('expected a power such as `5 W` or `300 mW`, got "5"; the unit is missing');
  expect(parseEnergy("50 nJ/bit")).toBeCloseTo(4e-7, 18);
  expect(parseEnergy("2 J/MB")).toBeCloseTo(2e-6, 15);
  expect(parseEnergy("2 J")).toContain("expected an energy per byte or bit");
  expect(parseHourlyPrice("0.36 EUR/h")).toEqual({ value: 0.36 / 3600, currency: "EUR" });
  expect(parseHourlyPrice("$7.2/h")).toEqual({ value: 0.002, currency: "$" });
  expect(parseHourlyPrice("7.2/h")).toEqual({ value: 0.002, currency: "" });
  expect(parseBytePrice("0.09 €/GB")).toEqual({ value: 9e-11, currency: "€" });
  for (const wrong of ["3 EUR", "EUR/h", "3 EUR/GB", "-1 EUR/h", "$3 EUR/h", 3, undefined, { toString: 1 }])
    expect(parseHourlyPrice(wrong)).toContain("expected a price per time such as `0.40 EUR/h`");
  expect(parseBytePrice("3 EUR/h")).toContain("expected a price per amount of data");
});

describe("what is written", () => {
  test.each([
    [formatDuration(0.0123), "12.3 ms"],
    [formatDuration(0.99996), "1 s"],
    [formatDuration(0.000_08), "80 µs"],
    [formatDuration(0), "0 s"],
    [formatDuration(-0.002), "-2 ms"],
    [formatDuration(95), "95 s"],
    [formatDuration(1200), "20 min"],
    [formatDuration(Infinity), "∞"],
    [formatDuration(2e-12), "0.002 ns"],
    [formatBytes(20_000), "20 kB"],
    [formatBytes(999_999), "1 MB"],
    [formatBytes(0), "0 B"],
    [formatBytes(532), "532 B"],
    [formatRate(1e8), "100 Mbit/s"],
    [formatPercent(0.8612), "86.1 %"],
    [formatPercent(1), "100 %"],
    [formatPercent(0.9997), "99.97 %"],
    [formatPercent(0), "0 %"],
    [formatPercent(0.0004), "0.04 %"],
    [formatFrameRate(20), "20 fps"],
    [formatCount(3_748_522), "3.75 M"],
    [formatCount(12), "12"],
    [formatEnergy(0.0346), "34.6 mJ"],
    [formatEnergy(1.6e-7), "160 nJ"],
    [formatNumber(Number.NaN), "–"],
    [formatNumber(123_456), "123000"],
  ])("%s", (text, expected) => {
    expect(text).toBe(expected);
  });

  it("is read back as the same number", () => {
    for (const value of [1e-9, 3.2e-7, 4.5e-5, 0.05, 1, 59, 0])
      expect(parseDuration(formatDuration(value))).toBe(value);
    for (const value of [1, 14, 20e3, 1.5e6, 64e6]) expect(parseBytes(formatBytes(value))).toBe(value);
    for (const value of [1, 5e3, 1e8, 2.5e9]) expect(parseRate(formatRate(value))).toBe(value);
  });
});
