/** @file Protections as people write and read them: `reed-solomon 20 % block 40`, or the same as fields. */
import { shown } from "../../units/index.ts";
import type { PacketLoss } from "./failure.ts";
import type { ProtectionField } from "./protection.ts";
import { protectionProblem, protections, type ProtectionKind, type ProtectionSpec } from "./table.ts";

/** Fields of a kind in their order, and those that a person says: what the link tells is left out. */
const fieldsOf = (kind: ProtectionKind): [string, ProtectionField][] =>
  Object.entries<ProtectionField>(protections[kind].fields);
const saidOf = (kind: ProtectionKind): [string, ProtectionField][] => fieldsOf(kind).filter(([, rule]) => !rule.ofLink);

/** The words for a protection, such as stand in a design's name: its first field by its value alone. */
export function protectionName(spec: ProtectionSpec): string {
  const values = spec as unknown as Record<string, number | undefined>;
  const words = saidOf(spec.kind).map(([field], i) => {
    const value = values[field];
    if (value === undefined) return "";
    return i === 0 ? `${value}` : `${field} ${value}`;
  });
  return [spec.kind, ...words].filter((word) => word !== "").join(" ");
}

/** Whether a first field may be left out. */
const canBeBare = (kind: ProtectionKind): boolean =>
  saidOf(kind).every(([, rule]) => rule.default !== undefined || rule.unsaid !== undefined);

/** What a protection may be written as, such as `xor GROUP`. */
export const protectionForms = (Object.keys(protections) as ProtectionKind[]).map((kind) => {
  const [first] = saidOf(kind);
  if (first === undefined) return kind;
  return canBeBare(kind) ? `${kind} [${first[0].toUpperCase()}]` : `${kind} ${first[0].toUpperCase()}`;
});

/**
 * A protection as a text, `KIND [VALUE [FIELD VALUE]...]`, or as an object of `kind` and fields; values are numbers or
 * percentages. Gives what is wrong as a text.
 * @param loss of the link, for what follows from that
 */
export function parseProtection(input: unknown, loss: PacketLoss): ProtectionSpec | string {
  const written = typeof input === "string" ? fromText(input) : input;
  if (typeof written !== "object" || written === null || Array.isArray(written)) return otherThan(input);
  const { kind, ...given } = written as Record<string, unknown>;
  if (typeof kind !== "string" || !Object.hasOwn(protections, kind)) return otherThan(input);
  const fields = new Map(saidOf(kind as ProtectionKind));
  const unknown = Object.keys(given).find((field) => !fields.has(field));
  if (unknown !== undefined) {
    const known = [...fields.keys()].map((field) => `\`${field}\``).join(", ");
    return `expected ${known === "" ? "nothing more" : `no other fields than ${known}`} with \`${kind}\`, got ${shown(unknown)}`;
  }
  const spec: Record<string, unknown> = { kind };
  for (const [field, rule] of fields) {
    const value = given[field];
    if (value === undefined && (rule.default !== undefined || rule.unsaid !== undefined)) continue;
    const found = number(value);
    if (found === undefined || !fits(found, rule))
      return `expected ${field} of \`${kind}\` to be ${bounds(rule)}, got ${shown(value)}`;
    spec[field] = found;
  }
  for (const [field, rule] of fieldsOf(kind as ProtectionKind)) if (rule.ofLink) spec[field] = loss[rule.ofLink];
  const problem = protectionProblem(spec as unknown as ProtectionSpec);
  return problem === undefined
    ? (spec as unknown as ProtectionSpec)
    : `expected a protection that can be, got ${problem}`;
}

const otherThan = (input: unknown): string =>
  `expected ${protectionForms.map((form) => `\`${form}\``).join(", ")}, or that as \`{ kind, ... }\`, got ${shown(input)}`;

/** `xor 4` as `{ kind: xor, group: 4 }`; undefined where it is nothing like that. */
function fromText(text: string): Record<string, unknown> | undefined {
  const [kind = "", ...words] = text.trim().replaceAll(/\s+%/g, "%").split(/\s+/);
  if (!Object.hasOwn(protections, kind)) return undefined;
  const fields: Record<string, unknown> = { kind };
  const [first] = saidOf(kind as ProtectionKind);
  if (words.length % 2 === 1) {
    if (first === undefined) return undefined;
    fields[first[0]] = words.shift();
  }
  for (let i = 0; i < words.length; i += 2) fields[words[i]!] = words[i + 1];
  return fields;
}

function number(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const found = typeof value === "string" ? /^\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?)\s*$/.exec(value) : null;
  return found ? Number(found[1]) / (found[2] === "%" ? 100 : 1) : undefined;
}

function fits(value: number, { whole, min = -Infinity, above, max = Infinity }: ProtectionField): boolean {
  return (!whole || Number.isInteger(value)) && (above ? value > min : value >= min) && value <= max;
}

function bounds({ whole, min, above, max, means }: ProtectionField): string {
  const from = `${above ? "above " : ""}${min ?? 0}`;
  return `${whole ? "a whole number" : "a number"} from ${from}${max === undefined ? "" : ` to ${max}`} (${means})`;
}
