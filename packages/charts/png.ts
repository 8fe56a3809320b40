/** @file Small pictures inside the page: a PNG encoder (RFC 2083) for 8-bit RGB and RGBA. */
import { crc32, deflateSync } from "node:zlib";
import { Buffer } from "node:buffer";

/** A data URI of a picture; `pixels` is row-major, 3 (RGB) or 4 (RGBA) bytes a pixel, 0 to 255. */
export function pngDataUri(width: number, height: number, pixels: ArrayLike<number>): string {
  const channels = pixels.length === width * height * 4 ? 4 : 3;
  const stride = width * channels;
  const rows = Buffer.alloc(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    // The byte before each row names its filter; 0 is none.
    for (let x = 0; x < stride; x++) {
      const value = pixels[y * stride + x] ?? 0;
      rows[y * (stride + 1) + 1 + x] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 4 ? 6 : 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk("IDAT", deflateSync(rows, { level: 9 }));
  const file = Buffer.concat([signature, chunk("IHDR", header), data, chunk("IEND", Buffer.alloc(0))]);
  return `data:image/png;base64,${file.toString("base64")}`;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}
