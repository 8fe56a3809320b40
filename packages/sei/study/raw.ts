/** @file Looking into a study as it was parsed, before it is known to be sound. */
import type { Path } from "./source.ts";

type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a path; undefined where nothing does. */
export function get(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((parent, name) => {
    if (typeof parent !== "object" || parent === null || !Object.hasOwn(parent, name)) return undefined;
    return (parent as Record<string | number, unknown>)[name];
  }, value);
}
