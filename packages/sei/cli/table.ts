/** @file Plain tables for the terminal. */
import { printable, style } from "./text.ts";

/** Aligned columns; those in `right` are aligned to the right. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const safe = rows.map((row) => row.map((cell) => printable(cell)));
  const widths = header.map((title, i) => Math.max(title.length, ...safe.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [style("dim", line(header)), ...safe.map(line)].join("\n");
}
