/** @file Which rows are asked for: `kind=SC`, `metric=accuracy,latency_p95_s`, `value<0.05`, `design~uint8`. */
import { InputError } from "@split-et-impera/core/errors";
import { nearest } from "../nearest.ts";
import { cellOf, type Column } from "./columns.ts";
import type { Row } from "./rows.ts";

type Test = (cell: string | number | boolean | undefined) => boolean;

const tests: Record<string, (asked: string) => Test> = {
  "=": (asked) => (cell) => asked.split(",").includes(String(cell)),
  "!=": (asked) => (cell) => !asked.split(",").includes(String(cell)),
  "~": (asked) => (cell) => String(cell).includes(asked),
  "<=": (asked) => (cell) => Number(cell) <= Number(asked),
  ">=": (asked) => (cell) => Number(cell) >= Number(asked),
  "<": (asked) => (cell) => Number(cell) < Number(asked),
  ">": (asked) => (cell) => Number(cell) > Number(asked),
};

/**
 * The rows of which every condition is true.
 * @throws InputError `ERR_USAGE` where a condition is none, names a column that there is not, or compares what are no numbers
 */
export function filtered(rows: readonly Row[], columns: readonly Column[], conditions: readonly string[]): Row[] {
  const all = conditions.map((condition) => {
    const [, name = "", operator = "", asked = ""] = /^(.+?)(!=|<=|>=|=|~|<|>)(.*)$/s.exec(condition) ?? [];
    const column = columns.find((one) => one.name === name);
    if (operator === "" || !column) {
      const names = columns.map((one) => one.name);
      throw new InputError(
        "ERR_USAGE",
        operator === ""
          ? `--where: expected COLUMN=VALUE (or !=, ~, <, >, <=, >=), got "${condition}"`
          : `--where: no column "${name}"${nearest(name, names) || `; there are ${names.join(", ")}`}`,
      );
    }
    if (operator.startsWith("<") || operator.startsWith(">")) checkNumbers(rows, column, operator, asked);
    const test = tests[operator]!(asked);
    return (row: Row) => test(cellOf(row, column));
  });
  return rows.filter((row) => all.every((test) => test(row)));
}

/** What is no number is neither less nor more: nothing would be found, and nobody would know why. */
function checkNumbers(rows: readonly Row[], column: Column, operator: string, asked: string): void {
  if (asked.trim() === "" || Number.isNaN(Number(asked)))
    throw new InputError("ERR_USAGE", `--where: expected a number behind "${column.name}${operator}", got "${asked}"`);
  const cells = rows.map((row) => cellOf(row, column)).filter((cell) => cell !== undefined);
  if (cells.length === 0 || cells.some((cell) => typeof cell !== "boolean" && !Number.isNaN(Number(cell)))) return;
  throw new InputError(
    "ERR_USAGE",
    `--where: expected a column of numbers before "${operator}", got "${column.name}" with "${cells[0]}"; compare it by =, != or ~`,
  );
}
