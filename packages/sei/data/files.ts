/** @file Reading files whose sizes are known and bounded before a byte is taken. */
import { InputError } from "@split-et-impera/core/errors";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { readText } from "../files/index.ts";
import { memoryLimit } from "./dataset.ts";

/** An `InputError` about a data file: which, what was expected, what is there. */
export function dataError(path: string, expected: string, found: string, cause?: unknown): InputError {
  return new InputError("ERR_DATA_FILE", `${path}: expected ${expected}, got ${found}`, { cause });
}

/** Size in bytes of the file at `path`; an `InputError` says what should be there when it is not a regular file. */
export async function fileSize(path: string, what: string): Promise<number> {
  const status = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw dataError(path, what, reason(error), error);
  });
  // Anything else, such as a named pipe, may have no end or never begin.
  if (!status.isFile()) throw dataError(path, what, status.isDirectory() ? "a folder" : "no regular file");
  return status.size;
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return "nothing there";
  if (error.code === "EACCES" || error.code === "EPERM") return "no permission to read";
  return error.code ?? error.message;
}

/** The whole file. */
export async function readWhole(path: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const size = await fileSize(path, what);
  if (size > memoryLimit) throw dataError(path, `${what} of at most 2 GiB`, `${size} bytes`);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw dataError(path, what, reason(error), error);
  });
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The whole file, unpacked when its name ends in .gz. */
export async function readMaybeGzip(path: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readWhole(path, what);
  if (!path.endsWith(".gz")) return bytes;
  try {
    const unpacked = await promisify(gunzip)(bytes, { maxOutputLength: memoryLimit });
    return new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength);
  } catch (error) {
    throw dataError(path, "a whole gzip file of at most 2 GiB unpacked", (error as Error).message, error);
  }
}

/** The first `bytes` bytes of a file. */
export async function readStart(path: string, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw dataError(path, `${bytes} bytes`, reason(error), error);
  });
  try {
    const buffer = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await file.read(buffer, filled, bytes - filled, filled);
      if (bytesRead === 0) throw dataError(path, `${bytes} bytes`, `${filled}; was it cut short meanwhile?`);
      filled += bytesRead;
    }
    return buffer;
  } finally {
    await file.close();
  }
}

/** What lies in a folder, sorted by name, but for hidden files. Links count as what they point to. */
export async function listFolder(path: string, what: string): Promise<{ files: string[]; folders: string[] }> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    throw dataError(path, what, error.code === "ENOTDIR" ? "a file" : reason(error), error);
  });
  const files: string[] = [];
  const folders: string[] = [];
  for (const name of names.filter((name) => !name.startsWith(".")).sort()) {
    const status = await stat(join(path, name)).catch(() => undefined);
    if (status?.isDirectory()) folders.push(name);
    else if (status?.isFile()) files.push(name);
  }
  return { files, folders };
}

const mostClassBytes = 4 * 2 ** 20;

/** Class names from a text file, one a line; undefined when there is no such file or nothing in it. */
export async function readClasses(path: string): Promise<string[] | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (!status) return undefined;
  const what = "a text file with a class name in every line";
  const text = await readText(path, { code: "ERR_DATA_FILE", what, most: mostClassBytes });
  const names = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw dataError(path, "every class once", `"${name}" again`);
    seen.add(name);
  }
  return names.length > 0 ? names : undefined;
}
