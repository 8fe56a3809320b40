/** @file What editors and readers are told about study files, made from the definition and so never behind it. */
import { z } from "zod";
import { studyFile } from "./definition.ts";

interface Schema {
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema | Schema[];
  anyOf?: Schema[];
}

/** The JSON Schema (draft 7, which editors know best) of a study file. */
export function studySchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(studyFile, {
      io: "input",
      target: "draft-7",
      // zod drops the examples of fields that it transforms, because it takes them for results; ours are as written.
      override({ zodSchema, jsonSchema }) {
        const examples = z.globalRegistry.get(zodSchema as unknown as z.ZodType)?.["examples"];
        if (Array.isArray(examples)) jsonSchema.examples = examples as never[];
      },
    }),
  };
}

/** A table of fields for every section of a study file, in Markdown. */
export function fieldTables(): string {
  const root = studySchema() as Schema;
  const tables: string[] = [];
  const told = new Set<string>();
  const visit = (title: string, section: Schema, about = ""): void => {
    const fields = Object.entries(section.properties ?? {}).filter(([name]) => name !== "$schema");
    const rows = fields.map(([name, field]) =>
      row(name, field, section.required?.includes(name) === true && field.default === undefined),
    );
    tables.push(
      [`### ${title}`, about, ["| field | meaning | default | example |", "|---|---|---|---|", ...rows].join("\n")]
        .filter(Boolean)
        .join("\n\n"),
    );
    for (const [name, field] of fields) {
      // The way back of a link takes what the way there takes.
      const same = JSON.stringify(field);
      if (told.has(same)) continue;
      told.add(same);
      const path = title === top ? name : `${title.replaceAll("`", "")}.${name}`;
      for (const { suffix, inner } of sections(field)) visit(`\`${path}${suffix}\``, inner, field.description);
    }
  };
  const top = "The study";
  visit(top, root);
  return `${tables.join("\n\n")}\n`;
}

/** The fields inside a field: its own, those of a list's members or of each name, or of an alternative. */
function sections(field: Schema): { suffix: string; inner: Schema }[] {
  const { items, additionalProperties: each } = field;
  if (field.properties) return [{ suffix: "", inner: field }];
  if (items && !Array.isArray(items)) {
    return sections(items).map(({ suffix, inner }) => ({ suffix: `[]${suffix}`, inner }));
  }
  if (typeof each === "object") return sections(each).map(({ suffix, inner }) => ({ suffix: `.NAME${suffix}`, inner }));
  return (field.anyOf ?? []).flatMap(sections);
}

function row(name: string, field: Schema, required: boolean): string {
  const { description = "" } = field;
  const words = wordsOf(field).filter((word) => !description.includes(code(word)));
  const meaning = [description, words.length > 0 ? `One of ${words.map(code).join(", ")}.` : ""];
  const fallback = required ? "required" : fallbackOf(field.default);
  const examples = (field.examples ?? []).map(code).join(", ");
  const cells = [`\`${name}\``, meaning.filter(Boolean).join(" "), fallback, examples];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** A section's default is that of its fields. */
function fallbackOf(value: unknown): string {
  return value === undefined || flow(value) === "{}" ? "" : code(value);
}

/** The closed set of words that a field, or a member of its list, is chosen from. */
function wordsOf(field: Schema): unknown[] {
  const { items } = field;
  const branches = [field, ...(items && !Array.isArray(items) ? [items] : []), ...(field.anyOf ?? [])];
  return branches.find((branch) => branch.enum)?.enum ?? [];
}

/** As it would be written in a study: `{ from: saliency, most: 3 }`. */
function code(value: unknown): string {
  return `\`${flow(value)}\``;
}

/** A value on one line, as YAML has it. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const fields = Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner)}`);
  return fields.length > 0 ? `{ ${fields.join(", ")} }` : "{}";
}
