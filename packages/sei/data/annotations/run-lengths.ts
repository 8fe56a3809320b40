/** @file COCO's compressed run lengths. */
import type { RunLengths } from "@split-et-impera/core/task";

/** Counts above it are of no picture that is read. */
const most = 2 ** 26;

/**
 * The counts in a text: each in groups of five bits, the lowest first, as characters from "0"; a sixth bit says that more
 * follow, and the last group's highest is the sign. From the fourth on they are differences to the last but one.
 *
 * Undefined where the text is none, or does not fill its picture.
 */
export function unpackRuns(
  text: string,
  { height, width }: Pick<RunLengths, "height" | "width">,
): RunLengths | undefined {
  const counts: number[] = [];
  let [value, shift, sum] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const bits = text.charCodeAt(i) - 48;
    if (bits < 0 || bits > 63 || shift > 30) return undefined;
    value += (bits & 31) * 2 ** shift;
    shift += 5;
    if (bits & 32) continue;
    if (bits & 16) value -= 2 ** shift;
    if (counts.length > 2) value += counts.at(-2)!;
    if (value < 0 || value > most) return undefined;
    counts.push(value);
    sum += value;
    [value, shift] = [0, 0];
  }
  return shift === 0 && sum === height * width ? { height, width, counts } : undefined;
}
