/** @file Text files of numbers from outside: read with a bound, and where in them something stands. */
import { InputError, type ErrorCode } from "@split-et-impera/core/errors";
import { readFile, stat } from "node:fs/promises";

/**
 * Reads at most `most` bytes of UTF-8 text from a regular file; a pipe without a writer would never end.
 * @param what expected, for the message
 * @throws InputError with `code`
 */
export async function readText(file: string, most: number, code: ErrorCode, what: string): Promise<string> {
  const fail = (got: string, cause?: unknown): InputError =>
    new InputError(code, `${file}: expected ${what}, ${got}`, { cause });
  try {
    // Asked before it is opened: opening a pipe waits for its writer.
    const stats = await stat(file);
    if (!stats.isFile()) throw fail(stats.isDirectory() ? "got a folder" : "got no regular file");
    if (stats.size > most) throw fail(`of at most ${most / 2 ** 20} MiB, got ${(stats.size / 2 ** 20).toFixed(0)} MiB`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof TypeError) throw fail("got bytes that are no UTF-8 text", error);
    const { code: why } = error as NodeJS.ErrnoException;
    throw fail(
      why === "ENOENT" ? "but there is no such file" : `but it cannot be read (${why ?? String(error)})`,
      error,
    );
  }
}

/** The line, from 1, on which a value of a JSON text stands; that of what holds it where it is missing. */
export function lineOf(text: string, path: readonly (string | number)[]): number {
  let at = 0;
  for (const key of path) {
    if (typeof key === "number") continue;
    const found = text.indexOf(JSON.stringify(key), at);
    if (found < 0) break;
    at = found;
  }
  return text.slice(0, at).split("\n").length;
}
