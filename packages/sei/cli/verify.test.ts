/** @file `sei verify`: a design run over an emulated link, its table, and the table made again from its frames. */
import { detectLinks } from "@split-et-impera/runtime/emulation";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDeployment } from "../deploy/index.ts";
import type { Verification } from "../verify/index.ts";
import { at, design, mistake, said, sei, useFolder, variant } from "./testing/harness.ts";
import { startSei, type SeiProcess } from "./testing/process.ts";

useFolder();

const parts = fileURLToPath(new URL("../../../examples/conveyor/parts.onnx", import.meta.url));
const frames = 25;
let table: Verification;

beforeAll(async () => {
  await variant(
    "pair.yaml",
    ["tiny.onnx", parts],
    ["[pool1]", "[block2/MaxPool]"],
    ["rate: 20 fps", "rate: 60 fps"],
    ["codecs: [float32, uint8]", "codecs: [uint8]\n  scenarios: [SC]\n  transports: [udp]"],
    [
      "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]",
      "bottlenecks: []",
    ],
  );
  const argv = ["--frames", String(frames), "--loss", "0%,20%", "--delay", "3 ms", "--out", at("kept")];
  // What the machine makes of it is not the test's to say.
  expect([0, 3], said.stderr).toContain(await sei("verify", at("pair.yaml"), ...argv));
  table = JSON.parse(await readFile(join(at("kept"), "verification.json"), "utf8")) as Verification;
}, 240_000);

test("each link is a cell with both sides, measured by the best link that this machine has", async () => {
  const best = (await detectLinks(new AbortController().signal)).find(({ possible }) => possible)!.kind;
  expect(
    table.cells.map(({ loss, delay, transport, frames: count, link }) => ({
      loss,
      delay,
      transport,
      count,
      kind: link.kind,
    })),
  ).toEqual([0, 0.2].map((loss) => ({ loss, delay: 0.003, transport: "udp", count: frames, kind: best })));
  for (const { predicted, measured, verdicts, parts: steps } of table.cells) {
    expect(measured.bytes.value).toBe(predicted.bytes);
    expect(steps.map(({ step }) => step)).toEqual(["wait", "head", "encode", "network", "decode", "tail"]);
    expect(Object.keys(verdicts)).toEqual(["p50", "p90", "p95", "p99", "misses", "quality"]);
  }
  const [clean, lossy] = table.cells;
  expect(clean!.measured.quality!.value).toBe(clean!.predicted.quality);
  expect(clean!.link.lossesByLink).toBe(0);
  expect(lossy!.link.lossesByLink).toBeGreaterThan(0);
});

test("the table is made again from the frames that were kept, and one that was touched is another one", async () => {
  // Whether all holds is the machine's to say.
  expect([0, 3], said.stderr).toContain(await sei("verify", "--check", at("kept"), "--json"));
  const again = JSON.parse(said.stdout) as Verification;
  expect(again.cells.map(({ measured }) => measured)).toEqual(table.cells.map(({ measured }) => measured));
  expect(again.holds).toBe(table.holds);
  const log = join(at("kept"), "cell-1.jsonl");
  const kept = await readFile(log, "utf8");
  await writeFile(log, kept.replaceAll(/"evidence":\{"label":(\d+),"said":\1\}/g, '"evidence":{"label":$1,"said":99}'));
  await sei("verify", "--check", at("kept"), "--json");
  const touched = JSON.parse(said.stdout) as Verification;
  expect(touched.cells[0]!.verdicts["quality"]).toBe("does not hold");
  await writeFile(log, kept.split("\n").slice(1).join("\n"));
  expect(await mistake("verify", "--check", at("kept"))).toMatch(/cell-1\.jsonl: expected 45 frames, got 44/);
  await writeFile(log, kept.replace("{", "{{"));
  expect(await mistake("verify", "--check", at("kept"))).toMatch(
    /cell-1\.jsonl: line 1: expected a frame of `sei verify`/,
  );
});

test.each([
  [["--link", "string"], "--link: expected netem, tun, kernel, proxy"],
  [["--design", "XX"], '--design: expected one of SC@TENSOR uint8 udp, got "XX"'],
  [["--design", "SC@block1/Max uint8 udp"], "--design: expected one of SC@block2/MaxPool uint8 udp"],
  [["--burst", "0.5"], "--burst: expected a number from 1 to 1000"],
  [["--burst", "1e9"], "--burst: expected a number from 1 to 1000"],
  [["--loss", "90%", "--burst", "2"], "--loss with --burst: expected at most 66.6 % lost in bursts of 2 packets"],
])("%j is no usage", async (argv, message) => {
  expect(await sei("verify", at("pair.yaml"), ...argv)).toBe(2);
  expect(said.stderr).toContain(message);
});

