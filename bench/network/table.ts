/** @file CSV tables of the truth, and the statistics that are compared with it. */
import { readFileSync } from "node:fs";

export type Row = Record<string, string>;

export function readTable(file: string): { columns: string[]; rows: Row[] } {
  const [head, ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const columns = head!.split(",");
  return {
    columns,
    rows: lines.map((line) => {
      const values = line.split(",");
      return Object.fromEntries(columns.map((column, i) => [column, values[i] ?? ""]));
    }),
  };
}

/** Quantile by linear interpolation between order statistics. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!);
}

/** How far `value` lies outside [lo, hi], relative to the nearer end; 0 inside; negative below. */
export function distance(value: number, lo: number, hi: number): number {
  if (value < lo) return (value - lo) / lo;
  if (value > hi) return (value - hi) / hi;
  return 0;
}
