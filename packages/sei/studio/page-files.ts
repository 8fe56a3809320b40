/** @file The built page's files, read once: nothing else of the disk is served by name. */
import { pageFolder } from "@split-et-impera/studio";
import { InputError } from "@split-et-impera/core/errors";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

export interface PageFile {
  type: string;
  body: Uint8Array<ArrayBuffer>;
  /** Whether its name has its digest, so that it never changes. */
  hashed: boolean;
}

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** By path below the root: `index.html`, `assets/index-abc.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** @throws InputError `ERR_STUDIO` where the page is not built */
export async function readPage(folder: string = fileURLToPath(pageFolder)): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, PageFile>();
  for (const entry of entries) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length).split(sep).filter(Boolean).join("/");
    files.set(name, { type, body: new Uint8Array(await readFile(path)), hashed: name.startsWith("assets/") });
  }
  if (!files.has("index.html"))
    throw new InputError("ERR_STUDIO", "the studio's page is not built; `npm run build` in the project's root does it");
  return files;
}
