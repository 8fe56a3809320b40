/** @file The table as files that other programs read: CSV and Parquet. */
import { parquetWriteBuffer } from "hyparquet-writer";
import { cellOf, type Cell, type Column } from "./columns.ts";
import type { Row } from "./rows.ts";

/** RFC 4180, with a line of names; numbers with all their digits, nothing where there is none. */
export function csvOf(rows: readonly Row[], columns: readonly Column[]): string {
  const quoted = (cell: Cell): string => {
    const text = cell === undefined ? "" : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map(({ name }) => name), ...rows.map((row) => columns.map((one) => cellOf(row, one)))];
  return lines.map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

export function parquetOf(rows: readonly Row[], columns: readonly Column[]): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map((column) => ({
        name: column.name,
        type: column.type,
        nullable: true,
        data: rows.map((row) => cellOf(row, column) ?? null),
      })),
    }),
  );
}
