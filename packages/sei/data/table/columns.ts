/** @file Which column means what: by usual names, or as the study says. */
import { InputError } from "@split-et-impera/core/errors";
import type { ColumnRole } from "@split-et-impera/core/study";

/** What a column can be for; names that are usual for it, the likeliest first. */
export const usualColumns = {
  file: ["file", "file_name", "filename", "path", "image", "img", "picture", "audio", "wav"],
  text: ["text", "transcription", "transcript", "sentence", "label", "caption", "words"],
  label: ["label", "class", "category", "fine_label", "target"],
  labels: ["labels", "classes", "tags"],
  value: ["value", "values", "target", "targets", "y"],
  start: ["start", "start_s", "begin", "onset"],
  end: ["end", "end_s", "stop", "offset"],
  split: ["split", "subset", "fold"],
} as const satisfies Record<ColumnRole, readonly string[]>;

/** Names of columns by what they are for, as a study's `data.columns` has them. */
export type ColumnNames = Partial<Record<ColumnRole, string>>;

const columnRoles = Object.keys(usualColumns) as ColumnRole[];

/**
 * The columns of a table by what they are for: those that the study names, and of the rest the first usual name that there
 * is, in capitals or not. One column may serve several: a `label` is a text too.
 *
 * @param needed without which nothing can be read
 * @param where the file, for messages
 * @throws InputError that lists the columns there are
 */
export function findColumns(
  columns: readonly string[],
  named: ColumnNames,
  needed: readonly ColumnRole[],
  where: string,
): ColumnNames {
  const there = `its columns are ${columns.join(", ")}`;
  const found: ColumnNames = {};
  for (const role of columnRoles) {
    const given = named[role];
    if (given !== undefined && !columns.includes(given))
      throw new InputError("ERR_DATA_FILE", `${where}: data.columns.${role}: no column "${given}"; ${there}`);
    const usual = usualColumns[role].flatMap((name) => columns.find((column) => column.toLowerCase() === name) ?? []);
    const name = given ?? usual[0];
    if (name !== undefined) found[role] = name;
    else if (needed.includes(role)) {
      const expected = `expected a column of the ${role} (${usualColumns[role].join(", ")})`;
      throw new InputError("ERR_DATA_FILE", `${where}: ${expected}; ${there}. data.columns.${role} says which`);
    }
  }
  return found;
}
