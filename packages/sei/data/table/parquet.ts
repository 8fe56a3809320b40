/** @file Parquet, of which only what is asked for is read: pictures inside may be far more than memory holds. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { dataError, fileSize } from "../files.ts";
import type { ParquetAnswer, ParquetRequest } from "./parquet-thread.ts";
import { mostRows, type Table } from "./table.ts";

const what = "a whole Parquet file";
/** A row group unpacked. */
const mostGroupBytes = 2 ** 31;

/** Opens a Parquet file; cells are read when they are asked for. */
export async function openParquet(path: string): Promise<Table> {
  const bytes = await fileSize(path, what);
  const outline = await ask({ path, bytes });
  if (outline.kind !== "outline") throw refused(path, outline);
  const { columns, count, groups } = outline;
  if (!(count >= 0 && count <= mostRows)) throw dataError(path, `at most ${mostRows} rows`, `${count}`);
  const inGroups = groups.reduce((sum, group) => sum + group.rows, 0);
  if (inGroups !== count) throw dataError(path, `${count} rows in its row groups`, `${inGroups}`);
  const largest = Math.max(0, ...groups.map((group) => group.bytes));
  if (!(largest <= mostGroupBytes)) throw dataError(path, "row groups of at most 2 GiB", `${largest} bytes`);
  return {
    columns,
    count,
    async read(names, from, to) {
      const range = { from: Math.max(0, from), to: Math.min(to, count) };
      const found = await ask({ path, bytes, rows: { columns: [...names], ...range } });
      if (found.kind !== "rows") throw refused(path, found);
      const expected = range.to - range.from;
      if (found.rows.length !== expected) throw dataError(path, `${expected} rows`, `${found.rows.length}`);
      return found.rows;
    },
    where: (row) => `${path}: row ${row}`,
  };
}

const refused = (path: string, answer: ParquetAnswer): Error =>
  dataError(
    path,
    what,
    answer.kind === "error" ? answer.message.replaceAll(/\s+/g, " ").slice(0, 200) : "another answer",
  );

/** One thread for all files, ended and made anew where it does not answer: lengths in a file may claim anything. */
let thread: Worker | undefined;
let last: Promise<unknown> = Promise.resolve();

const mostHeapMegabytes = 1024;
/** How long one answer may take: some seconds, and what reading and unpacking the whole file would. */
const mostMilliseconds = (bytes: number): number => 3000 + bytes / 2000;

function ask(request: ParquetRequest): Promise<ParquetAnswer> {
  const answer = last.then(() => askNow(request));
  last = answer;
  return answer;
}

async function askNow(request: ParquetRequest): Promise<ParquetAnswer> {
  const used = (thread ??= await start());
  const stop = new AbortController();
  const end = (message: string): ParquetAnswer => {
    if (thread === used) thread = undefined;
    void used.terminate();
    return { kind: "error", message };
  };
  used.ref();
  const limit = mostMilliseconds(request.bytes);
  const timer = setTimeout(() => stop.abort(), limit);
  used.postMessage(request);
  try {
    // Rejects on `error`: out of memory.
    const [answer] = (await once(used, "message", { signal: stop.signal })) as [ParquetAnswer];
    return answer;
  } catch (error) {
    return end(stop.signal.aborted ? `no end of it in ${Math.round(limit / 1000)} s` : (error as Error).message);
  } finally {
    clearTimeout(timer);
    used.unref();
  }
}

async function start(): Promise<Worker> {
  const script = new URL(
    import.meta.url.endsWith(".ts") ? "./parquet-thread.ts" : "./parquet-thread.js",
    import.meta.url,
  );
  const made = new Worker(script, {
    resourceLimits: { maxOldGenerationSizeMb: mostHeapMegabytes },
    stderr: true,
    execArgv: [],
  });
  await once(made, "online");
  return made;
}
