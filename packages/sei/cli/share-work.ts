/** @file Who does a command's work beside it, as its flags say, and the store that all of them see. */
import { InputError } from "@split-et-impera/core/errors";
import type { Study } from "@split-et-impera/core/study";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { availableMemory } from "node:process";
import { dirname, join } from "node:path";
import { checkWritable } from "../files/index.ts";
import { inProcess, processes } from "../jobs/index.ts";
import { filesOfSource } from "../model/index.ts";
import type { Context } from "../stages/context.ts";
import { usualFolder } from "../store/index.ts";
import type { Context as CommandContext } from "./command.ts";

/** More than any machine has processors for. */
const mostProcesses = 256;
/** What a process takes beside copies of its models: the engine, samples, what bottlenecks learn from. */
const bytesEach = 2 ** 30;
const modelCopies = 4;

interface SharedWork extends AsyncDisposable {
  parts: Pick<Context, "store" | "jobs">;
}

/** The flags of that name. */
export interface ShareFlags {
  jobs?: string | undefined;
  cache?: string | undefined;
  workers?: string | undefined;
  label?: string | undefined;
  files?: string | undefined;
}

/** @param file the study's */
export async function shareWork(
  file: string,
  study: Study,
  { jobs: asked, cache, workers, label, files }: ShareFlags,
  { openStore, warn }: Pick<CommandContext, "openStore" | "warn">,
): Promise<SharedWork> {
  if (workers !== undefined) {
    if (asked !== undefined)
      throw new InputError("ERR_USAGE", "--jobs: expected none beside --workers, which says who does the work");
    return workersOf(workers, { label, files: files ?? dirname(file) }, cache, warn, openStore);
  }
  for (const [flag, value] of Object.entries({ label, files }))
    if (value !== undefined) throw new InputError("ERR_USAGE", `--${flag}: expected only with --workers`);
  const wanted = countOf(asked);
  const count = wanted > 1 ? await roomFor(study, wanted, warn) : 1;
  if (count === 1) {
    const parts = { store: openStore(cache), jobs: inProcess };
    return { parts, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const { folder, leave } = await sharedFolder(cache);
  const jobs = processes({ count, place: { folder } });
  return {
    parts: { store: openStore(folder), jobs },
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]();
      await leave();
    },
  };
}

/** Workers anywhere, by a queue; loaded where it is asked for. */
async function workersOf(
  url: string,
  options: { label: string | undefined; files: string },
  cache: string | undefined,
  warn: (text: string) => void,
  openStore: CommandContext["openStore"],
): Promise<SharedWork> {
  const { byWorkers, checkLabel, openQueue } = await import("../jobs/queue/index.ts");
  const { postgresStore } = await import("../store/index.ts");
  checkLabel(options.label);
  const queue = await openQueue(url, warn);
  const store = cache === undefined ? postgresStore(queue.pool, warn) : openStore(cache);
  return {
    parts: { store, jobs: await byWorkers(queue, options) },
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}

function countOf(asked: string | undefined): number {
  if (asked === undefined) return 1;
  const count = Number(asked);
  if (Number.isInteger(count) && count >= 1 && count <= mostProcesses) return count;
  throw new InputError("ERR_USAGE", `--jobs: expected a whole number from 1 to ${mostProcesses}, got "${asked}"`);
}

/** As many processes as memory allows, at most those that are wanted. */
async function roomFor({ model }: Study, wanted: number, warn: (text: string) => void): Promise<number> {
  const sizes = await Promise.all((await filesOfSource(model)).map(async (file) => (await stat(file)).size));
  const each = bytesEach + modelCopies * sizes.reduce((sum, size) => sum + size, 0);
  const count = Math.max(1, Math.min(wanted, Math.floor(availableMemory() / each)));
  const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  if (count < wanted)
    warn(
      `${count} of ${wanted} jobs at once: ${gigabytes(availableMemory())} of memory are free, and each may take ${gigabytes(each)}`,
    );
  return count;
}

/** The store's folder; where results are not kept, one for this run alone. */
async function sharedFolder(cache: string | undefined): Promise<{ folder: string; leave(): Promise<void> }> {
  const folder = cache ?? usualFolder();
  const usable =
    folder !== undefined &&
    (await checkWritable(folder).then(
      () => true,
      () => false,
    ));
  if (usable) return { folder, leave: () => Promise.resolve() };
  const own = await mkdtemp(join(tmpdir(), "sei-store-"));
  return { folder: own, leave: () => rm(own, { recursive: true, force: true }) };
}
