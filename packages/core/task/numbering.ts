/** @file What a model's class numbers are among the data's classes. */

/** How a model numbers classes: by a list, by the number of the first, or as its layout usually does. */
export interface Numbering {
  /** The model's number of each of the data's classes. */
  numbers?: readonly number[];
  /** The model's number of the first of the data's classes; the others follow. */
  firstClass?: number;
}

/** The data's class of a model's number; undefined for a number that no class has. */
export function classOf(
  { numbers, firstClass }: Numbering,
  count: number,
  usual: number,
): (number: number) => number | undefined {
  if (numbers) {
    const known = new Map(numbers.slice(0, count).map((number, label) => [number, label]));
    return (number) => known.get(number);
  }
  const first = firstClass ?? usual;
  return (number) => (number >= first && number < first + count ? number - first : undefined);
}
