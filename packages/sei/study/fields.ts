/** @file Kinds of field of a study file: zod types that read what people write and say what they expected. */
import { parseCount, shown } from "@split-et-impera/core/units";
import { z } from "zod";

/** A quantity with its unit, through one of core/units' parsers; resolves to the SI number. */
export function quantity(parse: (input: unknown) => number | string) {
  return z
    .union([z.string(), z.number()], { error: ({ input }) => String(parse(input)) })
    .transform((input, context): number => {
      const value = parse(input);
      if (typeof value === "number") return value;
      context.issues.push({ code: "custom", message: value, input });
      return z.NEVER;
    });
}

/** A whole number, with or without its noun: `1000` or `1000 packets`. */
export function count(noun: string, least = 1, most = 1e9) {
  return quantity((input) => parseCount(input, noun, least, most));
}

/** A text in a small language of its own; `parse` gives the value or the reason why not. */
export function phrase<T extends object>(parse: (input: unknown) => T | string) {
  const reason = (input: unknown): string => {
    const said = parse(input);
    return typeof said === "string" ? said : `expected a text, got ${shown(input)}`;
  };
  return z.string({ error: ({ input }) => reason(input) }).transform((input, context): T => {
    const value = parse(input);
    if (typeof value !== "string") return value;
    context.issues.push({ code: "custom", message: value, input });
    return z.NEVER;
  });
}

/** A list without repetitions and with at least `least` members. */
export function list<T extends z.ZodType>(of: T, least = 0) {
  const members = least > 0 ? z.array(of).min(least) : z.array(of);
  return members.superRefine((values, context) => {
    const seen = new Set<string>();
    values.forEach((value, index) => {
      const key = JSON.stringify(value);
      if (seen.has(key)) {
        context.addIssue({
          code: "custom",
          path: [index],
          message: `expected no repetition, got ${shown(value)} again`,
        });
      }
      seen.add(key);
    });
  });
}

/** A name for a host: it stands in requirements (`memory on camera`), so it is one word. */
export const hostName = z.string().regex(/^[A-Za-z][\w.-]*$/, {
  error: ({ input }) => `expected a host name (a letter, then letters, digits, _ . -), got ${shown(input)}`,
});
