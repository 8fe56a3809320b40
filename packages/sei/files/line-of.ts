/** @file Where in a text of JSON something stands. */

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
