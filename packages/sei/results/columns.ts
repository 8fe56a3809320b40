/** @file The columns of the table, and each row's cell. */
import type { Row } from "./rows.ts";

export interface Column {
  name: string;
  type: "STRING" | "DOUBLE" | "BOOLEAN" | "INT32";
  /** The field of the settings that it holds. */
  setting?: string;
}

export type Cell = string | number | boolean | undefined;

/** Those of all rows: what variants set comes behind the study's name. */
export function columnsOf(rows: readonly Row[]): Column[] {
  const fields = [...new Set(rows.flatMap(({ settings }) => Object.keys(settings)))];
  return [
    { name: "study", type: "STRING" },
    ...fields.map((setting): Column => ({ name: setting, type: "STRING", setting })),
    { name: "file", type: "STRING" },
    { name: "rate_bit_per_s", type: "DOUBLE" },
    { name: "delay_s", type: "DOUBLE" },
    { name: "loss_share", type: "DOUBLE" },
    { name: "design", type: "STRING" },
    { name: "kind", type: "STRING" },
    { name: "recommended", type: "BOOLEAN" },
    { name: "pareto", type: "BOOLEAN" },
    { name: "metric", type: "STRING" },
    { name: "value", type: "DOUBLE" },
    { name: "lo", type: "DOUBLE" },
    { name: "hi", type: "DOUBLE" },
    { name: "n", type: "INT32" },
  ];
}

export const cellOf = (row: Row, { name, setting }: Column): Cell =>
  setting === undefined ? (row[name as keyof Row] as Cell) : row.settings[setting];
