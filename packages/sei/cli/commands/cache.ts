/** @file `sei cache`: what is kept from earlier runs. */
import { InputError } from "@split-et-impera/core/errors";
import { formatBytes } from "@split-et-impera/core/units";
import { clearStore, listStore, usualFolder } from "../../store/index.ts";
import { defineCommand } from "../command.ts";
import { table } from "../table.ts";

export default defineCommand({
  description: "Show or clear the results kept from earlier runs",
  args: {
    clear: { type: "boolean", description: "remove everything that is kept" },
    cache: {
      type: "string",
      valueHint: "DIR",
      description: "the folder (default: SEI_CACHE, or the user's cache folder)",
    },
  },
  examples: [
    { line: "sei cache", does: "how much is kept, by stage" },
    { line: "sei cache --clear", does: "remove it; the next run computes everything anew" },
  ],
  async run({ args, json, print, printJson }) {
    const folder = args.cache ?? usualFolder();
    if (folder === undefined)
      throw new InputError("ERR_USAGE", "sei cache: expected --cache or SEI_CACHE, since this user has no home folder");
    if (args.clear) {
      const removed = await clearStore(folder);
      if (json) printJson({ folder, removed });
      print(`${removed} entries removed from ${folder}`);
      return;
    }
    const entries = await listStore(folder);
    if (json) {
      printJson({ folder, entries });
      return;
    }
    const stages = Map.groupBy(entries, ({ stage }) => stage);
    const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    print(`${folder}: ${entries.length} entries, ${formatBytes(total)}`);
    if (entries.length === 0) return;
    const rows = [...stages].map(([stage, own]) => [
      stage,
      String(own.length),
      formatBytes(own.reduce((sum, { bytes }) => sum + bytes, 0)),
    ]);
    print(table(["stage", "entries", "size"], rows, [1, 2]));
  },
});
