/** @file The classes that a table's labels name. */
import { labelOf } from "../annotations/annotated.ts";

/** More different labels than these are texts, and no classes. */
const mostClasses = 1000;

/** Labels of a row, as they stand there. */
interface Labelled {
  label?: string;
  labels?: readonly string[];
}

/**
 * Classes in order, and the place of each name among them: those given, by name or by number; else all that rows name, sorted;
 * numbers are places themselves.
 */
export function classesIn(
  rows: readonly Labelled[],
  given: readonly string[] | undefined,
): { classes: string[]; labelOf: (name: string, where: string) => number } {
  const names = new Set(rows.flatMap(({ label, labels = [] }) => [...(label === undefined ? [] : [label]), ...labels]));
  const numbers = [...names].every((name) => /^\d{1,4}$/.test(name));
  if (given) {
    const byNumber = numbers && ![...names].some((name) => given.includes(name));
    const classes = [...given];
    return {
      classes,
      labelOf: (name, where) =>
        byNumber && Number(name) < classes.length ? Number(name) : labelOf(name, classes, where),
    };
  }
  // Such as 3.7: amounts, and no classes.
  const amounts = !numbers && [...names].every((name) => name.trim() !== "" && Number.isFinite(Number(name)));
  if (names.size === 0 || names.size > mostClasses || amounts) return { classes: [], labelOf: () => -1 };
  if (numbers) {
    const count = Math.max(...[...names].map(Number)) + 1;
    return { classes: Array.from({ length: count }, (_, i) => String(i)), labelOf: Number };
  }
  const classes = [...names].sort();
  const places = new Map(classes.map((name, i) => [name, i]));
  return { classes, labelOf: (name) => places.get(name)! };
}
