/** @file Tables: CSV, TSV, JSON Lines and Parquet as rows of named columns. */
export { bytesOf, namesOf, numbersOf, textOf } from "./cells.ts";
export { findColumns, usualColumns, type ColumnNames } from "./columns.ts";
export { looksLikeTable, readTableFolder } from "./folder.ts";
export { columnInput, type InputCell } from "./inputs.ts";
export { isTable, openTable, tableEndings } from "./open.ts";
export type { Cell, Table } from "./table.ts";
