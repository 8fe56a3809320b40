/** @file The command that is running, in words that a shell takes again. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Origin } from "../report/index.ts";

/**
 * What to tell of this run of `sei COMMAND`.
 * @param study the study's file, as it was given; read again for its digest
 * @param flags by name, as they were given: undefined and false are left out, true stands alone, a list is given again
 */
export async function originOf(
  command: string,
  study: string,
  flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
): Promise<Origin> {
  const folder = process.cwd();
  // A file that begins with a dash would be taken for a flag.
  const file = study.startsWith("-") ? `./${study}` : study;
  const given = Object.entries(flags).flatMap(([name, value]) =>
    Array.isArray(value)
      ? (value as string[]).map((one) => [name, one] as const)
      : [[name, value as string | boolean | undefined] as const],
  );
  const words = given.flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    // In one word, so that a value may begin with a dash.
    return value === true ? [`--${name}`] : value.startsWith("-") ? [`--${name}=${value}`] : [`--${name}`, value];
  });
  return {
    folder,
    command: [...launcher(folder), command, file, ...words],
    studySha256: createHash("sha256")
      .update(await readFile(study))
      .digest("hex"),
    node: process.versions.node,
  };
}

/** `npx sei` where npx finds a `sei` from this folder up; otherwise this Node and this package's own script. */
function launcher(folder: string): string[] {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "node_modules", ".bin", "sei"))) return ["npx", "sei"];
    if (dirname(at) === at) return [process.execPath, script()];
  }
}

/** `bin/sei.js` of the package that this file is in, whether as source or built. */
function script(): string {
  for (let at = import.meta.dirname; ; at = dirname(at)) {
    const file = join(at, "bin", "sei.js");
    if (existsSync(file) || dirname(at) === at) return file;
  }
}
