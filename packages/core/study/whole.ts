/** @file Requirements of a whole system: what all flows together may put on a host or a link. */
import { formatPercent, formatRate, parseRate, parseShare } from "../units/index.ts";

/** A bound on what all flows together do to one host or link. */
export interface WholeRequirement {
  /** As written in the study. */
  text: string;
  /** `bytes`: what crosses a link, both ways, with all headers; `utilisation`: the share of the time that it is busy. */
  metric: "bytes" | "utilisation";
  /** The host's or link's name; of copies each keeps the bound by itself. */
  of: string;
  operator: "<=";
  /** Bits per second, or a share. */
  value: number;
}

const rules = {
  bytes: { parse: parseRate, format: formatRate },
  utilisation: { parse: parseShare, format: formatPercent },
};

const pattern = /^(bytes|utilisation)\s+(?:on|of)\s+([^\s<>=≤≥]+)\s*(<=|>=|≤|≥|<|>|==?)\s*(.+)$/u;

/** Whether a text bounds a whole system, soundly or not. */
export const boundsWhole = (text: unknown): boolean => typeof text === "string" && pattern.test(text.trim());

/**
 * Reads `bytes on LINK <= 1 Mbit/s` and `utilisation of HOST <= 80 %`.
 * @returns the requirement, or the reason why not, to stand after the field's name
 */
export function parseWholeRequirement(text: string): WholeRequirement | string {
  const [, name, of = "", sign, bound] = pattern.exec(text.trim()) ?? [];
  if (name === undefined)
    return `expected \`bytes on LINK <= 1 Mbit/s\` or \`utilisation of HOST <= 80 %\`, got ${JSON.stringify(text)}`;
  if (sign !== "<=" && sign !== "≤") return `expected ${name} <= value, got ${JSON.stringify(text)}`;
  const metric = name as WholeRequirement["metric"];
  const value = rules[metric].parse(bound);
  if (typeof value === "string") return `in ${JSON.stringify(text)}: ${value}`;
  return { text: text.trim(), metric, of, operator: "<=", value };
}

/** A value of such a requirement, for people. */
export const wholeText = (metric: WholeRequirement["metric"], value: number): string => rules[metric].format(value);
