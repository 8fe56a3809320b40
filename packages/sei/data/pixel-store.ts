/** @file Decoded pictures: in memory while they are few, else in a file that ends with the process. */
import { randomUUID } from "node:crypto";
import { openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataError } from "./files.ts";

/** Bytes that are held in memory; as many as a study's other work leaves room for. */
const inMemory = 2 ** 29;

/** Bytes that a file may take: pictures of a million pixels, twenty thousand of them. */
export const pixelLimit = 2 ** 36;

export interface PixelStore {
  /** Keeps the pixels of picture `at`, all of one size. */
  put(at: number, pixels: Uint8Array): void;
  /** Those of a picture that was put. Not to be written to. */
  get(at: number): Uint8Array;
}

/**
 * @param bytes of each picture
 * @param most bytes in memory, for tests
 */
export function pixelStore(count: number, bytes: number, most = inMemory): PixelStore {
  if (count * bytes > most) return fileStore(bytes);
  const all: Uint8Array[] = [];
  return { put: (at, pixels) => void (all[at] = pixels), get: (at) => all[at]! };
}

function fileStore(bytes: number): PixelStore {
  const path = join(tmpdir(), `sei-pixels-${randomUUID()}`);
  const file = openSync(path, "wx+", 0o600);
  // Without a name, nothing is left behind however the process ends.
  unlinkSync(path);
  return {
    put(at, pixels) {
      try {
        for (let done = 0; done < bytes;) done += writeSync(file, pixels, done, bytes - done, at * bytes + done);
      } catch (error) {
        throw dataError(tmpdir(), `room for pictures of ${bytes} bytes`, (error as Error).message, error);
      }
    },
    get(at) {
      const pixels = new Uint8Array(bytes);
      readSync(file, pixels, 0, bytes, at * bytes);
      return pixels;
    },
  };
}
