/** @file The numbers in a PNG of palette or grey indices, which decoders of pictures turn into colours. */
import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { truthError } from "./annotated.ts";
import { fileSize, readWhole } from "../files.ts";

const mostPixels = 2 ** 26;
const mostBytes = 2 ** 28;
const signature = [137, 80, 78, 71, 13, 10, 26, 10];
const what = "a PNG of palette or grey indices";

export interface Indices {
  height: number;
  width: number;
  /** Row by row. */
  values: Uint8Array | Uint16Array;
}

interface Header {
  height: number;
  width: number;
  /** Bits of a pixel. */
  depth: number;
}

/** Reads a file as it is: no palette, no gamma. W3C, Portable Network Graphics, third edition. */
export async function readIndices(path: string): Promise<Indices> {
  const size = await fileSize(path, what);
  if (size > mostBytes) throw truthError(path, `${what} of at most 256 MiB`, `${size} bytes`);
  const bytes = await readWhole(path, what);
  const { header, packed } = chunksOf(bytes, path);
  const { height, width, depth } = header;
  const stride = Math.ceil((width * depth) / 8);
  const rows = await promisify(inflate)(packed, { maxOutputLength: height * (stride + 1) }).catch((error: Error) => {
    throw truthError(path, "whole pixels", error.message);
  });
  if (rows.length !== height * (stride + 1))
    throw truthError(path, `${height} rows of ${stride} bytes`, `${rows.length} bytes in all`);
  return { height, width, values: valuesOf(unfiltered(rows, header, stride, path), header, stride) };
}

/** The header, and the pixels as they are packed. */
function chunksOf(bytes: Uint8Array<ArrayBuffer>, path: string): { header: Header; packed: Buffer } {
  if (!signature.every((byte, i) => bytes[i] === byte)) throw truthError(path, what, "another file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Header | undefined;
  const parts: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (data.length < length || kind === "IEND") break;
    if (kind === "IHDR") header = headerOf(data, path);
    if (kind === "IDAT") parts.push(data);
    at += 12 + length;
  }
  if (!header || parts.length === 0) throw truthError(path, what, "one that is cut short");
  return { header, packed: Buffer.concat(parts) };
}

function headerOf(data: Uint8Array, path: string): Header {
  if (data.length !== 13) throw truthError(path, what, "another header");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, , , interlaced] = data.subarray(8) as unknown as [number, number, number, number, number];
  if (width === 0 || height === 0 || width * height > mostPixels)
    throw truthError(path, "a mask of at most 67 megapixels", `${width} x ${height}`);
  if (colour !== 0 && colour !== 3)
    throw truthError(path, what, colour === 4 ? "grey with transparency" : "colours; a class for each is not known");
  if (![1, 2, 4, 8, 16].includes(depth)) throw truthError(path, "1 to 16 bits a pixel", `${depth}`);
  if (interlaced !== 0) throw truthError(path, "rows in order", "interlaced ones");
  return { width, height, depth };
}

/** Undoes what each row was made smaller by: section 9 of the standard. */
function unfiltered(rows: Uint8Array, { height, depth }: Header, stride: number, path: string): Uint8Array {
  const step = Math.max(1, depth / 8);
  const result = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    if (filter > 4) throw truthError(path, "whole pixels", `a row with filter ${filter}`);
    const to = y * stride;
    for (let x = 0; x < stride; x++) {
      const left = x < step ? 0 : result[to + x - step]!;
      const up = y === 0 ? 0 : result[to + x - stride]!;
      const corner = x < step || y === 0 ? 0 : result[to + x - stride - step]!;
      const guess = [0, left, up, (left + up) >> 1, filter === 4 ? paeth(left, up, corner) : 0][filter]!;
      result[to + x] = rows[y * (stride + 1) + 1 + x]! + guess;
    }
  }
  return result;
}

/** That of the three that is nearest to left + up - corner. */
function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function valuesOf(bytes: Uint8Array, { height, width, depth }: Header, stride: number): Uint8Array | Uint16Array {
  if (depth === 8) return bytes;
  const values = depth === 16 ? new Uint16Array(height * width) : new Uint8Array(height * width);
  const perByte = 8 / depth;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * stride + (depth === 16 ? 2 * x : Math.floor(x / perByte));
      values[y * width + x] =
        depth === 16
          ? (bytes[at]! << 8) | bytes[at + 1]!
          : (bytes[at]! >> (8 - depth * (1 + (x % perByte)))) & ((1 << depth) - 1);
    }
  return values;
}
