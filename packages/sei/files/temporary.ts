/** @file Names for what is being written: who made them can be told, so that what a killed run left behind is found and removed. */
import { createHash, randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/** `NAME.HOST-PID-RANDOM.tmp`: process numbers mean something on their own machine only. */
const pattern = /^(.+)\.([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{12}\.tmp$/;
const thisHost = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
/** What another machine wrote to a shared folder and did not finish within a day, nobody finishes. */
const abandoned = 24 * 3600 * 1000;

let listener: ((change: "hold" | "release", path: string) => void) | undefined;

/** Tells `to` of every temporary name before it is made and after it is gone: a supervisor removes those of a process that it ends. */
export function onTemporaries(to: typeof listener): void {
  listener = to;
}

/** A fresh name beside `path`, to be written and then renamed; {@link release} it afterwards. */
export function temporaryFor(path: string): string {
  const name = `${path}.${thisHost}-${process.pid}-${randomBytes(6).toString("hex")}.tmp`;
  listener?.("hold", name);
  return name;
}

/** Removes a temporary file or folder, where it is still there. Never fails. */
export async function release(temporary: string): Promise<void> {
  await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  listener?.("release", temporary);
}

/** Whether a file's name is that of something half-written. */
export const isTemporary = (name: string): boolean => pattern.test(name);

/** Removes what killed runs left beside `path` when they were writing it. Never fails. */
export const sweep = (path: string): Promise<void> => sweepWhere(dirname(path), (of) => of === basename(path));

/** Removes what killed runs left half-written in a folder. Never fails. */
export const sweepFolder = (folder: string): Promise<void> => sweepWhere(folder, () => true);

async function sweepWhere(folder: string, chosen: (of: string) => boolean): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, of, host, pid] = pattern.exec(name) ?? [];
    if (of === undefined || !chosen(of)) continue;
    const left = join(folder, name);
    if (host === thisHost ? !isRunning(Number(pid)) : await isOld(left))
      await rm(left, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > abandoned;
}
