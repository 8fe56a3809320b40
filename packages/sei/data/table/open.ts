/** @file Opening a table by the ending of its name. */
import { InputError } from "@split-et-impera/core/errors";
import { extname } from "node:path";
import { dataError, fileSize } from "../files.ts";
import { readDelimited } from "./delimited.ts";
import { readJsonLines } from "./json-lines.ts";
import { openParquet } from "./parquet.ts";
import type { Table } from "./table.ts";

const readers: Record<string, (path: string) => Promise<Table>> = {
  ".csv": (path) => readDelimited(path, ","),
  ".tsv": (path) => readDelimited(path, "\t"),
  ".jsonl": readJsonLines,
  ".ndjson": readJsonLines,
  ".parquet": openParquet,
};

/** For messages: `.csv, .tsv, ...` */
export const tableEndings = Object.keys(readers).join(", ");

export const isTable = (name: string): boolean => Object.hasOwn(readers, extname(name).toLowerCase());

/** Throws `InputError` naming the file and, of text, the line. */
export async function openTable(path: string): Promise<Table> {
  const reader = readers[extname(path).toLowerCase()];
  if (!reader) throw new InputError("ERR_DATA_FILE", `${path}: expected a table (${tableEndings}), got another ending`);
  await fileSize(path, `a table (${tableEndings})`);
  const table = await reader(path);
  if (table.count === 0) throw dataError(path, "at least one row", "none");
  return table;
}
