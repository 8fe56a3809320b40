/** @file Pictures that a table names, or holds: which file has the rows of a split, and what they say of each picture. */
import type { Annotation } from "@split-et-impera/core/task";
import { basename, dirname, extname, join } from "node:path";
import type { Annotated, AnnotatedPicture } from "../annotations/annotated.ts";
import { splitName, splitNames } from "../annotations/splits.ts";
import { dataError, listFolder, readClasses } from "../files.ts";
import type { Split } from "../subset.ts";
import type { WantedInput } from "@split-et-impera/core/study";
import { bytesOf, namesOf, numbersOf, textOf } from "./cells.ts";
import { findColumns, type ColumnNames } from "./columns.ts";
import { classesIn } from "./classes.ts";
import type { InputCell } from "./inputs.ts";
import { isTable, openTable, tableEndings } from "./open.ts";
import type { Cell, Table } from "./table.ts";

/** Names of tables that tell of all pictures beside them, as people call them. */
const usual = /^_?(metadata|labels?|annotations?|data|index|train|test|val|valid|validation)([-_.].*)?$/i;

/** Whether a folder has such a table, or the path is one. */
export const looksLikeTable = (path: string, names: readonly string[]): boolean =>
  isTable(path) || names.some((name) => isTable(name) && usual.test(basename(name, extname(name))));

/** Reads a split: all rows where neither files nor a column tell of splits. */
export async function readTableFolder(
  path: string,
  split: Split,
  given?: readonly string[],
  named: ColumnNames = {},
  wants: readonly WantedInput[] = [],
): Promise<Annotated> {
  const { files, root, own } = await tablesOf(path, split);
  const rows: Row[] = [];
  for (const file of files) rows.push(...(await rowsOf(file, named, wants)));
  const told = rows.some((row) => row.split !== undefined);
  const chosen = told ? rows.filter((row) => splitNames[split].includes(row.split?.toLowerCase() ?? "")) : rows;
  const said = given ?? (await readClasses(join(root, "classes.txt")));
  const { classes, labelOf } = classesIn(rows, said);
  return {
    classes,
    split: own || told,
    notes: [],
    pictures: chosen.map((row): AnnotatedPicture => {
      const { name, text, values, label, labels, where } = row;
      const annotation: Annotation = {
        ...(text !== undefined && { text }),
        ...(values && { values }),
        ...(label !== undefined && classes.length > 0 && { label: labelOf(label, where) }),
        ...(labels && { labels: labels.map((one) => labelOf(one, where)) }),
      };
      const source = row.bytes
        ? { path: where, bytes: row.bytes }
        : { path: name === undefined ? path : join(dirname(row.file), name) };
      return { ...source, annotation: () => Promise.resolve(annotation), ...(row.inputs && { inputs: row.inputs }) };
    }),
  };
}

/** The table files of a split, in order; `own` where they are the split's alone. */
async function tablesOf(path: string, split: Split): Promise<{ files: string[]; root: string; own: boolean }> {
  if (isTable(path)) return { files: [path], root: dirname(path), own: false };
  const { files, folders } = await listFolder(path, `a folder with a table (${tableEndings})`);
  const inside = splitName(split, folders);
  if (inside !== undefined) {
    const tables = (await listFolder(join(path, inside), "a folder with a table")).files.filter(isTable);
    if (tables.length > 0) return { files: tables.map((name) => join(path, inside, name)), root: path, own: true };
  }
  const tables = files.filter(isTable);
  for (const name of splitNames[split]) {
    // Shards too: train-00000-of-00002.parquet.
    const shards = tables.filter((file) => new RegExp(`^${name}([-_.].*)?\\.[a-z]+$`, "i").test(file));
    if (shards.length > 0) return { files: shards.map((file) => join(path, file)), root: path, own: true };
  }
  if (tables.length === 0 && folders.includes("data"))
    return { ...(await tablesOf(join(path, "data"), split)), root: path };
  const likely = tables.filter((name) => usual.test(basename(name, extname(name))));
  const [one, ...others] = likely.length > 0 ? likely : tables;
  if (one === undefined) throw dataError(path, `a table (${tableEndings}) of the pictures beside it`, "none");
  if (others.length > 0) {
    const found = [one, ...others].join(", ");
    throw dataError(path, "one table, or one for each split; data.path can name it", found);
  }
  return { files: [join(path, one)], root: path, own: false };
}

