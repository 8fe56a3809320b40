/** @file Reading texts whose size is bounded, from files only: a pipe would be waited for without end. */
import { InputError, type ErrorCode } from "@split-et-impera/core/errors";
import { formatBytes } from "@split-et-impera/core/units";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { reasonOf } from "./errors.ts";

export interface TextFile {
  /** The error's code: `ERR_STUDY_FILE`. */
  code: ErrorCode;
  /** What should be there, for messages: `a study file`. */
  what: string;
  /** Bytes at most. */
  most: number;
}

/** UTF-8 text without its byte-order mark. Throws `InputError` with the given code where there is no such text. */
export async function readText(file: string, { code, what, most }: TextFile): Promise<string> {
  const fail = (message: string, cause?: unknown): InputError =>
    new InputError(code, `${file}: ${message}`, cause === undefined ? undefined : { cause });
  try {
    // Not to wait for somebody to open a pipe's other end.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (found.isDirectory()) throw fail(`expected ${what}, got a folder`);
    if (!found.isFile()) throw fail(`expected ${what}, got a pipe or device; write it to a file first`);
    if (found.size > most) throw fail(`expected ${what} of at most ${sizeText(most)}, got ${found.size} bytes`);
    // Files of /proc have no size to trust, and others may grow meanwhile.
    const { bytesRead, buffer } = await handle.read(
      Buffer.alloc(Math.min(most, found.size || most) + 1),
      0,
      undefined,
      null,
    );
    if (bytesRead > most) throw fail(`expected ${what} of at most ${sizeText(most)}, got more`);
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof TypeError) throw fail(`expected ${what} as UTF-8 text, got other bytes`, error);
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    const why = absent ? "there is no such file" : `it cannot be read: ${reasonOf(error)}`;
    throw fail(`expected ${what}, but ${why}`, error);
  }
}

function sizeText(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20} MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : formatBytes(bytes);
}
