/** @file The help texts. */
import type { ArgsDef } from "citty";
import type { Command } from "./command.ts";
import { style } from "./text.ts";

const bold = (text: string): string => style("bold", text);
const dim = (text: string): string => style("dim", text);

export function mainHelp(commands: Record<string, { description: string }>): string {
  return [
    "sei: what part of a neural network to run where, proved by simulation",
    "",
    bold("Usage"),
    "  sei <command> [options]",
    "",
    bold("Commands"),
    ...columns(Object.entries(commands).map(([name, { description }]) => [name, description])),
    "",
    dim("`sei <command> --help` shows its options with examples."),
  ].join("\n");
}

export function commandHelp(name: string, command: Command, common: ArgsDef): string {
  const all = Object.entries({ ...command.args, ...common });
  const positionals = all.filter(([, arg]) => arg.type === "positional");
  const usage = positionals.map(([key, arg], i) => {
    const word = `${key.toUpperCase()}${command.repeats === true && i === positionals.length - 1 ? "..." : ""}`;
    return arg.required === false || "default" in arg ? `[${word}]` : word;
  });
  const rows = all.map(([key, arg]): [string, string] => {
    const hint = "valueHint" in arg && arg.valueHint ? ` ${arg.valueHint}` : arg.type === "string" ? " VALUE" : "";
    const flag = arg.type === "positional" ? key.toUpperCase() : `--${key}${hint}`;
    const fallback = "default" in arg && arg.default !== undefined ? ` (default: ${String(arg.default)})` : "";
    return [flag, `${arg.description ?? ""}${fallback}`];
  });
  return [
    command.description,
    "",
    bold("Usage"),
    `  sei ${[name, ...usage].join(" ")} [options]`,
    "",
    bold("Options"),
    ...columns(rows),
    "",
    bold("Examples"),
    ...command.examples.flatMap(({ line, does }) => [`  ${line}`, dim(`      ${does}`)]),
  ].join("\n");
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
