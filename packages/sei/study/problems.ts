/** @file What is wrong with a study, each in one line: where it stands, what was expected, what stands there. */
import { shown } from "@split-et-impera/core/units";
import { z } from "zod";
import { nearest } from "../nearest.ts";
import type { Path } from "./source.ts";

export interface Problem {
  path: Path;
  message: string;
  /** Whether the key is at fault and not its value. */
  key?: boolean;
  /** The flag that is at fault and not the file: `--model`. */
  flag?: string;
}

/** zod's issues in our words; a union's are those of the alternative that the author most likely meant. */
export function problemsOf(schema: z.ZodType, value: unknown): Problem[] {
  const result = schema.safeParse(value, { error: say });
  return result.success ? [] : result.error.issues.flatMap((issue) => flatten(issue, [], schema));
}

function flatten(issue: z.core.$ZodIssue, above: Path, schema: z.ZodType): Problem[] {
  const path = [...above, ...(issue.path as (string | number)[])];
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => {
      const hint = nearest(key, known) || (known.length > 0 ? `; known here: ${known.join(", ")}` : "");
      return { path: [...path, key], message: `unknown key ${shown(key)}${hint}`, key: true };
    });
  }
  if (issue.code === "invalid_key") return [{ path, message: issue.issues[0]?.message ?? issue.message, key: true }];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // Issues below the root show that the value has that alternative's form.
    const inside = issue.errors.filter((branch) => branch.every(isInside));
    const meant = inside.find((branch) => !isOther(branch)) ?? (hasWords(issue) ? undefined : inside[0]);
    return meant ? meant.flatMap((inner) => flatten(inner, path, schema)) : [{ path, message: rootMessage(issue) }];
  }
  return [{ path, message: issue.message }];
}

/** Whether a union says by itself what it takes. */
const hasWords = ({ message }: z.core.$ZodIssue): boolean => message !== "Invalid input";

/** Whether the fields are not those of an alternative: unknown ones are there, and needed ones are not. */
const isOther = (branch: readonly z.core.$ZodIssue[]): boolean =>
  branch.some(({ code }) => code === "unrecognized_keys") &&
  branch.some(({ message }) => message.endsWith("got nothing"));

/** Below the root, or in a union at the root of which an alternative is meant. */
const isInside = (issue: z.core.$ZodIssue): boolean =>
  issue.path.length > 0 ||
  issue.code === "unrecognized_keys" ||
  (issue.code === "invalid_union" && issue.errors.some((branch) => branch.length > 0 && branch.every(isInside)));

/** The alternatives' own words, the first that says more than a type. */
function rootMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  const own = issue.errors.flat().filter((inner) => !isInside(inner));
  const telling = own.find(({ code }) => code === "custom") ?? own.find(({ code }) => code === "invalid_value");
  if (telling) return telling.message;
  if (hasWords(issue)) return issue.message;
  const types = own.flatMap((inner) => (inner.code === "invalid_type" ? [nameOf(inner.expected)] : []));
  const got = own[0]?.message.split(", got ").slice(1).join(", got ");
  return `expected ${types.join(" or ")}, got ${got ?? "something else"}`;
}

const typeNames: Record<string, string> = {
  object: "fields",
  record: "names with fields",
  array: "a list",
  tuple: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

const nameOf = (type: string): string => typeNames[type] ?? type;

/** zod's error map: one sentence part, `expected ..., got ...`. */
function say(issue: z.core.$ZodRawIssue): string | undefined {
  const got = `, got ${shown(issue.input)}`;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${nameOf(String(issue["expected"]))}${got}`;
    case "invalid_value": {
      const values = (issue["values"] as unknown[]).map(String);
      const expected = values.length > 1 ? `one of ${values.join(", ")}` : values.join("");
      return `expected ${expected}${got}${typeof issue.input === "string" ? nearest(issue.input, values) : ""}`;
    }
    case "too_small":
    case "too_big":
      return `expected ${bound(issue)}${got}`;
    default:
      return undefined;
  }
}

function bound(issue: z.core.$ZodRawIssue): string {
  const least = issue.code === "too_small";
  const value = Number(least ? issue["minimum"] : issue["maximum"]);
  const exact = issue["exact"] === true;
  const side = exact ? "exactly" : least ? (issue["inclusive"] === false ? "more than" : "at least") : "at most";
  if (issue["origin"] === "string") return value === 1 ? "some text" : `${side} ${value} characters`;
  const isList = issue["origin"] === "array";
  return `${isList ? "a list of " : "a number of "}${side} ${value}${isList ? ` member${value === 1 ? "" : "s"}` : ""}`;
}

/** The keys that the definition knows at a path, for suggestions. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let here = alternatives(schema);
  for (const name of path) {
    here = here.flatMap((type) => {
      if (type instanceof z.ZodObject) return alternatives((type.shape as Record<string, z.ZodType>)[String(name)]);
      if (type instanceof z.ZodRecord) return alternatives(type.valueType as z.ZodType);
      if (type instanceof z.ZodArray) return alternatives(type.element as z.ZodType);
      return [];
    });
  }
  return here.flatMap((type) => (type instanceof z.ZodObject ? Object.keys(type.shape) : []));
}

/** Looks through wrappers: defaults, optionals, transforms, unions. */
function alternatives(type: z.ZodType | undefined): z.ZodType[] {
  if (type === undefined) return [];
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodPrefault) {
    return alternatives(type.unwrap() as z.ZodType);
  }
  if (type instanceof z.ZodPipe) return alternatives(type.in as z.ZodType);
  if (type instanceof z.ZodUnion) return (type.options as z.ZodType[]).flatMap(alternatives);
  return [type];
}
