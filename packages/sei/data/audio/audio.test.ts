import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isActive, melSpectrogram, monoAt, readSound, windowCount, windowOf, type MelOptions } from "./index.ts";
import { parseFlac } from "./flac/flac.ts";
import { resample } from "./resample.ts";
import { mono16, signal, stereo24 } from "./testing/libflac.ts";
import { flacOf, wavOf, type WavOptions } from "./testing/sound-files.ts";
import { parseWav } from "./wav.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-sound-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const values = [0, 0.5, -0.5, -1, 0.25, 0.984375];

describe("WAV", () => {
  test.for<WavOptions>([
    { bits: 8 },
    { bits: 16 },
    { bits: 24 },
    { bits: 32 },
    { bits: 24, extensible: true },
    { bits: 32, format: 3 },
    { bits: 64, format: 3, extensible: true },
  ])("%o", (options) => {
    const other = values.map((value) => value / 2);
    const sound = parseWav(wavOf([values, other], { ...options, rate: 8000 }), "a.wav");
    expect([sound.rate, sound.channels.length]).toEqual([8000, 2]);
    expect(Array.from(sound.channels[0]!)).toEqual(values);
    const exact = options.bits !== 8;
    for (const [i, value] of other.entries()) expect(sound.channels[1]![i]).toBeCloseTo(value, exact ? 6 : 2);
    const mono = monoAt(sound, 8000);
    expect(mono[1]).toBeCloseTo(0.375, 6);
  });

  const whole = wavOf([values]);
  const changed = (at: number, byte: number): Uint8Array => Uint8Array.from(whole, (x, i) => (i === at ? byte : x));
  test.for<[string, Uint8Array, RegExp]>([
    [
      "text",
      new TextEncoder().encode("hello, world"),
      /a\.wav: expected a WAV file \(RIFF, WAVE\), got something else/,
    ],
    ["cut short", whole.subarray(0, 50), /a\.wav: expected 12 bytes of samples, got 6; was it cut short\?/],
    ["another kind", changed(20, 85), /a\.wav: expected whole numbers of .*, got format 85 with 16 bits/],
    ["no samples", whole.subarray(0, 36), /a\.wav: expected a chunk `data` with samples, got none/],
    ["no channels", changed(22, 0), /expected channels, and 1000 to 768000 samples a second, got 0 channels/],
    ["no number", wavOf([[0, Number.NaN]], { format: 3, bits: 32 }), /expected finite samples, got NaN at sample 1/],
  ])("%s is told", ([, bytes, message]) => {
    expect(() => parseWav(bytes, "a.wav")).toThrow(message);
  });

  test("a size that the writer did not know is what is there", () => {
    expect(parseWav(wavOf([values]).fill(255, 40, 44), "a.wav").channels[0]).toHaveLength(values.length);
  });
});

describe("FLAC", () => {
  test.for<[string, number, number, number]>([
    [mono16, 300, 16, 1],
    [stereo24, 120, 24, 2],
  ])("what libFLAC wrote is what it was given", ([text, count, bits, channels]) => {
    const sound = parseFlac(Buffer.from(text, "base64"), "a.flac");
    expect(sound.rate).toBe(16_000);
    const found = sound.channels.map((channel) => Array.from(channel, (value) => value * 2 ** (bits - 1)));
    expect(found).toEqual(signal(count, bits, channels));
  });

  test("samples kept as they are", () => {
    const samples = [0, 1, -1, 32_767, -32_768];
    const sound = parseFlac(flacOf(samples, 8000), "a.flac");
    expect(sound.rate).toBe(8000);
    expect(Array.from(sound.channels[0]!, (value) => value * 32_768)).toEqual(samples);
  });

  test("every byte that is changed or missing is noticed", () => {
    const whole = Buffer.from(mono16, "base64");
    for (let at = 42; at < whole.length; at++) {
      const damaged = Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ 16 : byte));
      expect(() => parseFlac(damaged, "a.flac"), `byte ${at}`).toThrow(/a\.flac: expected a whole FLAC file, got /);
    }
    for (let length = 0; length < whole.length; length++)
      expect(() => parseFlac(whole.subarray(0, length), "a.flac"), `${length} bytes`).toThrow(/a\.flac: expected/);
  });
});

test("a sound is read by its ending", async () => {
  await writeFile(join(folder, "a.WAV"), wavOf([values]));
  await writeFile(join(folder, "a.flac"), flacOf([1, 2, 3]));
  expect((await readSound(join(folder, "a.WAV"))).channels[0]).toHaveLength(6);
  expect((await readSound(join(folder, "a.flac"))).channels[0]).toHaveLength(3);
  await expect(readSound(join(folder, "a.mp3"))).rejects.toThrow(
    /a sound \(\.wav, \.wave, \.flac\), got another ending/,
  );
  await expect(readSound(join(folder, "b.wav"))).rejects.toThrow(/b\.wav: expected a sound .*, got nothing there/);
});

