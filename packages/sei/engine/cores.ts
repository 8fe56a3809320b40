/** @file How many cores there are. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Where Linux says which hardware threads share a core, such as "0,64" or "0-1". */
const siblings = "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list";

/** Cores open to this process, or 0 where hardware threads cannot be told from cores. */
export function countCores(): number {
  try {
    const threads = readFileSync(siblings, "utf8").split(/[-,]/).length;
    return Math.max(1, Math.floor(availableParallelism() / threads));
  } catch {
    return 0;
  }
}
