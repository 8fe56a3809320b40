/** @file The command line: finds the command, runs it, and turns what happened into an exit code. */
import { InputError } from "@split-et-impera/core/errors";
import { parseArgs, type ArgsDef } from "citty";
import { stripVTControlCharacters } from "node:util";
import { reasonOf } from "../files/index.ts";
import { ExitCode, type Command, type Context } from "./command.ts";
import { commands } from "./commands/index.ts";
import { createProgress } from "./progress.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { nearest } from "../nearest.ts";
import { openStore } from "../store/index.ts";
import { version } from "../version.ts";
import { jsonLine, jsonText, shownText, style } from "./text.ts";

const common: ArgsDef = {
  json: { type: "boolean", description: "print the result as JSON on stdout" },
  help: { type: "boolean", alias: "h", description: "show this help" },
};

export interface MainOptions {
  /** Aborted when the work is to stop. */
  signal?: AbortSignal;
  /** Told when a command's work begins, and whether a next run would go on where this one is stopped. */
  onStart?(command: { name: string; resumes: boolean }): void;
  /** Told what to call when the command's files are to be read again. */
  onReload?(reload: () => void): void;
}

/** Runs `sei` with these arguments and gives the exit code (docs/commands.md lists them). */
export async function main(argv: readonly string[], options: MainOptions = {}): Promise<number> {
  const { signal = new AbortController().signal } = options;
  const output = watchStdout();
  try {
    const code = await dispatch(argv, { ...options, signal });
    await output.settled();
    return code;
  } catch (error) {
    return signal.aborted ? 130 : explain(error);
  } finally {
    output.stop();
  }
}

/**
 * `sei inspect model.onnx | head`: who reads may stop reading; the work and its exit code are not changed by that. A full
 * disk is another matter: what was asked for is not there.
 */
function watchStdout(): { settled(): Promise<void>; stop(): void } {
  let failure: NodeJS.ErrnoException | undefined;
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") failure ??= error;
  };
  process.stdout.on("error", onError);
  return {
    async settled() {
      // Errors of a write are told in the next turn.
      await new Promise((resolve) => setImmediate(resolve));
      if (failure)
        throw new InputError("ERR_OUTPUT", `stdout: cannot be written: ${reasonOf(failure)}`, { cause: failure });
    },
    stop: () => void setImmediate(() => process.stdout.off("error", onError)),
  };
}

/** The command in one word, where it has two: `profile import`. */
function joined(argv: readonly string[]): readonly string[] {
  const [first, second, ...rest] = argv;
  const both = `${first} ${second}`;
  return Object.hasOwn(commands, both) ? [both, ...rest] : argv;
}

async function dispatch(
  argv: readonly string[],
  { signal, onStart, onReload }: MainOptions & { signal: AbortSignal },
): Promise<number> {
  const [name, ...rest] = joined(argv);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const asked = name === undefined ? undefined : joined(rest)[0];
    const entry = asked !== undefined && Object.hasOwn(commands, asked) ? commands[asked] : undefined;
    const help = asked !== undefined && entry ? commandHelp(asked, await entry.load(), common) : mainHelp(commands);
    console.log(shownText(help, process.stdout));
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
    console.log(shownText(commandHelp(name, command, common), process.stdout));
    return 0;
  }
  const definitions: ArgsDef = { ...command.args, ...common };
  checkFlags(name, rest, definitions);
  const args = parse(name, rest, definitions, command.repeats === true);
  const json = args["json"] === true;
  const context: Context = {
    args,
    json,
    signal,
    every: (flag) => valuesOf(rest, flag),
    print: (text) => void (json || process.stdout.write(`${shownText(text, process.stdout)}\n`)),
    printJson: (value) => void process.stdout.write(`${jsonText(value)}\n`),
    printJsonLine: (value) => void process.stdout.write(`${jsonLine(value)}\n`),
    progress: createProgress(process.stderr),
    warn,
    onReload: (reload) => onReload?.(reload),
    openStore: (folder) =>
      openStore(folder, {
        warn(text) {
          warn(text);
          onStart?.({ name, resumes: false });
        },
      }),
  };
  onStart?.({ name, resumes: command.resumes === true });
  try {
    await command.run(context);
  } catch (error) {
    if (error instanceof ExitCode) return error.exitCode;
    throw error instanceof InputError ? await inStudy(error, args["study"]) : error;
  }
  return 0;
}

/** What model or data have against a field of the study is told with the line where that stands. */
async function inStudy(error: InputError, study: unknown): Promise<InputError> {
  if (typeof study !== "string") return error;
  try {
    const { placed } = await import("../study/index.ts");
    const lines = error.message.split("\n").map((line) => placed(study, line));
    return new InputError(error.code, (await Promise.all(lines)).join("\n"), { cause: error });
  } catch {
    return error;
  }
}

function warn(text: string): void {
  const clear = process.stderr.isTTY ? "\r\u001B[K" : "";
  console.error(`${clear}${shownText(`${style("yellow", "warning")} ${text}`, process.stderr)}`);
}

function parse(name: string, argv: string[], definitions: ArgsDef, repeats: boolean): Context["args"] {
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
  if (extra !== undefined && !repeats) {
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
function explain(error: unknown): number {
  if (error instanceof InputError) {
    console.error(shownText(`${style("red", "error")} ${error.message}`, process.stderr));
    return error.code === "ERR_USAGE" ? 2 : 1;
  }
  console.error(error);
  return 70;
}

export type { Command };
