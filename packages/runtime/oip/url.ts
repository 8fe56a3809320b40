/** @file Where a model is: `http://HOST:PORT/v2/models/NAME`, as people type it. */

/** Undefined where a text is no such URL; what stands before /v2 is a proxy's. */
export function modelUrl(text: string): URL | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const { username, password, search, hash, pathname } = url;
  if (username + password + search + hash !== "") return undefined;
  return /\/v2\/models\/[^/]+(\/versions\/[^/]+)?$/.test(pathname) ? url : undefined;
}
