/** @file Sound files for tests. */
import { crc16 } from "../flac/crc16.ts";

export interface WavOptions {
  rate?: number;
  /** 1: whole numbers, 3: floats. */
  format?: 1 | 3;
  bits?: 8 | 16 | 24 | 32 | 64;
  /** Writes WAVE_FORMAT_EXTENSIBLE. */
  extensible?: boolean;
}

/** A WAV file of samples from -1 to 1, an array per channel. */
export function wavOf(channels: readonly ArrayLike<number>[], options: WavOptions = {}): Uint8Array<ArrayBuffer> {
  const { rate = 16_000, format = 1, bits = 16, extensible = false } = options;
  const [count, bytes] = [channels[0]!.length, bits / 8];
  const head = extensible ? 40 : 16;
  const size = count * channels.length * bytes;
  const file = new Uint8Array(28 + head + size);
  const view = new DataView(file.buffer);
  const put = (at: number, text: string): void => file.set(new TextEncoder().encode(text), at);
  put(0, "RIFF");
  view.setUint32(4, file.length - 8, true);
  put(8, "WAVEfmt ");
  view.setUint32(16, head, true);
  view.setUint16(20, extensible ? 0xfffe : format, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, rate, true);
  view.setUint16(34, bits, true);
  if (extensible) view.setUint16(44, format, true);
  let at = 20 + head;
  put(at, "data");
  view.setUint32(at + 4, size, true);
  at += 8;
  for (let i = 0; i < count; i++) {
    for (const channel of channels) {
      if (format === 3) view[bits === 32 ? "setFloat32" : "setFloat64"](at, channel[i]!, true);
      else {
        const whole = Math.round(channel[i]! * 2 ** (bits - 1));
        for (let b = 0; b < bytes; b++) file[at + b] = ((bits === 8 ? whole + 128 : whole) / 256 ** b) & 255;
        if (bits > 8) view.setInt8(at + bytes - 1, Math.floor(whole / 256 ** (bytes - 1)));
      }
      at += bytes;
    }
  }
  return file;
}

/** A FLAC file of whole numbers of 16 bits, one channel, kept as they are. */
export function flacOf(samples: readonly number[], rate = 16_000): Uint8Array<ArrayBuffer> {
  const bits: number[] = [];
  const put = (value: number, count: number): void => {
    for (let k = count - 1; k >= 0; k--) bits.push(Math.floor(value / 2 ** k) & 1);
  };
  const bytes = (): number[] =>
    Array.from({ length: bits.length / 8 }, (_, i) => Number.parseInt(bits.slice(8 * i, 8 * i + 8).join(""), 2));
  put(0x664c6143, 32);
  put(0x80, 8);
  put(34, 24);
  for (const [value, count] of [
    [samples.length, 16],
    [samples.length, 16],
    [0, 48],
    [rate, 20],
    [0, 3],
    [15, 5],
    [samples.length, 36],
    [0, 128],
  ] as const)
    put(value, count);
  const head = bytes();
  bits.length = 0;
  // Sync, a size in 16 bits behind the header, one channel, bits as the stream has them; frame 0.
  put(0xfff8, 16);
  put(0x70, 8);
  put(0x00, 8);
  put(0, 8);
  put(samples.length - 1, 16);
  // The header's own check sum is not looked at: the frame's covers it.
  put(0, 8);
  put(0b00000010, 8);
  for (const sample of samples) put(sample < 0 ? sample + 65_536 : sample, 16);
  const frame = Uint8Array.from(bytes());
  const sum = crc16(frame);
  return Uint8Array.from([...head, ...frame, sum >> 8, sum & 255]);
}
