/** @file What the studio has open: studies and results by ids, in files that were named or lie below folders that were. */
import { InputError } from "@split-et-impera/core/errors";
import type { StudioDocument } from "@split-et-impera/studio";
import { createHash } from "node:crypto";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { resultTitle, studyTitle } from "./titles.ts";

/** Folders within a given one that are looked through for results, and entries at most. */
const mostDeep = 4;
const mostEntries = 20_000;

export class Documents {
  /** Folders below which files may be read and written; real paths. */
  readonly roots: readonly string[];
  private readonly named: readonly string[];

  private constructor(roots: readonly string[], named: readonly string[]) {
    this.roots = roots;
    this.named = named;
  }

  /**
   * Files by name, with the folders in which they lie, and folders with what is below them.
   * @throws InputError `ERR_STUDIO` where there is none of that name
   */
  static async open(paths: readonly string[]): Promise<Documents> {
    const roots: string[] = [];
    const named: string[] = [];
    for (const path of paths) {
      const real = await realpath(resolve(path)).catch(() => undefined);
      if (real === undefined)
        throw new InputError("ERR_STUDIO", `${path}: expected a study, a result or a folder, got nothing there`);
      const folder = (await stat(real)).isDirectory();
      roots.push(folder ? real : dirname(real));
      if (!folder) named.push(real);
    }
    return new Documents([...new Set(roots)], [...new Set(named)]);
  }

  /** Studies first, then results, newest first; those that were named before those that were found. */
  async list(): Promise<StudioDocument[]> {
    const found = new Set(this.named);
    for (const root of this.roots) for (const file of await filesBelow(root)) found.add(file);
    const all = await Promise.all(Array.from(found, documentOf));
    const rank = ({ file, kind }: StudioDocument): number =>
      (kind === "study" ? 0 : 2) + (this.named.includes(file) ? 0 : 1);
    return all
      .filter((one) => one !== undefined)
      .toSorted((a, b) => rank(a) - rank(b) || b.changed.localeCompare(a.changed) || a.file.localeCompare(b.file));
  }

  /** @throws InputError `ERR_STUDIO` where no such document is open */
  async get(id: string, kind: StudioDocument["kind"]): Promise<StudioDocument> {
    const found = (await this.list()).find((one) => one.id === id && one.kind === kind);
    if (!found) throw new InputError("ERR_STUDIO", `expected a ${kind} that is open, got "${id}"`);
    return found;
  }

  /** Whether a file, there or not yet, lies below a folder that was given. */
  async allows(file: string): Promise<boolean> {
    const real = await realpath(file).catch(async () =>
      join(await realpath(dirname(file)).catch(() => sep), basename(file)),
    );
    return this.roots.some((root) => {
      const way = relative(root, real);
      return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
    });
  }
}

async function documentOf(file: string): Promise<StudioDocument | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const kind = extname(file) === ".json" ? "result" : "study";
  const id = createHash("sha256").update(file).digest("hex").slice(0, 12);
  const title = await (kind === "study" ? studyTitle(file) : resultTitle(file));
  const changed = found.mtime.toISOString();
  return { id, kind, file, name: nameOf(file), ...(title !== undefined && { title }), changed };
}

/** `study.yaml` and `result.json` are called by their folder, anything else by itself. */
function nameOf(file: string): string {
  const own = basename(file, extname(file));
  return own === "study" || own === "result" ? basename(dirname(file)) : own;
}

const isDocument = (name: string): boolean => name === "result.json" || /^study[\w.-]*\.ya?ml$/.test(name);

/** Studies and results in a folder and the folders in it, without following links. */
async function filesBelow(root: string): Promise<string[]> {
  const found: string[] = [];
  let level = [root];
  let seen = 0;
  for (let depth = 0; depth <= mostDeep && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        if (++seen > mostEntries) return found;
        if (entry.isDirectory() && !/^(\.|node_modules$|dist$|bundle$)/.test(entry.name)) {
          next.push(join(folder, entry.name));
        } else if (entry.isFile() && isDocument(entry.name)) found.push(join(folder, entry.name));
      }
    }
    level = next;
  }
  return found;
}