/** What a row says. */
export interface Row {
  /** The table's file. */
  file: string;
  /** For messages. */
  where: string;
  /** Of the picture's file, relative to the table; absent where the table holds it. */
  name?: string;
  bytes?: () => Promise<Uint8Array>;
  text?: string;
  values?: number[];
  label?: string;
  labels?: string[];
  split?: string;
  /** By input of a model. */
  inputs?: Record<string, InputCell>;
}

/** Columns of inputs by their names: those that have to be there, and those that are. */
function inputColumns(table: Table, wants: readonly WantedInput[], file: string): [input: string, column: string][] {
  return wants.flatMap(({ name, column }): [string, string][] => {
    if (column !== undefined && !table.columns.includes(column))
      throw dataError(
        file,
        `a column "${column}" for the input "${name}", as data.inputs has it`,
        table.columns.join(", "),
      );
    return table.columns.includes(column ?? name) ? [[name, column ?? name]] : [];
  });
}

async function rowsOf(file: string, named: ColumnNames, wants: readonly WantedInput[]): Promise<Row[]> {
  const table = await openTable(file);
  const wanted = inputColumns(table, wants, file);
  const found = findColumns(table.columns, named, wanted.length > 0 ? [] : ["file"], file);
  // A column that an input is read from by name is read once.
  if (wanted.some(([, column]) => column === found.file)) delete found.file;
  const { file: picture, ...roles } = found;
  const [first] = await table.read([...Object.values(found), ...wanted.map(([, column]) => column)], 0, 1);
  const held = picture !== undefined && bytesOf(first![picture]) !== undefined;
  // A `target` may as well be the name of a class; what the study names is taken at its word.
  if (roles.value !== undefined && named.value === undefined && !isNumeric(first![roles.value])) delete roles.value;
  const others = Object.values(roles);
  const columns = [
    ...(held || picture === undefined ? others : [...others, picture]),
    ...wanted.map(([, column]) => column),
  ];
  const cells = await table.read([...new Set(columns)], 0, table.count);
  const blocks = picture === undefined ? undefined : blockReader(table, picture);
  return cells.map((row, i) => {
    const where = table.where(i);
    const cell = (name: string | undefined): Cell => (name === undefined ? undefined : row[name]);
    const name = held || picture === undefined ? undefined : textOf(cell(picture), where);
    if (!held && picture !== undefined && !name) throw dataError(where, `a file in the column ${picture}`, "nothing");
    const [text, values] = [textIn(cell(found.text)), numbersOf(cell(roles.value), where)];
    const [label, labels] = [textIn(cell(found.label)), namesOf(cell(found.labels), where)];
    const split = textOf(cell(found.split), where);
    return {
      file,
      where,
      ...(held ? { bytes: () => blocks!(i) } : name !== undefined && { name }),
      ...(wanted.length > 0 && {
        inputs: Object.fromEntries(
          wanted.map(([input, column]) => [input, { cell: row[column], file, where: `${where}, column ${column}` }]),
        ),
      }),
      ...(text !== undefined && { text }),
      ...(values && { values }),
      ...(label !== undefined && label !== "" && { label }),
      ...(labels && { labels }),
      ...(split !== undefined && { split }),
    };
  });
}

const isNumeric = (cell: Cell): boolean => {
  try {
    return numbersOf(cell, "") !== undefined;
  } catch {
    return false;
  }
};

/** Lists and objects under a usual name are no text, and mean something else. */
const textIn = (cell: Cell): string | undefined =>
  typeof cell === "object" && !(cell instanceof Uint8Array) ? undefined : textOf(cell, "");

/** Rows of pictures that are read at once: they mostly follow each other. */
const block = 32;

/** Pictures in cells, read some at a time. */
function blockReader({ read, count, where }: Table, column: string): (row: number) => Promise<Uint8Array> {
  let known: { from: number; cells: Promise<Record<string, Cell>[]> } | undefined;
  return async (row) => {
    const from = row - (row % block);
    if (known?.from !== from) known = { from, cells: read([column], from, Math.min(from + block, count)) };
    const bytes = bytesOf((await known.cells)[row - from]![column]);
    if (!bytes) throw dataError(where(row), `a picture in the column ${column}`, "none");
    return bytes;
  };
}
