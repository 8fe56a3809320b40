/** @file What the file system refused, in words. */
import { InputError } from "@split-et-impera/core/errors";

const reasons: Record<string, string> = {
  EACCES: "no permission",
  EPERM: "not permitted",
  ENOENT: "there is no such folder",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EISDIR: "a folder is there",
  ENOTDIR: "a file stands where a folder should",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
  EFBIG: "the file would be too large",
  EIO: "the disk failed",
  EPIPE: "nobody reads it any more",
};

/** What went wrong, for a message: `the disk is full (ENOSPC)`. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code !== "string") return message || String(error);
  const known = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  return known === undefined ? code : `${known} (${code})`;
}

/** `ERR_OUTPUT` for a path; an `InputError` stays as it is, and what the file system did not say is a bug of ours. */
export function cannotWrite(path: string, error: unknown): Error {
  if (error instanceof InputError) return error;
  return new InputError("ERR_OUTPUT", `${path}: cannot be written: ${reasonOf(error)}`, { cause: error });
}
