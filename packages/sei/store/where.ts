/** @file Where results are kept unless told. */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * `SEI_CACHE`, else `split-et-impera` in the user's cache folder (XDG_CACHE_HOME, which counts only as an absolute path, as
 * its specification says). Undefined for a user without a home.
 */
export function usualFolder(): string | undefined {
  const own = process.env["SEI_CACHE"];
  if (own) return own;
  const shared = process.env["XDG_CACHE_HOME"];
  if (shared !== undefined && isAbsolute(shared)) return join(shared, "split-et-impera");
  const home = homeFolder();
  return home === undefined ? undefined : join(home, ".cache", "split-et-impera");
}

function homeFolder(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    // The user's number stands in no list of users, as in many containers.
    return undefined;
  }
}
