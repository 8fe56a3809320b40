/** @file The command line: finds the command, runs it, and turns what happened into an exit code. */
import { InputError } from "@split-et-impera/core/errors";
import { parseArgs, type ArgsDef } from "citty";
import { styleText } from "node:util";
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
  try {
    return await dispatch(argv, interrupt.signal);
  } catch (error) {
    return explain(error, interrupt.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
  }
}

async function dispatch(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const asked = name === undefined ? undefined : rest[0];
    const entry = asked === undefined ? undefined : commands[asked];
    console.log(asked !== undefined && entry ? commandHelp(asked, await entry.load(), common) : mainHelp(commands));
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    console.log(version);
    return 0;
  }
  const entry = commands[name];
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
    print: (text) => void (json || process.stdout.write(`${text}\n`)),
    printJson: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    progress: createProgress(process.stderr),
  };
  await command.run(context);
  return 0;
}

function parse(name: string, argv: string[], definitions: ArgsDef): Context["args"] {
  try {
    return parseArgs(argv, definitions);
  } catch (error) {
    throw new InputError("ERR_USAGE", `${(error as Error).message}; \`sei ${name} --help\` shows the usage`, {
      cause: error,
    });
  }
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
      throw new InputError("ERR_USAGE", `sei ${name}: unknown option "${word}"${nearest(flag, [...known])}`);
    }
  }
}

/** One line for the user's mistakes, a stack for ours. */
function explain(error: unknown, signal: AbortSignal): number {
  if (error instanceof ExitCode) return error.exitCode;
  if (signal.aborted) {
    console.error("stopped; the next run goes on from here");
    return 130;
  }
  if (error instanceof InputError) {
    console.error(`${styleText("red", "error", { stream: process.stderr })} ${error.message}`);
    return error.code === "ERR_USAGE" ? 2 : 1;
  }
  console.error(error);
  return 70;
}

export type { Command };
