/** @file Sound files with a table of what is heard in them: when something is, which class a clip is of, or its text. */
import { dirname, join } from "node:path";
import { splitName, splitNames } from "../annotations/splits.ts";
import { dataError, listFolder, readClasses } from "../files.ts";
import type { Split } from "../subset.ts";
import { classesIn } from "../table/classes.ts";
import { findColumns, isTable, numbersOf, openTable, tableEndings, textOf, type ColumnNames } from "../table/index.ts";
import { isSound, soundEndings } from "./read-sound.ts";
import type { Interval } from "./windows.ts";

/** A sound file, and what is known of it. */
export interface Clip {
  /** The file. */
  path: string;
  /** When something is heard, where the table has times; a class of its own each where it names some. */
  intervals?: readonly (Interval & { label?: number })[];
  label?: number;
  text?: string;
}

export interface Clips {
  /** Names by label; none where nothing is told apart. */
  classes: string[];
  clips: Clip[];
  /** Whether the table has times. */
  timed: boolean;
  /** Whether these are a split's alone. */
  split: boolean;
}

/** Whether a folder has sound files beside a table. */
export const looksLikeClips = (_path: string, names: readonly string[]): boolean =>
  names.some(isSound) && names.some(isTable);

/**
 * The clips of a folder with one table, or of the table at `path`, in the table's order. Where it has columns of start and
 * end, a file's rows are its intervals, in seconds, and one with empty times has none; else each file has one row.
 *
 * @throws InputError naming the file and line, what was expected and what is there
 */
export async function readClips(
  path: string,
  split: Split,
  given?: readonly string[],
  named: ColumnNames = {},
): Promise<Clips> {
  const { file, root, own } = await tableOf(path, split);
  const table = await openTable(file);
  const columns = findColumns(table.columns, named, ["file"], file);
  const timed = columns.start !== undefined && columns.end !== undefined;
  if (!timed && (columns.start ?? columns.end) !== undefined)
    throw dataError(file, "columns of both start and end, or neither", `its columns are ${table.columns.join(", ")}`);
  const cells = await table.read([...new Set(Object.values(columns))], 0, table.count);
  const rows = cells.map((row, i) => {
    const where = table.where(i);
    const cell = (name: string | undefined): string | undefined =>
      name === undefined ? undefined : textOf(row[name], where);
    const name = cell(columns.file);
    if (!name) throw dataError(where, `a file in the column ${columns.file}`, "nothing");
    if (!isSound(name)) throw dataError(where, `a sound (${soundEndings})`, `"${name}"`);
    const [label, text] = [cell(columns.label), cell(columns.text)];
    const [start, end] = timed ? timesOf(row[columns.start!], row[columns.end!], where) : [];
    return {
      where,
      name,
      start,
      end,
      text,
      split: cell(columns.split),
      ...(label !== undefined && label !== "" && { label }),
    };
  });
  const said = given ?? (await readClasses(join(root, "classes.txt")));
  const { classes, labelOf } = classesIn(rows, said);
  const clips = new Map<string, Clip & { intervals: (Interval & { label?: number })[] }>();
  const told = columns.split !== undefined;
  const chosen = told ? rows.filter((row) => splitNames[split].includes(row.split?.toLowerCase() ?? "")) : rows;
  for (const { where, name, start, end, text, label: named } of chosen) {
    const label = named === undefined || classes.length === 0 ? undefined : labelOf(named, where);
    const known = clips.get(name);
    if (known && !timed) throw dataError(where, "every file once", `"${name}" again`);
    const clip = known ?? { path: join(dirname(file), name), intervals: [], ...(text !== undefined && { text }) };
    clips.set(name, clip);
    if (timed && start !== undefined && end !== undefined)
      clip.intervals.push({ start, end, ...(label !== undefined && { label }) });
    else if (label !== undefined) clip.label = label;
  }
  const all = Array.from(clips.values(), ({ intervals, ...clip }): Clip => (timed ? { ...clip, intervals } : clip));
  return { classes, clips: all, timed, split: own || told };
}

/** The table of a split, or of all clips. */
async function tableOf(path: string, split: Split): Promise<{ file: string; root: string; own: boolean }> {
  if (isTable(path)) return { file: path, root: dirname(path), own: false };
  const what = `a folder of sound files (${soundEndings}) with a table (${tableEndings})`;
  const { files, folders } = await listFolder(path, what);
  const inside = splitName(split, folders);
  const [folder, tables] =
    inside === undefined
      ? [path, files.filter(isTable)]
      : [join(path, inside), (await listFolder(join(path, inside), what)).files.filter(isTable)];
  const [one, ...others] = tables;
  if (one === undefined) throw dataError(folder, `a table (${tableEndings}) of the sound files beside it`, "none");
  if (others.length > 0) throw dataError(folder, "one table; data.path can name it", tables.join(", "));
  return { file: join(folder, one), root: path, own: inside !== undefined };
}

/** Start and end in seconds; undefined where both cells are empty. */
function timesOf(start: unknown, end: unknown, where: string): [number?, number?] {
  const times = [numbersOf(start, where)?.[0], numbersOf(end, where)?.[0]] as const;
  if (times[0] === undefined && times[1] === undefined) return [];
  const [from = Number.NaN, to = Number.NaN] = times;
  if (from >= 0 && to > from) return [from, to];
  throw dataError(
    where,
    "a start of 0 seconds or later and an end behind it",
    `${times[0] ?? "nothing"} to ${times[1] ?? "nothing"}`,
  );
}
