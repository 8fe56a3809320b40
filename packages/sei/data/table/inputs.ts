/** @file Columns of a table that hold inputs of a model: numbers, arrays in files, pictures. */
import type { DataOptions, WantedInput } from "@split-et-impera/core/study";
import { sizeOf } from "@split-et-impera/core/tensor";
import { dirname, join } from "node:path";
import { imageBatch, type NamedInput } from "../dataset.ts";
import { dataError, readWhole } from "../files.ts";
import { readPictures } from "../formats/pictures.ts";
import { parseNpy, shape } from "../npy.ts";
import { isPicture } from "../picture.ts";
import { bytesOf, kindOf, numbersOf, textOf } from "./cells.ts";
import type { Cell } from "./table.ts";

/** What a row has for an input. */
export interface InputCell {
  cell: Cell;
  /** The table's file, beside which files lie. */
  file: string;
  /** For messages: `labels.tsv:12, column ids`. */
  where: string;
}

/**
 * Reads a column for an input of a model: files of arrays (`.npy`), pictures (files, or their bytes), or numbers in cells (one,
 * or a list). Lists of whole numbers, such as tokens, are filled up with zeros or cut where the input says its length.
 *
 * @throws InputError naming the row
 */
export async function columnInput(
  cells: readonly InputCell[],
  want: WantedInput,
  options: DataOptions,
): Promise<{ input: NamedInput; notes: string[] }> {
  const [first] = cells;
  const text = typeof first!.cell === "string" ? first!.cell : undefined;
  if (text !== undefined && /\.npy$/i.test(text)) return { input: await arrays(cells), notes: [] };
  if (bytesOf(first!.cell) !== undefined || (text !== undefined && isPicture(text)))
    return pictures(cells, want, options);
  return numbers(cells, want);
}

const besides = ({ cell, file, where }: InputCell): string => {
  const name = textOf(cell, where);
  if (!name) throw dataError(where, "the name of a file", kindOf(cell));
  return join(dirname(file), name);
};

async function arrays(cells: readonly InputCell[]): Promise<NamedInput> {
  const rows: ArrayLike<number>[] = [];
  let dims: readonly number[] | undefined;
  for (const one of cells) {
    const path = besides(one);
    const array = parseNpy(await readWhole(path, "a .npy array"), path);
    dims ??= array.dims;
    if (String(array.dims) !== String(dims))
      throw dataError(path, `shape ${shape(dims)}, as the first has`, shape(array.dims));
    rows.push(array.data);
  }
  return inputOf(rows, dims!, cells[0]!.where);
}

async function pictures(
  cells: readonly InputCell[],
  want: WantedInput,
  options: DataOptions,
): Promise<{ input: NamedInput; notes: string[] }> {
  const files = cells.map((one) => {
    const bytes = bytesOf(one.cell);
    return bytes ? { path: one.where, bytes: () => Promise.resolve(bytes) } : besides(one);
  });
  const { normalise, layout } = options;
  const {
    shape: of,
    pixels,
    fitted,
  } = await readPictures({
    folder: cells[0]!.where,
    all: files,
    chosen: files,
    options: { ...options, input: want.dims },
    progress: undefined,
  });
  const { height, width, channels } = of;
  const input: NamedInput = {
    dims: layout === "NCHW" ? [channels, height, width] : [height, width, channels],
    where: cells[0]!.where,
    batch: (indices) => imageBatch(Array.from(indices, pixels), of, normalise, layout).data,
  };
  return { input, notes: fitted };
}

function numbers(cells: readonly InputCell[], want: WantedInput): { input: NamedInput; notes: string[] } {
  const lists = cells.map(({ cell, where }) => {
    const found = numbersOf(spaced(cell), where);
    if (!found) throw dataError(where, `numbers for the input "${want.name}"`, kindOf(cell));
    return found;
  });
  const lengths = new Set(lists.map(({ length }) => length));
  const wanted = sizeOf(want.dims);
  const length = wanted > 0 ? wanted : Math.max(...lengths);
  if ([...lengths].every((one) => one === length))
    return {
      input: inputOf(
        lists,
        wanted > 0 ? want.dims : length === 1 && want.dims.length === 0 ? [] : [length],
        cells[0]!.where,
      ),
      notes: [],
    };
  const other = lists.findIndex((list) => list.length !== length);
  if (!/^u?int/.test(want.type))
    throw dataError(cells[other]!.where, `${length} numbers for the input "${want.name}"`, `${lists[other]!.length}`);
  const filled = lists.map((list) => Array.from({ length }, (_, i) => list[i] ?? 0));
  const [shorter, longer] = [
    lists.filter((list) => list.length < length).length,
    lists.filter((list) => list.length > length).length,
  ];
  const notes = [
    `of ${lists.length} rows for the input "${want.name}" ${shorter} are filled up with zeros to ${length} numbers${longer > 0 ? `, and ${longer} are cut` : ""}`,
  ];
  return { input: inputOf(filled, [length], cells[0]!.where), notes };
}

/** `5 7 9` as `[5 7 9]`: text that is nothing but numbers. */
const spaced = (cell: Cell): Cell =>
  typeof cell === "string" && /^\s*-?[\d.]+(e-?\d+)?([\s,;]+-?[\d.]+(e-?\d+)?)+\s*$/i.test(cell)
    ? `[${cell.replaceAll(";", " ")}]`
    : cell;

function inputOf(rows: readonly ArrayLike<number>[], dims: readonly number[], where: string): NamedInput {
  const size = sizeOf(dims);
  return {
    dims,
    where,
    batch(indices) {
      const all = new Float64Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) all.set(rows[indices[i]!]!, i * size);
      return all;
    },
  };
}
