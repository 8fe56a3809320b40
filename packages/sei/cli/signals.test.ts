/** @file Ctrl-C, SIGTERM and crashes, in processes as a shell starts them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { at, useFolder } from "./testing/harness.ts";
import { childrenOf, shell, startSei } from "./testing/process.ts";

useFolder();

/** The promise is two seconds, which bench/robust/signals.ts measures; here other tests keep the machine busy. */
const soon = 4;
const long = {
  network: () => ["network", "--count", "1000000", "--loss", "2 %"],
  train: () => ["train", at("tiny.onnx"), "--data", "conveyor", "--epochs", "200", "--out", at("stopped.onnx")],
  design: () => ["design", at("study.yaml"), "--out", at("stopped")],
};

/** Names of half-written files, in all folders. */
async function halfWritten(): Promise<string[]> {
  return (await readdir(at("."), { recursive: true })).filter((name) => name.endsWith(".tmp"));
}

async function childOf(pid: number): Promise<number> {
  for (;;) {
    const [found] = childrenOf(pid);
    if (found !== undefined) return found;
    await setTimeout(10);
  }
}

const runs = (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, "utf8").then(
    (text) => !text.slice(text.lastIndexOf(")")).startsWith(") Z"),
    () => false,
  );

describe("signals", () => {
  it.each<[keyof typeof long, NodeJS.Signals, number]>([
    ["network", "SIGINT", 900],
    ["network", "SIGTERM", 300],
    ["train", "SIGTERM", 1500],
    ["design", "SIGINT", 1200],
    ["design", "SIGTERM", 2500],
  ])("%s hears %s after %i ms", async (name, signal, moment) => {
    const sei = startSei(long[name]());
    // A busy machine may take longer to begin; before, there is nothing to go on from.
    if (name !== "network") while (!sei.said.stderr.includes("✓")) await setTimeout(10);
    await setTimeout(moment);
    sei.kill(signal);
    const { code, stderr, seconds } = await sei.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      name === "network" ? /^(✗ simulation\n)?stopped\n$/ : /stopped; the next run goes on from here\n$/,
    );
    expect(seconds).toBeLessThan(soon);
    expect(await halfWritten()).toEqual([]);
  });

  it("the work ends with the process that was started, however that ends", async () => {
    const sei = startSei(long.network());
    const child = await childOf(sei.child.pid!);
    await setTimeout(800);
    sei.kill("SIGKILL");
    await sei.ended;
    for (let i = 0; i < 100 && (await runs(child)); i++) await setTimeout(50);
    expect(await runs(child)).toBe(false);
  });

  it.each<NodeJS.Signals>(["SIGSEGV", "SIGFPE", "SIGABRT", "SIGKILL"])(
    "a crash by %s is said in one line",
    async (signal) => {
      const sei = startSei(long.network());
      const child = await childOf(sei.child.pid!);
      await setTimeout(300);
      process.kill(child, signal);
      const { code, stderr } = await sei.ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        signal === "SIGKILL" ? /^error .*ran out of memory\n$/ : /^error the engine crashed \(SIG[A-Z]+\).*\n$/,
      );
    },
  );

  it("stdout that is full is an error, a reader that went away is none", async () => {
    const full = await shell(`"$0" "$1" cache --cache ${at("none")} > /dev/full`);
    expect(full).toMatchObject({ code: 1, stderr: "error stdout: cannot be written: the disk is full (ENOSPC)\n" });
    expect(await shell(`"$0" "$1" inspect ${at("tiny.onnx")} | true; exit "\${PIPESTATUS[0]}"`)).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(
      await shell(`"$0" "$1" inspect ${join(at("none"), "x.onnx")} 2>&1 >/dev/null | true; exit "\${PIPESTATUS[0]}"`),
    ).toMatchObject({ code: 1 });
  });
});
