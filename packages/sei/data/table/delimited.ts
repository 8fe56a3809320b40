/**
 * @file CSV as RFC 4180 has it, with quotes; TSV as IANA's text/tab-separated-values has it, where a quote is a character
 * like any other.
 */
import { readText } from "../../files/index.ts";
import { dataError } from "../files.ts";
import { mostRows, tableText, type Cell, type Table } from "./table.ts";

/** Reads a file of rows whose first has the columns' names. */
export async function readDelimited(path: string, separator: "," | "\t"): Promise<Table> {
  return parseDelimited(await readText(path, tableText), separator, path);
}

/**
 * @param path for messages
 * @throws InputError naming the line where a row has another number of cells than the first, or a quote is never closed
 */
export function parseDelimited(text: string, separator: "," | "\t", path: string): Table {
  const records = separator === "," ? quotedRecords(text, path) : plainRecords(text);
  const first = records.next();
  if (first.done) throw dataError(path, "a first line with the names of the columns", "an empty file");
  const columns = first.value.cells;
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw dataError(`${path}:1`, "every column once", `"${twice}" again`);
  const rows: string[][] = [];
  const lines: number[] = [];
  for (const { cells, line } of records) {
    if (cells.length !== columns.length)
      throw dataError(`${path}:${line}`, `${columns.length} cells (${columns.join(", ")})`, `${cells.length}`);
    if (rows.length === mostRows) throw dataError(path, `at most ${mostRows} rows`, "more");
    rows.push(cells);
    lines.push(line);
  }
  const places = new Map(columns.map((name, i) => [name, i]));
  return {
    columns,
    count: rows.length,
    read: (names, from, to) =>
      Promise.resolve(
        rows
          .slice(from, to)
          .map((cells) => Object.fromEntries(names.map((name): [string, Cell] => [name, cells[places.get(name)!]]))),
      ),
    where: (row) => `${path}:${lines[row]}`,
  };
}

interface Record {
  cells: string[];
  /** Where it begins, from 1. */
  line: number;
}

function* plainRecords(text: string): Generator<Record, void> {
  let line = 0;
  for (const row of text.split("\n")) {
    line++;
    const content = row.endsWith("\r") ? row.slice(0, -1) : row;
    if (content !== "") yield { cells: content.split("\t"), line };
  }
}

/** What ends a cell that has no quotes. */
const cellEnd = /[,\r\n"]/g;

function* quotedRecords(text: string, path: string): Generator<Record, void> {
  let [at, line] = [0, 1];
  while (at < text.length) {
    const record: Record = { cells: [], line };
    for (;;) {
      let cell: string;
      if (text[at] === '"') {
        const end = closingQuote(text, at);
        if (end < 0) throw dataError(`${path}:${line}`, "a closing quote", "the end of the file");
        cell = text.slice(at + 1, end).replaceAll('""', '"');
        line += cell.split("\n").length - 1;
        at = end + 1;
      } else {
        cellEnd.lastIndex = at;
        const end = cellEnd.exec(text)?.index ?? text.length;
        cell = text.slice(at, end);
        at = end;
      }
      record.cells.push(cell);
      if (text[at] !== ",") break;
      at++;
    }
    if (text[at] === "\r" && (text[at + 1] === "\n" || at + 1 === text.length)) at++;
    if (at < text.length && text[at] !== "\n")
      throw dataError(`${path}:${line}`, "a comma or the end of the line after a cell", JSON.stringify(text[at]));
    at++;
    line++;
    // A line without anything is no row.
    if (record.cells.length > 1 || record.cells[0] !== "") yield record;
  }
}

/** The quote that ends the cell that one at `start` begins; two of them stand for one inside. -1 where there is none. */
function closingQuote(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}
