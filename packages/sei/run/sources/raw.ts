/** @file Frames as raw bytes of a stream, one after the other: stdin, or what ffmpeg writes. */
import type { Readable } from "node:stream";
import { InputError } from "@split-et-impera/core/errors";
import { sizeOf, tensorTypes, typedArrays, type TensorType } from "@split-et-impera/core/tensor";
import type { Captured } from "@split-et-impera/runtime/host";
import type { Source } from "./source.ts";

/** How the bytes of a frame are a value. */
export interface RawFrame {
  bytes: number;
  value(bytes: Uint8Array<ArrayBuffer>): Captured;
}

/** Pixels, height x width x channels. */
export const rawPixels = (bytes: number): RawFrame => ({ bytes, value: (pixels) => ({ pixels }) });

/** The model's input, in this machine's order of bytes: little-endian nearly everywhere. */
export function rawTensor(type: TensorType, dims: readonly number[]): RawFrame {
  if (type === "string") throw new InputError("ERR_USAGE", "--input -: a model that takes text has no raw frames");
  const array = typedArrays[type];
  return {
    bytes: sizeOf(dims) * tensorTypes[type],
    value: ({ buffer, byteOffset }) => ({
      tensor: { type, dims, data: new array(buffer, byteOffset, sizeOf(dims)) },
    }),
  };
}

/** @throws InputError `ERR_SOURCE` where the stream ends within a frame */
export async function* framesOf(stream: Readable, { bytes, value }: RawFrame, name: string): AsyncGenerator<Captured> {
  let frame = new Uint8Array(bytes);
  let filled = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    for (let at = 0; at < chunk.length;) {
      const count = Math.min(chunk.length - at, bytes - filled);
      frame.set(chunk.subarray(at, at + count), filled);
      at += count;
      filled += count;
      if (filled < bytes) continue;
      yield value(frame);
      frame = new Uint8Array(bytes);
      filled = 0;
    }
  }
  if (filled > 0)
    throw new InputError(
      "ERR_SOURCE",
      `${name}: expected whole frames of ${bytes} bytes, got ${filled} bytes at the end`,
    );
}

export function stdinSource(raw: RawFrame, count: number): Source {
  return {
    name: `raw frames of ${raw.bytes} bytes on stdin`,
    async *frames(signal) {
      let seen = 0;
      const end = (): void => void process.stdin.destroy();
      signal.addEventListener("abort", end);
      try {
        for await (const value of framesOf(process.stdin, raw, "stdin")) {
          yield { value };
          if (++seen === count || signal.aborted) break;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        signal.removeEventListener("abort", end);
      }
    },
  };
}