describe("another rate", () => {
  const tone = (hertz: number, rate: number, seconds = 0.25): Float32Array =>
    Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));
  const middle = (samples: Float32Array): Float32Array =>
    samples.subarray(samples.length / 4, (3 * samples.length) / 4);

  test.for<[number, number]>([
    [44_100, 16_000],
    [48_000, 16_000],
    [8000, 16_000],
    [16_000, 11_025],
  ])("what is in the band stays, from %i to %i", ([from, to]) => {
    const found = resample(tone(1000, from), from, to);
    const wanted = tone(1000, to);
    expect(Math.abs(found.length - wanted.length)).toBeLessThanOrEqual(1);
    const [a, b] = [found, wanted].map((one) => middle(one.subarray(0, Math.floor(to / 4))));
    a!.forEach((value, i) => expect(Math.abs(value - b![i]!)).toBeLessThan(1e-3));
  });

  test("what is above it goes, and what is constant stays", () => {
    for (const value of middle(resample(tone(9000, 44_100), 44_100, 16_000)))
      expect(Math.abs(value)).toBeLessThan(1e-3);
    for (const value of middle(resample(new Float32Array(4000).fill(0.5), 44_100, 16_000)))
      expect(value).toBeCloseTo(0.5, 5);
    const same = tone(100, 8000);
    expect(resample(same, 8000, 8000)).toBe(same);
  });
});

test("windows: what is new once, what was there before it, and what is heard in the middle", () => {
  const stream = Float32Array.from({ length: 10 }, (_, i) => i + 1);
  const options = { size: 3, context: 2 };
  expect(windowCount(10, options)).toBe(3);
  expect(Array.from({ length: 3 }, (_, i) => Array.from(windowOf(stream, i, options)))).toEqual([
    [0, 0, 1, 2, 3],
    [2, 3, 4, 5, 6],
    [5, 6, 7, 8, 9],
  ]);
  const close = { size: 4, step: 2, context: 3 };
  expect(windowCount(10, close)).toBe(4);
  expect(Array.from(windowOf(stream, 1, close))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect([windowCount(2, options), windowCount(0, close)]).toEqual([0, 0]);
  // Middles at 1.5, 4.5 and 7.5 samples of ten a second.
  const heard = [0, 1, 2].map((i) => isActive(i, options, 10, [{ start: 0.15, end: 0.45 }]));
  expect(heard).toEqual([true, false, false]);
});

describe("mel spectrograms are librosa's (0.11)", () => {
  const samples = Float32Array.from(
    { length: 2000 },
    (_, i) =>
      0.6 * Math.sin((2 * Math.PI * 440 * i) / 16_000) +
      0.3 * Math.sin((2 * Math.PI * 3000 * i) / 16_000 + 1) +
      (((i * 7919) % 1000) / 1000 - 0.5) * 0.2,
  );
  const plain = { rate: 16_000, size: 512, hop: 160, bands: 40, scale: "slaney", norm: "area", power: 2 } as const;
  test.for<[string, MelOptions, [number, number], number[]]>([
    ["Slaney's scale", plain, [40, 13], [0.473057785, 0.000866276959, 0.00292569831, 0.00365428449, 1620.42757]],
    [
      "HTK's scale, magnitudes, not centred, of a size that is no power of two",
      {
        rate: 16_000,
        size: 400,
        hop: 160,
        bands: 32,
        low: 60,
        high: 3800,
        scale: "htk",
        norm: "height",
        power: 1,
        centre: false,
      },
      [32, 11],
      [0.0433074379, 0.0272810265, 0.720499436, 0.195723979, 2302.08577],
    ],
    [
      "a shorter window",
      { ...plain, window: 400 },
      [40, 13],
      [0.473940171, 0.0129986946, 0.00245590837, 0.00276503362, 1273.01561],
    ],
    ["decibels", { ...plain, log: "db" }, [40, 13], [-3.25085806, -30.6234324, -25.3377046, -24.3719765, -10_125.4964]],
  ])("%s", ([, options, [bands, frames], wanted]) => {
    const mel = melSpectrogram(options)(samples);
    expect([mel.bands, mel.frames]).toEqual([bands, frames]);
    const at = (b: number, t: number): number => mel.data[b * frames + t]!;
    const found = [at(0, 0), at(3, 2), at(bands - 1, frames - 1), at(10, 5), mel.data.reduce((a, b) => a + b, 0)];
    for (const [i, value] of wanted.entries()) expect(Math.abs(found[i]! / value - 1), `${i}`).toBeLessThan(1e-4);
  });
});