describe("between real hosts", () => {
  let server: SeiProcess;
  let argv: string[];

  beforeAll(async () => {
    await design("pair.yaml", "pair");
    const bundle = join(at("pair"), "bundle");
    server = startSei(["serve", bundle, "--insecure", "--listen", "127.0.0.1:0", "--json"]);
    const { address } = JSON.parse(await server.firstLine()) as { address: string };
    argv = ["verify", bundle, "--between", "--connect", `server=${address}`, "--frames", String(frames)];
    argv.push("--input", at("pair.yaml"));
  });
  afterAll(async () => {
    server.kill("SIGTERM");
    await server.ended;
  });
  const run = async (...more: string[]): Promise<Verification> => {
    expect([0, 3], said.stderr).toContain(await sei(...argv, "--insecure", "--json", ...more));
    return JSON.parse(said.stdout) as Verification;
  };

  test("the deployment's own prediction stands beside what is measured; its frames are kept", async () => {
    const found = await run("--host", "camera", "--out", at("between"));
    const [cell, ...others] = found.cells;
    expect(others).toEqual([]);
    const { predicted } = await readDeployment(argv[1]!);
    expect(cell).toMatchObject({
      name: "SC@block2/MaxPool uint8 udp",
      frames,
      transport: "udp",
      predicted: { p50: predicted.latency.median.value, bytes: predicted.bytesPerFrame },
      link: { kind: "real", lossesByLink: 0 },
    });
    expect(cell!.rate).toBeUndefined();
    expect(cell!.measured.bytes.value).toBe(cell!.predicted.bytes);
    const clean = cell!.clean as { label: number; said: number }[];
    const right = clean.filter(({ label, said: answer }) => label === answer).length;
    expect(cell!.measured.quality!.value).toBe(right / clean.length);
    expect([0, 3]).toContain(await sei("verify", "--check", at("between"), "--json"));
    expect(JSON.parse(said.stdout)).toEqual(found);
    expect(await readFile(join(at("between"), "verification.html"), "utf8")).toContain("the way between the hosts");
  });

  test("over links as they were measured the design is predicted anew", async () => {
    const file = at("links.yaml");
    await writeFile(file, "links: [{ between: [camera, server], rate: 2 Mbit/s, delay: 30 ms, loss: 1 % }]");
    const [cell] = (await run("--link", file)).cells;
    expect(cell).toMatchObject({ rate: 2e6, delay: 0.03, loss: 0.01, burst: 1 });
    // Two ways of 30 ms, and 2 kB at 2 Mbit/s.
    expect(cell!.predicted.p50).toBeGreaterThan(0.068);
    expect(cell!.parts.map(({ predicted }) => typeof predicted)).toEqual(Array(6).fill("number"));
  });

  test("what cannot be is told in a line", async () => {
    const usage = async (...words: string[]): Promise<string> => {
      expect(await sei(...words), said.stderr).toBe(2);
      return said.stderr;
    };
    expect(await usage(...argv, "--insecure", "--host", "server")).toContain("--host: expected camera, which captures");
    expect(await usage(...argv)).toContain("expected one of --keys DIR, --token FILE");
    expect(await usage("verify", argv[1]!, "--between", "--insecure")).toContain(
      "--between: expected --input SOURCE too",
    );
    await writeFile(at("others.yaml"), "links: [{ between: [camera, cloud], rate: 2 Mbit/s }]");
    expect(await mistake(...argv, "--insecure", "--link", at("others.yaml"))).toContain(
      "--link: expected one link between camera and server, got camera and cloud",
    );
    await writeFile(at("no-links.yaml"), "links: [{ between: [camera, server], rate: fast }]");
    expect(await mistake(...argv, "--insecure", "--link", at("no-links.yaml"))).toContain("links[0].rate: expected");
    await writeFile(at("token"), "5".repeat(64), { mode: 0o600 });
    expect(await mistake(...argv, "--token", at("token"))).toMatch(
      /camera ended after 0 of 45 frames: .*speaks no TLS, while this host trusts by a token/,
    );
  });
});

test("where every design is overloaded nothing is said to hold", async () => {
  expect(await mistake("verify", at("pair.yaml"), "--rate", "9600 bit/s", "--frames", "20")).toContain(
    "nothing was verified, since every design is overloaded",
  );
});
