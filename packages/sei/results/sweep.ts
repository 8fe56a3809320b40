/** @file What a sweep leaves beside its results: which variant is in which folder. */
import { InputError } from "@split-et-impera/core/errors";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readText } from "../files/index.ts";
import { readResult } from "../result/index.ts";
import { mostVariants } from "../study/vary.ts";
import type { Entry } from "./rows.ts";

export const sweepFile = "sweep.json";
const mostBytes = 2 ** 24;

const folderName = /^v\d{1,4}$/;
const definition = z.strictObject({
  format: z.literal(1),
  version: z.string(),
  study: z.string(),
  variants: z
    .array(
      z.strictObject({
        /** Beside this file. */
        folder: z.string().regex(folderName),
        settings: z.record(z.string(), z.unknown()),
        recommended: z.string().nullable(),
      }),
    )
    .max(mostVariants),
});

export type Sweep = z.output<typeof definition>;

/** The folder of a variant by its place. */
export const variantFolder = (place: number, count: number): string =>
  `v${String(place + 1).padStart(String(count).length, "0")}`;

/**
 * Results of files and folders: a folder's are those that its `sweep.json` names, else its `result.json`, else those of the folders in it.
 * @throws InputError where one holds none
 */
export async function readEntries(paths: readonly string[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const path of paths) entries.push(...(await entriesOf(path, true)));
  return entries;
}

async function entriesOf(path: string, deeper: boolean): Promise<Entry[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [{ file: path, settings: {}, result: await readResult(path) }];
  const names = await readdir(path);
  if (names.includes(sweepFile)) return sweptEntries(path);
  if (names.includes("result.json")) return entriesOf(join(path, "result.json"), false);
  const inside: Entry[] = [];
  for (const name of deeper ? names.toSorted() : [])
    if ((await stat(join(path, name))).isDirectory() && (await hasResults(join(path, name))))
      inside.push(...(await entriesOf(join(path, name), false)));
  if (inside.length > 0) return inside;
  throw new InputError(
    "ERR_RESULT",
    `${path}: holds no result.json and no ${sweepFile}, as \`sei design\` writes them`,
  );
}

const hasResults = async (folder: string): Promise<boolean> =>
  (await readdir(folder)).some((name) => name === sweepFile || name === "result.json");

async function sweptEntries(folder: string): Promise<Entry[]> {
  const file = join(folder, sweepFile);
  const { variants } = await readSweep(file);
  const entries: Entry[] = [];
  for (const { folder: own, settings } of variants) {
    const path = join(folder, own, "result.json");
    entries.push({ file: path, settings, result: await readResult(path) });
  }
  return entries;
}

async function readSweep(file: string): Promise<Sweep> {
  const text = await readText(file, { code: "ERR_RESULT", what: "a sweep", most: mostBytes });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError("ERR_RESULT", `${file}: is no JSON`, { cause: error });
  }
  const parsed = definition.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InputError(
    "ERR_RESULT",
    `${file}: is no sweep of this version: ${issue!.path.join(".")}: ${issue!.message}`,
  );
}
