/** @file Threads that keep processors awake: they give way to all others, and end. */
import { availableParallelism } from "node:os";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { keepAwake } from "./awake.ts";

/** Threads of this process that run only where no other would: field 41 of proc(5)'s stat is the policy, 5 SCHED_IDLE. */
async function idleThreads(): Promise<number> {
  const threads = await readdir("/proc/self/task");
  const stats = await Promise.all(threads.map((id) => readFile(`/proc/self/task/${id}/stat`, "utf8").catch(() => "")));
  return stats.filter((stat) => stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38] === "5").length;
}

test.skipIf(process.platform !== "linux")("one for each processor, until they are ended", async () => {
  const before = await idleThreads();
  const rest = keepAwake();
  const wanted = before + availableParallelism();
  for (let i = 0; i < 200 && (await idleThreads()) < wanted; i++) await sleep(50);
  expect(await idleThreads()).toBe(wanted);
  await rest();
  expect(await idleThreads()).toBe(before);
});
