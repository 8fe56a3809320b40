/** @file What a command of `sei` is: typed data, loaded only when it is called. */
import type { ArgsDef, ParsedArgs } from "citty";
import type { Progress } from "../stages/context.ts";
import type { Store } from "../store/index.ts";

export interface Command<T extends ArgsDef = ArgsDef> {
  /** One line, shown in the list of commands. */
  description: string;
  /** Flags and positionals (citty's definitions). Every command also has `--json` and `--help`. */
  args: T;
  /** Command lines that work as they stand, each with what it does. */
  examples: readonly { line: string; does: string }[];
  /** Whether the last positional may stand several times: `HOST...`; all words are `args._`. */
  repeats?: boolean;
  /** Whether the next run goes on where this one was stopped. */
  resumes?: boolean;
  run(context: Context<T>): Promise<void>;
}

export interface Context<T extends ArgsDef = ArgsDef> {
  args: ParsedArgs<T>;
  /** Whether `--json` was given: then `print` gets the result once, and nothing else goes to stdout. */
  json: boolean;
  /** Aborted by Ctrl-C; long work checks it and leaves things so that the next run resumes. */
  signal: AbortSignal;
  /** All values of a flag that was given several times, in order. */
  every(flag: keyof T & string): string[];
  /** Writes a line of the answer to stdout; control characters in it are replaced, styles (`style`) are kept. */
  print(text: string): void;
  /** Writes the result as JSON to stdout. */
  printJson(value: unknown): void;
  /** The same as one line: of work that goes on, an object a line. */
  printJsonLine(value: unknown): void;
  /** Tells how far long work has come, on stderr. */
  progress: Progress;
  /** Says on stderr what is amiss but stops nothing. */
  warn(text: string): void;
  /** What is to be done when this process is told to read its files again (SIGHUP of a service). */
  onReload(reload: () => void): void;
  /** Opens what is kept from earlier runs, in this folder or the usual one; that it cannot be written is only a warning. */
  openStore(folder?: string): Store;
}

/** Only infers the types of the arguments. */
export function defineCommand<const T extends ArgsDef>(command: Command<T>): Command<T> {
  return command;
}

/** Thrown by a command that ends well but wants another exit code (see docs/commands.md). */
export class ExitCode extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}
