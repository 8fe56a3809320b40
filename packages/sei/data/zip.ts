/**
 * @file Just enough of ZIP for NumPy's .npz: stored or deflated entries, found by the central directory.
 * PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (end record).
 */
import { crc32, inflateRawSync } from "node:zlib";
import { dataError } from "./files.ts";
import { memoryLimit } from "./dataset.ts";

interface Entry {
  deflated: boolean;
  crc: number;
  packed: number;
  size: number;
  /** Of the local header. */
  offset: number;
}

/** The entries of an archive by name, each unpacked when it is asked for. `path` is for messages. */
export function openZip(bytes: Uint8Array, path: string): { names: string[]; read(name: string): Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = readDirectory(view, bytes, path);
  return {
    names: [...entries.keys()],
    read(name) {
      const entry = entries.get(name);
      if (!entry) throw dataError(path, `an entry "${name}"`, [...entries.keys()].join(", ").slice(0, 200));
      return unpack(view, bytes, entry, `${path} (${name})`);
    },
  };
}

function readDirectory(view: DataView, bytes: Uint8Array, path: string): Map<string, Entry> {
  // The end record is the last 22 bytes, but for a comment of at most 65535.
  let end = bytes.length - 22;
  const lowest = Math.max(0, end - 65535);
  while (end >= lowest && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < lowest) throw dataError(path, "a ZIP archive", "no end record; is it cut short?");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) throw dataError(path, "an archive of less than 4 GiB", "ZIP64");
  const entries = new Map<string, Entry>();
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) {
      throw dataError(path, `${count} entries in the archive's directory`, `a broken one at number ${i + 1}`);
    }
    const method = view.getUint16(at + 10, true);
    const flags = view.getUint16(at + 8, true);
    const nameLength = view.getUint16(at + 28, true);
    const next = at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) throw dataError(path, "directory entries inside the archive", `one that ends at ${next}`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if ((method !== 0 && method !== 8) || (flags & 1) !== 0) {
      throw dataError(
        path,
        "stored or deflated entries",
        `"${name}" in method ${method}${flags & 1 ? ", encrypted" : ""}`,
      );
    }
    entries.set(name, {
      deflated: method === 8,
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at = next;
  }
  return entries;
}

function unpack(view: DataView, bytes: Uint8Array, entry: Entry, path: string): Uint8Array {
  const { offset, packed, size } = entry;
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== 0x04034b50) {
    throw dataError(path, "a local header where the directory says", `none at ${offset}`);
  }
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packed > bytes.length) throw dataError(path, `${packed} bytes at ${start}`, "the archive's end");
  if (size > memoryLimit) throw dataError(path, "at most 2 GiB unpacked", `${size} bytes`);
  const source = bytes.subarray(start, start + packed);
  let content: Uint8Array = source;
  if (entry.deflated) {
    try {
      content = inflateRawSync(source, { maxOutputLength: Math.max(1, size) });
    } catch (error) {
      throw dataError(path, `deflated data of ${size} bytes`, (error as Error).message, error);
    }
  }
  if (content.length !== size) throw dataError(path, `${size} bytes unpacked`, `${content.length}`);
  if (crc32(content) !== entry.crc)
    throw dataError(path, "the checksum of the archive", "another: the data are corrupt");
  return content;
}
