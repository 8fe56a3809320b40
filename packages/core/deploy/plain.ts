/** @file Plain data, as JSON has it, of a bounded depth: what goes on to code that calls itself. */

/** Lists and fields within each other, at most. */
export const mostDepth = 32;

/** Whether a value is null, a truth, a finite number, a text, or lists and fields of these, no deeper than {@link mostDepth}. */
export function isPlain(value: unknown, depth = mostDepth): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return typeof value === "string" || typeof value === "boolean";
  return value === null || (depth > 0 && Object.values(value).every((inner) => isPlain(inner, depth - 1)));
}
