/** @file Text files of bounded size, as UTF-8. */
import { dataError, fileSize, readWhole } from "../files.ts";
import { mostTextBytes } from "./table.ts";

/** The whole file, without a byte order mark. Throws `InputError` where it is too large or no UTF-8. */
export async function readText(path: string): Promise<string> {
  const what = "a table in UTF-8";
  const size = await fileSize(path, what);
  if (size > mostTextBytes) throw dataError(path, `${what} of at most 256 MiB`, `${size} bytes`);
  const bytes = await readWhole(path, what);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw dataError(path, what, "bytes that are none", error);
  }
}
