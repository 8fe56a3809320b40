/** @file `sei worker`: does the work of studies that are designed elsewhere. */
import { InputError } from "@split-et-impera/core/errors";
import { openStore } from "../../store/index.ts";
import { contextOf } from "../../stages/default-context.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  description: "Do the work of studies that `sei design --workers` puts into a queue, until it is stopped",
  args: {
    database: {
      type: "positional",
      description: "the queue: postgres://user@host/name (the password from PGPASSWORD or ~/.pgpass)",
      required: true,
    },
    label: {
      type: "string",
      valueHint: "NAME",
      description: "takes jobs with this label too, and before the others; several times",
    },
    files: {
      type: "string",
      valueHint: "DIR",
      description: "the folder with the studies' models and data; nothing outside is read (default: this one)",
    },
    cache: {
      type: "string",
      valueHint: "DIR",
      description: "a folder that all see, where results are kept (default: in the database)",
    },
    once: { type: "boolean", description: "ends when the queue is empty" },
  },
  examples: [
    {
      line: "sei worker DATABASE --files /data",
      does: "takes jobs of a database such as postgres://sei@db/sei until Ctrl-C",
    },
    { line: "sei worker DATABASE --label gpu", does: "those of `sei design --label gpu` first" },
  ],
  async run({ args, every, json, print, printJson, signal, warn }) {
    const { checkLabel, openQueue, stopWork, work, StrangeJob } = await import("../../jobs/queue/index.ts");
    const labels = every("label");
    for (const label of labels) checkLabel(label);
    const { database, files = ".", cache } = args;
    await using queue = await openQueue(database, warn);
    const place = cache === undefined ? { database } : { folder: cache };
    // What the process that does the jobs keeps is kept there; this one keeps nothing.
    const context = contextOf({ store: openStore(cache), signal });
    const say = (text: string): void => print(`${new Date().toISOString().slice(11, 19)} ${text}`);
    try {
      const done = await work(queue, { labels, files, place, context, say, ...(args.once === true && { once: true }) });
      if (json) printJson({ done });
    } catch (error) {
      if (error instanceof StrangeJob) throw new InputError("ERR_WORKER_VERSION", error.message, { cause: error });
      throw error;
    } finally {
      await stopWork();
    }
  },
});
