/** @file FLAC, decoded: RFC 9639, "Free Lossless Audio Codec" (2024). Section numbers are its. */
import { dataError } from "../../files.ts";
import { BitReader } from "./bits.ts";
import { crc16 } from "./crc16.ts";
import { FlacError } from "./error.ts";
import { isRate, mostSoundBytes, type Sound } from "../sound.ts";
import { readSubframe } from "./subframe.ts";

/** `path` is for messages. Every frame's check sum is compared. */
export function parseFlac(bytes: Uint8Array, path: string): Sound {
  try {
    return decode(bytes);
  } catch (error) {
    if (!(error instanceof FlacError)) throw error;
    throw dataError(path, "a whole FLAC file", error.message, error);
  }
}

interface StreamInfo {
  rate: number;
  channels: number;
  bits: number;
  /** 0 where it was not known when the file was written. */
  samples: number;
}

function decode(bytes: Uint8Array): Sound {
  const { info, start } = readMetadata(bytes);
  const { rate, channels, bits, samples } = info;
  const most = mostSoundBytes / 4 / channels;
  if (samples > most) throw new FlacError(`${samples} samples of ${channels} channels, more than 1 GiB`);
  // A frame takes some bytes, whatever the header claims.
  const parts: Float32Array[][] = Array.from({ length: channels }, () => []);
  let count = 0;
  const wanted = samples === 0 ? Infinity : samples;
  for (let at = start; at < bytes.length && count < wanted;) {
    const frame = readFrame(bytes, at, info);
    for (const [c, values] of frame.channels.entries())
      parts[c]!.push(Float32Array.from(values, (value) => value / 2 ** (bits - 1)));
    count += frame.channels[0]!.length;
    if (count > most) throw new FlacError("more than 1 GiB of samples");
    at = frame.end;
  }
  if (count < samples) throw new FlacError(`${count} of ${samples} samples`);
  return { rate, channels: parts.map((own) => joined(own, samples === 0 ? count : samples)) };
}

function joined(parts: readonly Float32Array[], length: number): Float32Array {
  const all = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part.subarray(0, length - at), at);
    at += part.length;
  }
  return all;
}

/** 8.1 and 8.2: blocks of metadata, of which the first says what all frames have. */
function readMetadata(bytes: Uint8Array): { info: StreamInfo; start: number } {
  const magic = [0x66, 0x4c, 0x61, 0x43];
  if (magic.some((byte, i) => bytes[i] !== byte)) throw new FlacError("something else");
  let info: StreamInfo | undefined;
  for (let at = 4; ;) {
    const head = new BitReader(bytes, at);
    const last = head.read(1) === 1;
    const kind = head.read(7);
    const size = head.read(24);
    if (kind === 0) {
      // Sizes of blocks and frames, which frames say themselves.
      head.read(40);
      head.read(40);
      info = { rate: head.read(20), channels: head.read(3) + 1, bits: head.read(5) + 1, samples: head.read(36) };
    }
    at += 4 + size;
    if (!last) continue;
    if (!info) throw new FlacError("no block that says rate and channels");
    if (!isRate(info.rate)) throw new FlacError(`${info.rate} samples a second`);
    if (info.bits < 4) throw new FlacError(`samples of ${info.bits} bits`);
    return { info, start: at };
  }
}

/** 9.1.1: samples of a block by code; 6 and 7 stand behind the header. */
const blockSizes = [0, 192, 576, 1152, 2304, 4608, 0, 0, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768];
/** 9.1.4: bits of a sample by code; 0 is as the stream has it. */
const sampleBits = [0, 8, 12, -1, 16, 20, 24, 32];

/** 9: a header, a subframe per channel, a check sum. */
function readFrame(bytes: Uint8Array, start: number, info: StreamInfo): { channels: Float64Array[]; end: number } {
  const reader = new BitReader(bytes, start);
  if (reader.read(15) !== 0x7ffc) throw new FlacError(`no frame at byte ${start}`);
  reader.read(1);
  const [blockCode, rateCode, assignment, bitsCode] = [reader.read(4), reader.read(4), reader.read(4), reader.read(3)];
  reader.read(1);
  // 9.1.5: the number of the frame, as many bytes as its first has ones in front.
  for (let more = Math.clz32(~(reader.read(8) << 24)) - 1; more > 0; more--) reader.read(8);
  const size = blockCode === 6 ? reader.read(8) + 1 : blockCode === 7 ? reader.read(16) + 1 : blockSizes[blockCode]!;
  if (rateCode >= 12) reader.read(rateCode === 12 ? 8 : 16);
  reader.read(8);
  const bits = bitsCode === 0 ? info.bits : sampleBits[bitsCode]!;
  const count = assignment < 8 ? assignment + 1 : 2;
  if (size === 0 || assignment > 10 || bits !== info.bits || count !== info.channels)
    throw new FlacError(`a frame at byte ${start} of another kind than the stream`);
  const side = sideChannel[assignment];
  const channels = Array.from({ length: count }, (_, c) => readSubframe(reader, size, bits + (c === side ? 1 : 0)));
  if (side !== undefined) decorrelate(channels as [Float64Array, Float64Array], assignment);
  const end = reader.align();
  if (reader.read(16) !== crc16(bytes.subarray(start, end))) throw new FlacError(`a damaged frame at byte ${start}`);
  return { channels, end: end + 2 };
}

/** 9.1.3: the channel that holds left less right, which takes a bit more. */
const sideChannel: Record<number, number> = { 8: 1, 9: 0, 10: 1 };

/** 4.2: left and right again. */
function decorrelate([a, b]: [Float64Array, Float64Array], assignment: number): void {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (assignment === 8) b[i] = x - y;
    else if (assignment === 9) a[i] = x + y;
    else {
      // The middle lost its lowest bit, which is that of the side.
      const sum = 2 * x + Math.abs(y % 2);
      a[i] = (sum + y) / 2;
      b[i] = (sum - y) / 2;
    }
  }
}
