/** @file A study that varies: a value of each list in its field, every combination a study of its own. */
import { shown } from "@split-et-impera/core/units";
import { nameOf } from "./paths.ts";
import type { Problem } from "./problems.ts";
import { get, isFields } from "./raw.ts";
import type { Path, Source } from "./source.ts";

/** More than anybody waits for. */
export const mostVariants = 1000;

/** What a variant sets, by field as `vary` names it: `links[0].rate`. */
export type Settings = Readonly<Record<string, unknown>>;

/** A path as `vary` names it: names with points between them, places in lists in brackets. Undefined where it is none. */
export function parsePath(text: string): Path | undefined {
  if (!/^[A-Za-z_$][\w-]*(?:\.[\w-]+|\[\d{1,4}\])*$/.test(text)) return undefined;
  return text.split(/\.|(?=\[)/).map((part) => (part.startsWith("[") ? Number(part.slice(1, -1)) : part));
}

/** What is wrong with a study's `vary`, looked at as it was parsed. */
export function varyProblems(raw: unknown): Problem[] {
  const vary = get(raw, ["vary"]);
  if (!isFields(vary)) return [];
  const problems = Object.keys(vary).flatMap((text): Problem[] => {
    const path = parsePath(text);
    const [root] = path ?? [];
    const at = ["vary", text];
    if (!path || root === "vary" || root === "name" || root === "$schema")
      return [
        { path: at, key: true, message: `expected the path of a field, as in links[0].rate, got ${shown(text)}` },
      ];
    const parent = path.slice(0, -1);
    const found = get(raw, parent);
    const last = path.at(-1)!;
    const there = typeof last === "number" ? Array.isArray(found) && last < found.length : isFields(found);
    if (parent.length > 0 && !there)
      return [{ path: at, key: true, message: `expected a field of this study, which has no ${shown(text)}` }];
    return [];
  });
  const count = Object.values(vary).reduce<number>((all, one) => all * (Array.isArray(one) ? one.length : 1), 1);
  if (count > mostVariants)
    problems.push({ path: ["vary"], message: `expected at most ${mostVariants} combinations, got ${count}` });
  return problems;
}

/** Every combination, the last field's values changing first. The study's `vary` has to be sound. */
export function variantsOf(raw: unknown): Settings[] {
  const vary = get(raw, ["vary"]) as Record<string, readonly unknown[]>;
  return Object.entries(vary).reduce<Settings[]>(
    (all, [field, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [field]: value }))),
    [{}],
  );
}

/** The study of a variant: its fields set, named by them. What is wrong in them is where `vary` has them. */
export function variantOf(file: string, source: Source, settings: Settings): Source {
  const { vary: _vary, ...rest } = source.value as Record<string, unknown>;
  const given = typeof rest["name"] === "string" && rest["name"] !== "" ? rest["name"] : nameOf(file);
  const named = { ...rest, name: `${given} · ${settingsText(settings)}` };
  const value = Object.entries(settings).reduce<unknown>(
    (all, [field, one]) => withAt(all, parsePath(field)!, one),
    named,
  );
  const set = Object.keys(settings).map((field) => ({ field, path: parsePath(field)! }));
  return {
    ...source,
    value,
    locate(path, what) {
      const own = set.find((one) => one.path.every((part, i) => part === path[i]));
      return own ? source.locate(["vary", own.field], what) : source.locate(path, what);
    },
  };
}

/** `links[0].rate 1 Mbit/s, model a.onnx` */
export function settingsText(settings: Settings): string {
  return Object.entries(settings)
    .map(([field, value]) => `${field} ${settingText(value)}`)
    .join(", ");
}

/** A value of `vary` in a word or two. */
export const settingText = (value: unknown): string =>
  Array.isArray(value) ? value.map(settingText).join(" & ") : typeof value === "string" ? value : JSON.stringify(value);

/** The same with another value at a path whose parents are there. */
function withAt(parent: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value;
  if (typeof first === "number")
    return (parent as unknown[]).with(first, withAt((parent as unknown[])[first], rest, value));
  const fields = parent as Record<string, unknown>;
  const own = Object.hasOwn(fields, first) ? fields[first] : undefined;
  return { ...fields, [first]: withAt(own, rest, value) };
}
