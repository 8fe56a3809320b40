/** @file `sei simulate`, as it is called. */
import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { at, json, said, sei, useFolder } from "../testing/harness.ts";

useFolder();

/** The folder's study over another link. */
async function over(link: string, name: string): Promise<string> {
  const study = await readFile(at("study.yaml"), "utf8");
  const file = at(name);
  await writeFile(file, study.replace("rate: 10 Mbit/s, delay: 5 ms, loss: 2 %", link));
  return file;
}

interface Row {
  transport: string;
  loss: number;
  summary: { latency: { median: { value: number } }; framesLost: number };
  overload?: { offered: number; sustained: number };
}

it("frames that a link can carry have latencies", async () => {
  const study = await over("rate: 10 Mbit/s, delay: 5 ms", "quick.yaml");
  expect(await sei("simulate", study, "--bytes", "1kB")).toBe(0);
  expect(said.stdout).not.toContain("overloaded");
  expect(said.stdout).toMatch(/1 kB {2}udp +1 kB +0 % +0 % +11 ms/);
});

it("a narrow radio link ends, and is called overloaded instead of slow", async () => {
  const study = await over("rate: 9.6 kbit/s, delay: 5 ms, loss: 1 %", "slow.yaml");
  expect(await sei("simulate", study)).toBe(0);
  expect(said.stdout).toMatch(/3\.07 kB {2}tcp +3\.07 kB +1 % +– +– +– +– +100 % +\d+ {2}overloaded: 0\.\d+ of 20 fps/);
  const { flows } = await json<{ flows: Row[] }>("simulate", study);
  for (const { overload } of flows) {
    expect(overload!.offered).toBe(20);
    // 3072 bytes with headers take 2.6 s.
    expect(overload!.sustained).toBeLessThan(1 / 2.5);
  }
});

it.each(["0", "10GB", "1kB,0 B"])("sizes that no message has are refused at the flag: %s", async (sizes) => {
  expect(await sei("simulate", at("study.yaml"), "--bytes", sizes)).toBe(2);
  expect(said.stderr).toContain("--bytes: expected a size from 1 B to 2 GB, got ");
});
