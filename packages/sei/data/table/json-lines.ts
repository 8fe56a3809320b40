/** @file JSON Lines: an object a line, whose fields are columns. */
import { readText } from "../../files/index.ts";
import { dataError } from "../files.ts";
import { mostRows, tableText, type Cell, type Table } from "./table.ts";

export async function readJsonLines(path: string): Promise<Table> {
  return parseJsonLines(await readText(path, tableText), path);
}

/**
 * @param path for messages
 * @throws InputError naming the line that is no object
 */
export function parseJsonLines(text: string, path: string): Table {
  const rows: Record<string, Cell>[] = [];
  const lines: number[] = [];
  const columns = new Set<string>();
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const where = `${path}:${i + 1}`;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (error) {
      throw dataError(where, "a JSON object in one line", (error as Error).message.slice(0, 200), error);
    }
    if (typeof row !== "object" || row === null || Array.isArray(row))
      throw dataError(
        where,
        "a JSON object",
        row === null ? "null" : Array.isArray(row) ? "a list" : `a ${typeof row}`,
      );
    if (rows.length === mostRows) throw dataError(path, `at most ${mostRows} rows`, "more");
    for (const name of Object.keys(row)) columns.add(name);
    rows.push(row as Record<string, Cell>);
    lines.push(i + 1);
  }
  return {
    columns: [...columns],
    count: rows.length,
    read: (names, from, to) =>
      Promise.resolve(
        rows
          .slice(from, to)
          .map((row) =>
            Object.fromEntries(names.map((name) => [name, Object.hasOwn(row, name) ? row[name] : undefined])),
          ),
      ),
    where: (row) => `${path}:${lines[row]}`,
  };
}
