/** @file What editors and readers are told about study files, made from the definition and so never behind it. */
import { z } from "zod";
import { studyFile } from "./definition.ts";

interface Schema {
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema | Schema[];
  anyOf?: Schema[];
  /** Kinds of one section, told apart by their `kind`. */
  oneOf?: Schema[];
}

/** A field of a section, as its row tells it. */
interface Field {
  name: string;
  schema: Schema;
  required: boolean;
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
    const fields = fieldsOf(section);
    const rows = fields.map(row);
    tables.push(
      [`### ${title}`, about, ["| field | meaning | default | example |", "|---|---|---|---|", ...rows].join("\n")]
        .filter(Boolean)
        .join("\n\n"),
    );
    for (const { name, schema: field } of fields) {
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

/** A section's fields; where it is of several kinds those of all, each with the kinds that have it. */
function fieldsOf({ properties = {}, required = [], oneOf }: Schema): Field[] {
  if (!oneOf)
    return Object.entries(properties)
      .filter(([name]) => name !== "$schema")
      .map(([name, schema]) => ({
        name,
        schema,
        required: required.includes(name) && schema.default === undefined,
      }));
  const kinds = oneOf.map((one) => ({ kind: String(one.properties?.["kind"]?.const), fields: fieldsOf(one) }));
  const found = new Map<string, { field: Field; of: string[] }>();
  for (const { kind, fields } of kinds) {
    for (const field of fields.filter(({ name }) => name !== "kind")) {
      const same = JSON.stringify(field);
      const known = found.get(same);
      if (known) known.of.push(kind);
      else found.set(same, { field, of: [kind] });
    }
  }
  const words = kinds.map(({ kind }) => kind);
  return [
    {
      name: "kind",
      schema: { description: "What the model is for: [tasks](tasks.md). Default: by what the data say.", enum: words },
      required: false,
    },
    // Those of the most kinds first: what all have is told before what one has.
    ...[...found.values()]
      .toSorted((a, b) => b.of.length - a.of.length)
      .map(({ field: { schema, ...field }, of }) => {
        const whose = of.length === kinds.length ? "" : `**${of.join(", ")}**: `;
        return { ...field, schema: { ...schema, description: `${whose}${schema.description ?? ""}` } };
      }),
  ];
}

/** The fields inside a field: its own, those of a list's members or of each name, or of an alternative. */
function sections(field: Schema): { suffix: string; inner: Schema }[] {
  const { items, additionalProperties: each } = field;
  if (field.properties || field.oneOf) return [{ suffix: "", inner: field }];
  if (items && !Array.isArray(items)) {
    return sections(items).map(({ suffix, inner }) => ({ suffix: `[]${suffix}`, inner }));
  }
  if (typeof each === "object") return sections(each).map(({ suffix, inner }) => ({ suffix: `.NAME${suffix}`, inner }));
  return (field.anyOf ?? []).flatMap(sections);
}

function row({ name, schema: field, required }: Field): string {
  const { description = "" } = field;
  const all = wordsOf(field);
  const words = all.every((word) => description.includes(code(word))) ? [] : all;
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
