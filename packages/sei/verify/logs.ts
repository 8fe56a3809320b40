/** @file The frames of a verification kept beside its table, and the table made again from them. */
import { join } from "node:path";
import { InputError } from "@split-et-impera/core/errors";
import { readText, writeWhole } from "../files/index.ts";
import type { FrameLine } from "../run/index.ts";
import { warmUp } from "./calibrate.ts";
import type { Verification } from "./cell.ts";

export const tableName = "verification.json";

/** Of cell i. */
const logName = (cell: number): string => `cell-${cell + 1}.jsonl`;

export async function writeLog(folder: string, cell: number, lines: readonly FrameLine[]): Promise<void> {
  await writeWhole(join(folder, logName(cell)), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

export async function writeTable(folder: string, table: Verification): Promise<void> {
  await writeWhole(join(folder, tableName), `${JSON.stringify(table, null, 2)}\n`);
}

/** @throws InputError `ERR_VERIFICATION` where there is none, or a log is missing or damaged */
export async function readLogs(folder: string): Promise<{ table: Verification; lines: FrameLine[][] }> {
  const file = join(folder, tableName);
  const what = "the table of `sei verify`";
  const fail = (message: string, cause?: unknown): InputError => new InputError("ERR_VERIFICATION", message, { cause });
  const parse = (text: string, expected: string, revive?: Parameters<typeof JSON.parse>[1]): unknown => {
    try {
      return JSON.parse(text, revive);
    } catch (error) {
      throw fail(`${expected}: ${(error as Error).message}`, error);
    }
  };
  // JSON has no infinity: null is the latency of frames that were never answered.
  const never = (_: string, value: unknown): unknown => (value === null ? Infinity : value);
  const text = await readText(file, { code: "ERR_VERIFICATION", what, most: 2 ** 26 });
  const table = parse(text, `${file}: expected ${what}`, never) as Verification;
  if (table?.format !== 2 || !Array.isArray(table.cells)) throw fail(`${file}: expected ${what}, format 2`);
  const lines: FrameLine[][] = [];
  for (const [i, { frames }] of table.cells.entries()) {
    const name = join(folder, logName(i));
    const whole = {
      code: "ERR_VERIFICATION",
      what: "the frames of a cell, as `sei verify` keeps them",
      most: 2 ** 30,
    } as const;
    const found = (await readText(name, whole))
      .trim()
      .split("\n")
      .map((line, at) => parse(line, `${name}: line ${at + 1}: expected a frame of \`sei verify\``) as FrameLine);
    if (found.length !== frames + warmUp)
      throw fail(`${name}: expected ${frames + warmUp} frames, got ${found.length}`);
    lines.push(found);
  }
  return { table, lines };
}
