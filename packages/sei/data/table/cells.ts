/** @file What stands in a cell, as what it is needed for. */
import { dataError } from "../files.ts";
import type { Cell } from "./table.ts";

/** Text; of bytes the UTF-8 that they are. Undefined where nothing stands there. */
export function textOf(cell: Cell, where: string): string | undefined {
  if (cell === undefined || cell === null) return undefined;
  if (typeof cell === "string") return cell;
  if (typeof cell === "number" || typeof cell === "bigint" || typeof cell === "boolean") return String(cell);
  if (cell instanceof Uint8Array) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(cell);
    } catch (error) {
      throw dataError(where, "text", "bytes that are no UTF-8", error);
    }
  }
  throw dataError(where, "text", kindOf(cell));
}

/** One number or several: a list, or text that is a number or a list in brackets. Undefined where nothing stands there. */
export function numbersOf(cell: Cell, where: string): number[] | undefined {
  if (cell === undefined || cell === null || cell === "") return undefined;
  if (typeof cell === "number" || typeof cell === "bigint") return [finite(Number(cell), cell, where)];
  if (typeof cell === "string") {
    const text = cell.trim();
    if (text.startsWith("[") && text.endsWith("]"))
      return text
        .slice(1, -1)
        .split(/[,\s]+/)
        .filter((part) => part !== "")
        .map((part) => finite(Number(part), part, where));
    return [finite(text === "" ? Number.NaN : Number(text), cell, where)];
  }
  if (Array.isArray(cell) || ArrayBuffer.isView(cell))
    return Array.from(cell as ArrayLike<unknown>, (one) =>
      finite(typeof one === "number" || typeof one === "bigint" ? Number(one) : Number.NaN, one, where),
    );
  throw dataError(where, "a number or a list of numbers", kindOf(cell));
}

function finite(value: number, cell: unknown, where: string): number {
  if (Number.isFinite(value)) return value;
  throw dataError(where, "a finite number", typeof cell === "string" ? `"${cell.slice(0, 40)}"` : kindOf(cell));
}

/** Several names: a list, or text with bars or semicolons between them. Undefined where nothing stands there. */
export function namesOf(cell: Cell, where: string): string[] | undefined {
  if (cell === undefined || cell === null) return undefined;
  if (Array.isArray(cell) || (ArrayBuffer.isView(cell) && !(cell instanceof Uint8Array)))
    return Array.from(cell as ArrayLike<unknown>, (one) => textOf(one, where) ?? "");
  return (textOf(cell, where) ?? "")
    .split(/[|;]/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** A picture or sound inside a cell: its bytes, or a record of bytes and path, as Hugging Face's data sets have it. */
export function bytesOf(cell: Cell): Uint8Array | undefined {
  if (cell instanceof Uint8Array) return cell;
  if (typeof cell !== "object" || cell === null || !("bytes" in cell)) return undefined;
  return cell.bytes instanceof Uint8Array ? cell.bytes : undefined;
}

/** `null`, `a list`, `an object`, `NaN`: for messages. */
export function kindOf(cell: unknown): string {
  if (cell === null || cell === undefined) return "nothing";
  if (Array.isArray(cell) || ArrayBuffer.isView(cell)) return "a list";
  if (typeof cell === "number") return String(cell);
  return typeof cell === "object" ? "an object" : `a ${typeof cell}`;
}
