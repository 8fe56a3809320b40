/**
 * @file WAV: numbers as they are, in a RIFF of chunks. Microsoft's "Multimedia Programming Interface and Data
 * Specifications 1.0" (1991), and WAVE_FORMAT_EXTENSIBLE.
 */
import { dataError } from "../files.ts";
import { isRate, mostSoundBytes, rateText, type Sound } from "./sound.ts";

const pcm = 1;
const float = 3;
const extensible = 0xfffe;

/** How one sample is read, by the format's number and its bits. */
const readers: Record<string, (view: DataView, at: number) => number> = {
  [`${pcm}/8`]: (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  [`${pcm}/16`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${pcm}/24`]: (view, at) => (view.getUint16(at, true) + 2 ** 16 * view.getInt8(at + 2)) / 2 ** 23,
  [`${pcm}/32`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${float}/32`]: (view, at) => view.getFloat32(at, true),
  [`${float}/64`]: (view, at) => view.getFloat64(at, true),
};

/** Reads integers of 8, 16, 24 or 32 bits and floats of 32 or 64. `path` is for messages. */
export function parseWav(bytes: Uint8Array, path: string): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || name(0) !== "RIFF" || name(8) !== "WAVE")
    throw dataError(path, "a WAV file (RIFF, WAVE)", "something else");
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (name(at) === "fmt ") format = formatOf(view, start, size, path);
    else if (name(at) === "data") {
      if (!format) throw dataError(path, "a chunk `fmt ` before the samples", "none");
      // Programs that write into a pipe do not know the size, and leave 0 or the largest there is.
      const unknown = size === 0 || size >= 2 ** 32 - 256;
      const there = bytes.length - start;
      if (!unknown && size > there) throw dataError(path, `${size} bytes of samples`, `${there}; was it cut short?`);
      return samples(view, start, unknown ? there : size, format, path);
    }
    // Chunks begin at even places.
    at = start + size + (size % 2);
  }
  throw dataError(path, "a chunk `data` with samples", "none");
}

interface Format {
  channels: number;
  rate: number;
  bytes: number;
  read(view: DataView, at: number): number;
}

function formatOf(view: DataView, at: number, size: number, path: string): Format {
  if (size < 16 || at + size > view.byteLength) throw dataError(path, "a whole chunk `fmt `", `${size} bytes`);
  const tag = view.getUint16(at, true);
  const kind = tag === extensible && size >= 26 ? view.getUint16(at + 24, true) : tag;
  const [channels, rate, bits] = [
    view.getUint16(at + 2, true),
    view.getUint32(at + 4, true),
    view.getUint16(at + 14, true),
  ];
  const read = readers[`${kind}/${bits}`];
  if (!read) {
    const known = "whole numbers of 8, 16, 24 or 32 bits (format 1) or floats of 32 or 64 (format 3)";
    throw dataError(path, known, `format ${kind} with ${bits} bits`);
  }
  if (channels === 0 || !isRate(rate))
    throw dataError(path, `channels, and ${rateText}`, `${channels} channels, ${rate} a second`);
  return { channels, rate, bytes: bits / 8, read };
}

function samples(view: DataView, start: number, size: number, format: Format, path: string): Sound {
  const { channels, rate, bytes, read } = format;
  const count = Math.floor(size / (bytes * channels));
  if (4 * count * channels > mostSoundBytes) throw dataError(path, "at most 1 GiB of samples", `${count} per channel`);
  const found = Array.from({ length: channels }, () => new Float32Array(count));
  let at = start;
  for (let i = 0; i < count; i++) {
    for (const channel of found) {
      const value = read(view, at);
      if (!Number.isFinite(value)) throw dataError(path, "finite samples", `${value} at sample ${i}`);
      channel[i] = value;
      at += bytes;
    }
  }
  return { rate, channels: found };
}
