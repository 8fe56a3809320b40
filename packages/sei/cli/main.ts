/** @file The command line: finds the command, runs it, and turns what happened into an exit code. */
import { InputError } from "@split-et-impera/core/errors";
import { parseArgs, type ArgsDef } from "citty";
import { stripVTControlCharacters, styleText } from "node:util";
import { ExitCode, type Command, type Context } from "./command.ts";
import { commands } from "./commands/index.ts";
import { createProgress } from "./progress.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { nearest } from "../nearest.ts";
import { version } from "../version.ts";

const common: ArgsDef = {
  json: { type: "boolean", description: "print the result as JSON on stdout" },
  help: { type: "boolean", alias: "h", description: "show this help" },
};

/** Runs `sei` with these arguments and gives the exit code (docs/commands.md lists them). */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    console.error("\nstopping; press Ctrl-C again to stop at once");
    interrupt.abort(new ExitCode(130));
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onInterrupt);
  if (!process.stdout.listeners("error").includes(onBrokenPipe)) process.stdout.on("error", onBrokenPipe);
  try {
    return await dispatch(argv, interrupt.signal);
  } catch (error) {
    return explain(error, interrupt.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
  }
}

/** `sei inspect model.onnx | head`: who reads may stop reading; the work and its exit code are not changed by that. */
function onBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

async function dispatch(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const asked = name === undefined ? undefined : rest[0];
    const entry = asked !== undefined && Object.hasOwn(commands, asked) ? commands[asked] : undefined;
    console.log(asked !== undefined && entry ? commandHelp(asked, await entry.load(), common) : mainHelp(commands));
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    console.log(version);
    return 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) {
    throw new InputError(
      "ERR_USAGE",
      `unknown command "${name}"${nearest(name, Object.keys(commands))}; \`sei --help\` lists them`,
    );
  }
  const command = await entry.load();
  if (rest.includes("--help") || rest.includes("-h")) {
    console.log(commandHelp(name, command, common));
    return 0;
  }
  const definitions: ArgsDef = { ...command.args, ...common };
  checkFlags(name, rest, definitions);
  const args = parse(name, rest, definitions);
  const json = args["json"] === true;
  const context: Context = {
    args,
    json,
    signal,
    every: (flag) => valuesOf(rest, flag),
    print: (text) => void (json || process.stdout.write(`${text}\n`)),
    printJson: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    progress: createProgress(process.stderr),
  };
  await command.run(context);
  return 0;
}

function parse(name: string, argv: string[], definitions: ArgsDef): Context["args"] {
  let args: Context["args"];
  try {
    args = parseArgs(argv, definitions);
  } catch (error) {
    const message = stripVTControlCharacters((error as Error).message).replace(/\.$/, "");
    throw new InputError("ERR_USAGE", `${message}; \`sei ${name} --help\` shows the usage`, { cause: error });
  }
  // citty gives "" where a value is missing, and passes over words beyond the positionals.
  for (const [flag, { type }] of Object.entries(definitions)) {
    if (type === "string" && args[flag] === "")
      throw new InputError("ERR_USAGE", `--${flag}: expected a value; \`sei ${name} --help\` shows the usage`);
  }
  const expected = Object.values(definitions).filter(({ type }) => type === "positional").length;
  const [extra] = args._.slice(expected);
  if (extra !== undefined) {
    throw new InputError("ERR_USAGE", `unexpected argument "${extra}"; \`sei ${name} --help\` shows the usage`);
  }
  return args;
}

/** All values of a flag that may be given several times; citty keeps the last. */
function valuesOf(argv: readonly string[], flag: string): string[] {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).flatMap((word, i, words) => {
    if (word === `--${flag}`) return words[i + 1] ?? [];
    return word.startsWith(`--${flag}=`) ? word.slice(flag.length + 3) : [];
  });
}

/** citty passes over flags it does not know; a misspelt flag must not. */
function checkFlags(name: string, argv: readonly string[], definitions: ArgsDef): void {
  const known = new Set<string>();
  for (const [flag, definition] of Object.entries(definitions)) {
    if (definition.type === "positional") continue;
    known.add(flag);
    const alias = "alias" in definition ? definition.alias : undefined;
    for (const other of [alias ?? []].flat()) known.add(other);
  }
  for (const word of argv) {
    if (word === "--") return;
    const flag = /^--?(?:no-)?([a-zA-Z][\w-]*)/.exec(word)?.[1];
    if (flag !== undefined && !known.has(flag) && !known.has(word.replace(/^--?/, "").split("=")[0]!)) {
      const written = [...known].map((one) => (one.length === 1 ? `-${one}` : `--${one}`));
      throw new InputError("ERR_USAGE", `sei ${name}: unknown option "${word}"${nearest(`--${flag}`, written)}`);
    }
    const given = /^--([\w-]+)=/.exec(word)?.[1];
    if (given !== undefined && definitions[given]?.type === "boolean")
      throw new InputError("ERR_USAGE", `--${given}: expected no value, got "${word}"`);
  }
}

/** One line for the user's mistakes, a stack for ours. */
function explain(error: unknown, signal: AbortSignal): number {
  if (signal.aborted) {
    console.error("stopped; the next run goes on from here");
    return 130;
  }
  if (error instanceof ExitCode) return error.exitCode;
  if (error instanceof InputError) {
    // What stands in files may hold anything; a terminal must not obey it.
    const message = stripVTControlCharacters(error.message).replaceAll(/[^\P{Cc}\n]/gu, "\uFFFD");
    console.error(`${styleText("red", "error", { stream: process.stderr })} ${message}`);
    return error.code === "ERR_USAGE" ? 2 : 1;
  }
  console.error(error);
  return 70;
}

export type { Command };
