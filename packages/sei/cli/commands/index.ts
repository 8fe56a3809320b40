/** @file The commands of `sei`, by name. A command's module is loaded when it is called. */
import type { ArgsDef } from "citty";
import type { Command } from "../command.ts";

interface Entry {
  description: string;
  load(): Promise<Command>;
}

/** A row per command; the line shown in the list stands here so that `sei --help` loads nothing. */
export const commands: Record<string, Entry> = {
  data: {
    description: "Counts a data set's images by class and draws samples of them as one picture",
    load: () => load(import("./data.ts")),
  },
};

/** Loads a module's default export as a command whose arguments are no longer known by type. */
export async function load<T extends ArgsDef>(module: Promise<{ default: Command<T> }>): Promise<Command> {
  return (await module).default as unknown as Command;
}
