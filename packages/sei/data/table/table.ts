/** @file Rows of named columns, whatever file they lie in. */
import type { TextFile } from "../../files/index.ts";

/** What stands in a row under a name: text of CSV and TSV; of the others also numbers, lists, bytes; undefined where nothing does. */
export type Cell = unknown;

export interface Table {
  /** Names, in the file's order. */
  columns: readonly string[];
  count: number;
  /** The cells of rows `from` to `to` (exclusive) in some columns; nothing else is read where the file allows it. */
  read(columns: readonly string[], from: number, to: number): Promise<Record<string, Cell>[]>;
  /** For messages: `labels.tsv:12`. */
  where(row: number): string;
}

/** Tables of text are read whole; Parquet is read in parts and may have any size. */
export const tableText: TextFile = { code: "ERR_DATA_FILE", what: "a table", most: 2 ** 28 };
/** Rows of a table. */
export const mostRows = 10_000_000;
