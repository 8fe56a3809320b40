/** @file `sei cache`: what is kept from earlier runs. */
import { formatBytes } from "@split-et-impera/core/units";
import { cacheFolder, clearCache, listCache } from "../../store/index.ts";
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
    const folder = args.cache ?? cacheFolder();
    if (args.clear) {
      const removed = await clearCache(folder);
      if (json) printJson({ folder, removed });
      print(`${removed} entries removed from ${folder}`);
      return;
    }
    const entries = await listCache(folder);
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
