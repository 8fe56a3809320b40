/** @file Many results as one table. */
export { cellOf, columnsOf, type Cell, type Column } from "./columns.ts";
export { csvOf, parquetOf } from "./files.ts";
export { filtered } from "./filter.ts";
export { rowsOf, type Entry, type Row } from "./rows.ts";
export { readEntries, sweepFile, variantFolder, type Sweep } from "./sweep.ts";
