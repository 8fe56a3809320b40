/** @file Text as it stands in a URL, where `%20` is a blank. */

/** Undefined where a `%` begins no such escape, or they are no UTF-8. */
export function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
