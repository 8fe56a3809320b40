/** @file `sei probe`: from two hosts to a section that a study takes; over an emulated link where one can be had. */
import { InputError } from "@split-et-impera/core/errors";
import { openEmulatedLink, runProgram } from "@split-et-impera/runtime/emulation";
import type { Probed, ProbedDirection } from "@split-et-impera/runtime/probe";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { linkOf, linksSection, type ProbedLink } from "../../probe/link.ts";
import { startSei } from "../testing/process.ts";
import { at, json, said, sei, useFolder } from "../testing/harness.ts";

useFolder();

const about = (value: number, lo = value, hi = value): { value: number; lo: number; hi: number; n: number } => ({
  value,
  lo,
  hi,
  n: 100,
});
const way: ProbedDirection = { rate: about(9.98e6, 9.9e6, 10e6), loss: about(0, 0, 0.004), jitter: about(1e-4) };
const found: Probed = {
  hosts: ["camera", "server"],
  seconds: 9.8,
  bytes: 9e6,
  there: way,
  back: way,
  rtt: { min: 0.0123, median: about(0.0124), p95: about(0.0131), n: 990 },
  delay: about(5.1e-3, 5e-3, 5.2e-3),
  echoes: { count: 1000, bytes: 1500 },
  dropped: 0,
};

/** The link of a study with this section, as `sei check` understands it. */
async function checked(section: string): Promise<unknown> {
  const study = await readFile(at("study.yaml"), "utf8");
  await writeFile(at("probed.yaml"), study.replace(/^links:.*$/m, section));
  return (await json<{ links: unknown[] }>("check", at("probed.yaml"))).links[0];
}

test("the section that is printed is one that a study takes, with the numbers that were found", async () => {
  const date = new Date("2026-11-29T07:00:00Z");
  expect(linksSection(found, date)).toMatchInlineSnapshot(`
    "links:
      - between: [camera, server]  # sei probe, 2026-11-29 07:00 UTC, 9.8 s
        rate: 9.98 Mbit/s          # 9.9 Mbit/s to 10 Mbit/s; back 9.98 Mbit/s
        delay: 5.1 ms              # 5 ms to 5.2 ms: half of the least round trip, less what sending takes
        loss: 0 %                  # there 0 % (0 % to 0.4 %), back 0 % (0 % to 0.4 %), of 1000"
  `);
  expect(await checked(linksSection(found, date))).toMatchObject({
    between: ["camera", "server"],
    rate: 9.98e6,
    delay: expect.closeTo(5.1e-3, 12) as number,
  });
  const there = { ...way, loss: about(0.05, 0.03, 0.08), burst: about(3, 2, 5) };
  const lossy = { ...found, there, delay: about(4e-6), hosts: ["cam-1", "server"] as const };
  expect(linksSection(lossy, date)).toContain("loss: { rate: 5 %, burst: 3 }");
  await checked(linksSection({ ...lossy, hosts: found.hosts }, date));
  // What a study refuses is not printed: bursts that are outages, and shares that their bursts cannot give.
  const of = (rate: number, burst: number): string => {
    const lost = { ...way, loss: about(rate), burst: about(burst, burst, burst + 1) };
    return linksSection({ ...found, there: lost }, date);
  };
  expect(of(0.3, 1500)).toMatch(/loss: \{ rate: 30 %, burst: 1000 \} .*; runs of 1500 in the mean, rather outages/);
  expect(of(0.6667, 2)).toMatch(/loss: 66.7 % /);
  for (const section of [of(0.3, 1500), of(0.6667, 2)]) await checked(section);
  expect(linkOf({ ...lossy, there: { ...there, rate: about(4e8, 4e8, Infinity) } })).toMatchObject({
    rate: { value: 4e8, lo: 4e8, hi: null },
    loss: { burst: { value: 3, lo: 2, hi: 5 } },
  });
});

test("with certificates hosts are called as those say", async () => {
  expect(await sei("keys", "--out", at("keys"), "gate", "cloud")).toBe(0);
  const listening = startSei(["probe", "--listen", "127.0.0.1:0", "--keys", at("keys/cloud"), "--json"]);
  const { host, address } = JSON.parse(await listening.firstLine()) as { host: string; address: string };
  expect(host).toBe("cloud");
  const words = ["--keys", at("keys/gate"), "--seconds", "3", "--bytes", "1 MB"];
  const link = await json<ProbedLink>("probe", `cloud=${address}`, ...words);
  expect(link.between).toEqual(["gate", "cloud"]);
  expect(link.rate.value).toBeGreaterThan(0);
  expect(await sei("probe", `gate=${address}`, ...words)).toBe(1);
  expect(said.stderr).toContain("expected DNS:gate");
  listening.kill("SIGTERM");
  await listening.ended;
});

test("an emulated link is found as it is", { timeout: 60_000 }, async (context) => {
  const link = { rate: 1e6, delay: 20e6, loss: { rate: 0.05, burst: 3 } };
  const emulated = await openEmulatedLink({ kind: "tun", link }, new AbortController().signal).catch((error) => {
    if (!(error instanceof InputError && error.code === "ERR_EMULATION")) throw error;
    return context.skip(error.message);
  });
  await using opened = emulated;
  const bin = fileURLToPath(new URL("../../bin/sei.js", import.meta.url));
  const run = (host: 0 | 1, ...words: string[]) =>
    opened.hosts[host].exec(process.execPath, [bin, "probe", ...words, "--insecure", "--anywhere", "--json"]);
  const listener = run(1, "--listen", `${opened.hosts[1].address}:7100`);
  const listening = spawn(listener.command, listener.args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(listening.stdout, "data");
  const result = JSON.parse(
    await runProgram(run(0, `${opened.hosts[1].address}:7100`, "--seconds", "6")),
  ) as ProbedLink;
  listening.kill();
  // On a machine that is busy the hosts themselves are late; what they find is never far beyond what there is.
  expect(result.rate.value).toBeLessThan(1.1e6);
  expect(result.delay.value).toBeGreaterThan(19e-3);
  expect(result.loss.rate.lo).toBeLessThan(0.1);
  expect(result.loss.rate.hi).toBeGreaterThan(0.02);
  expect(result.loss.burst.value).toBeGreaterThan(1.3);
});

test.each([
  [["probe", "--insecure"], "expected --listen ADDRESS:PORT or the ADDRESS:PORT of a host that listens"],
  [["probe", "1.2.3.4:5", "--listen", "1.2.3.4:5", "--insecure"], "expected --listen ADDRESS:PORT or"],
  [["probe", "1.2.3.4"], "expected one of --keys DIR"],
  [["probe", "1.2.3.4", "--insecure"], "expected ADDRESS:PORT as in 10.0.0.2:7000"],
  [["probe", "1.2.3.4:5", "--insecure", "--seconds", "0"], '--seconds: expected 3 to 600, got "0"'],
  [["probe", "1.2.3.4:5", "--insecure", "--bytes", "7"], '--bytes: expected 100 kB to 10 GB, got "7"'],
])("%j is no usage", async (argv, message) => {
  expect(await sei(...argv)).toBe(2);
  expect(said.stderr).toContain(message);
});
