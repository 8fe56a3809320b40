/** @file `sei policy`, as it is called: its choice in every cell beside simulating everything, its file, a trial on a trace. */
import { designId, whatIf, type DesignResult, type Result } from "@split-et-impera/core/design";
import { ableDesigns, underCondition, worthOf, type Policy, type Trial } from "@split-et-impera/core/policy";
import { readFile, writeFile } from "node:fs/promises";
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { readDeployment } from "../../deploy/index.ts";
import { readPolicy } from "../../policy/index.ts";
import { parseResult } from "../../result/index.ts";
import type { FrameLine } from "../../run/index.ts";
import { at, design, json, mistake, said, sei, useFolder } from "../testing/harness.ts";
import { startSei } from "../testing/process.ts";

useFolder();

const study = `
model: tiny.onnx
data: { format: conveyor, normalise: { mean: 0.5, std: 0.25 }, limit: { test: 24, train: 48 } }
hosts: { camera: { speed: 1/20 }, server: {} }
links: [{ between: [camera, server], rate: 2 Mbit/s, delay: 5 ms, loss: 1 % }]
frames: { rate: 20 fps, count: 80 }
requirements: [latency p95 <= 60 ms, deadline-misses <= 15 %]
explore:
  scenarios: [RC, SC]
  candidates: [pool1]
  codecs: [uint8]
  inputs: [raw, png]
  bottlenecks: []
`;

const fits = ({ checks }: DesignResult): boolean => checks.every(({ state }) => state === "met");

it("chooses in every cell as simulating every design there would", { timeout: 120_000 }, async () => {
  await writeFile(at("policy.yaml"), study);
  await design("policy.yaml", "out");
  const result = parseResult("result.json", await readFile(at("out/result.json"), "utf8")) as Result & {
    basis: NonNullable<Result["basis"]>;
  };
  const grid = [
    "--rates",
    "50 kbit/s, 400 kbit/s, 2 Mbit/s, 20 Mbit/s",
    "--rtts",
    "10 ms, 50 ms",
    "--losses",
    "0, 3 %",
  ];
  const { policy, work } = await json<{ policy: Policy; work: { all: number; simulated: number } }>(
    "policy",
    at("policy.yaml"),
    "--out",
    at("out"),
    ...grid,
  );
  expect(await readPolicy(at("out/policy.json"))).toEqual(policy);
  // The study's own loss, 1 %, is nearest to the first map's.
  const maps = (await readFile(at("out/policy.html"), "utf8")).split(/id="policy-map-\d+"/).slice(1);
  expect(maps.map((map) => /its own rate and round trip/.test(map))).toEqual([true, false]);
  expect(maps.map((map) => /this study/.test(map))).toEqual([true, false]);
  expect(work.simulated).toBeLessThan(work.all);
  const { axes, designs, cells } = policy;
  const found = { fits: 0, none: 0 };
  for (const [l, loss] of axes.losses.entries())
    for (const [r, rtt] of axes.rtts.entries())
      for (const [i, rate] of axes.rates.entries()) {
        const there = whatIf(result, underCondition(result.study, { rate, rtt, loss }));
        const all = ableDesigns(result).map(({ id }) => there.design(id));
        const { recommended, ties } = there.verdict(all.filter(fits));
        const cell = cells[l]![r]![i]!;
        expect(cell.fits).toBe(recommended !== undefined);
        const worths = all.map((one) => worthOf(one, 80));
        const best = designs[cell.best]!.id;
        if (cell.fits) expect([recommended, ...ties]).toContain(best);
        else
          expect(
            worthOf(
              all.find(({ id }) => id === best)!,
              80,
            ),
          ).toBeGreaterThanOrEqual(Math.max(...worths) - 0.005);
        found[cell.fits ? "fits" : "none"]++;
        for (const [d, { id }] of designs.entries())
          expect(cell.worth[d]).toBeCloseTo(
            worthOf(
              all.find((one) => one.id === id)!,
              80,
            ),
            5,
          );
      }
  expect(found.fits).toBeGreaterThan(2);
  expect(found.none).toBeGreaterThan(2);
});

it("tells what following it over a trace would have got", { timeout: 120_000 }, async () => {
  await writeFile(at("policy.yaml"), study);
  const lines = Array.from({ length: 12 }, (_, i) => `${i},${i % 12 < 6 ? 4e6 : 3e5}`);
  await writeFile(at("link.csv"), lines.join("\n"));
  const flags = ["--rtts", "10 ms", "--losses", "1 %", "--pause", "100 ms", "--trace", at("link.csv")];
  const { trial } = await json<{ trial: Trial }>("policy", at("policy.yaml"), "--out", at("out"), ...flags);
  expect([trial.seconds, trial.windows, trial.rates[0], trial.rates[11]]).toEqual([12, 12, 4e6, 3e5]);
  for (const one of [...trial.fixed, trial.policy, trial.foreseen]) {
    expect(one.frames).toBe(240);
    expect(one.worth).toBeLessThanOrEqual(one.inTime);
    expect(trial.clairvoyant.worth).toBeGreaterThanOrEqual(one.worth);
  }
  expect(await sei("policy", at("policy.yaml"), "--out", at("out"), "--bundles", ...flags)).toBe(0);
  for (const { id, bundle } of (await readPolicy(at("out/policy.json"))).designs)
    expect(designId((await readDeployment(at(`out/${bundle}`))).design)).toBe(id);
  expect(said.stdout).toContain("best plan found, all known");
  expect(await readFile(at("out/policy.html"), "utf8")).toContain("What runs when");
});

/** The first of so many free ports in a row, below those that the system gives to connections. */
async function freePorts(count: number): Promise<number> {
  const listens = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const server = createServer()
        .on("error", () => resolve(false))
        .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
  for (;;) {
    const first = randomInt(20_000, 32_000);
    const free = await Promise.all(Array.from({ length: count }, (_, i) => listens(first + i)));
    if (free.every(Boolean)) return first;
  }
}

it("is served where one of its designs is the camera's alone", { timeout: 120_000 }, async () => {
  await writeFile(at("policy.yaml"), study);
  const grid = ["--rates", "2 Mbit/s", "--rtts", "10 ms", "--losses", "0"];
  expect(await sei("policy", at("policy.yaml"), "--out", at("mixed"), ...grid, "--bundles")).toBe(0);
  await writeFile(at("alone.yaml"), study.replace("[RC, SC]", "[LC]"));
  await design("alone.yaml", "alone");
  const file = at("mixed/policy.json");
  const policy = await readPolicy(file);
  policy.designs.push({ id: "LC", kind: "LC", bundle: "../alone/bundle" });
  for (const { worth } of policy.cells.flat(2)) worth.push(0);
  await writeFile(file, JSON.stringify(policy));
  const port = await freePorts(policy.designs.length);
  const server = startSei(["serve", "--policy", file, "--insecure", "--listen", `127.0.0.1:${port}`, "--json"]);
  await server.firstLine();
  server.kill("SIGTERM");
  const { stdout, stderr } = await server.ended;
  expect(stdout, stderr).toContain('"listening"');
});

it("is not followed with bundles of another model, though their designs have the same names", async () => {
  await writeFile(at("policy.yaml"), study);
  const grid = ["--rates", "2 Mbit/s", "--rtts", "10 ms", "--losses", "0"];
  expect(await sei("policy", at("policy.yaml"), "--out", at("mixed"), ...grid, "--bundles")).toBe(0);
  const file = at("mixed/policy.json");
  await writeFile(file, JSON.stringify({ ...(await readPolicy(file)), model: "0".repeat(64) }));
  for (const argv of [["serve"], ["run", "--input", "-"]])
    expect(await mistake(...argv, "--policy", file, "--insecure")).toMatch(
      /mixed\/policy\.json: expected the files of \S.* for the policy's model \(SHA-256 000000000000\.\.\.\), got those for another/,
    );
});

it(
  "is followed by hosts: each design at a port of its own, each frame with its plan",
  { timeout: 120_000 },
  async () => {
    await writeFile(at("policy.yaml"), study);
    const grid = ["--rates", "50 kbit/s, 400 kbit/s, 2 Mbit/s, 20 Mbit/s", "--rtts", "10 ms", "--losses", "0, 3 %"];
    const made = ["policy", at("policy.yaml"), "--out", at("followed"), ...grid, "--every", "200 ms"];
    expect(await sei(...made)).toBe(0);
    const file = at("followed/policy.json");
    const host = ["--policy", file, "--insecure"];
    expect(await mistake("serve", ...host)).toContain("bundle: expected the folder of ");
    expect(await sei(...made, "--bundles")).toBe(0);
    const usage = async (...argv: string[]): Promise<string> => {
      expect(await sei(...argv)).toBe(2);
      return said.stderr;
    };
    expect(await usage("serve", ...host, "--listen", "127.0.0.1:0")).toContain("--listen: expected a port from 1 to");
    expect(await usage("serve", ...host, "--host", "camera")).toContain(
      "--host: expected a host that others connect to",
    );
    expect(await usage("serve", "--insecure")).toContain("expected the folder of a bundle or --policy");
    expect(await usage("run", at("x"), ...host, "--input", "-")).toContain("--policy POLICY.json, got both");
    const { designs } = await readPolicy(file);
    const port = await freePorts(designs.length);
    const server = startSei(["serve", ...host, "--listen", `127.0.0.1:${port}`, "--json"]);
    await server.firstLine();
    const sending = designs.filter(({ kind }) => kind !== "LC").length;
    while (server.said.stdout.split('"listening"').length <= sending && server.child.exitCode === null) await sleep(20);
    expect(server.child.exitCode, server.said.stderr).toBeNull();
    const argv = ["--input", at("policy.yaml"), "--connect", `server=127.0.0.1:${port}`, "--count", "30", "--json"];
    const code = await sei("run", ...host, ...argv);
    server.kill("SIGTERM");
    const { stdout } = await server.ended;
    expect([code, code === 0 ? "" : said.stderr]).toEqual([0, ""]);
    const lines = said.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as FrameLine);
    expect(lines.map(({ frame }) => frame).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    for (const { plan, answered } of lines) {
      expect(designs.map(({ id }) => id)).toContain(plan);
      expect(answered).not.toBeNull();
    }
    const told = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; address: string });
    const listening = told.filter(({ event }) => event === "listening");
    expect(listening.length).toBeGreaterThan(1);
    for (const { address } of listening) {
      const place = Number(address.split(":")[1]) - port;
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place).toBeLessThan(designs.length);
    }
    // What was served is what was captured.
    expect(told.at(-1)).toMatchObject({ event: "ended", frames: 30 });
  },
);

it.each([
  [["--every", "1 ms"], "--every: expected 10 ms or more"],
  [["--rates", "fast"], "--rates: expected"],
  [["--losses", "120 %"], "--losses: expected"],
])("refuses %j", async (flags, message) => {
  await writeFile(at("policy.yaml"), study);
  expect(await sei("policy", at("policy.yaml"), ...flags)).toBe(2);
  expect(said.stderr).toContain(message);
});

it("a file that is no policy is refused with its line", async () => {
  await writeFile(at("bad.json"), '{\n  "format": 1,\n  "every": 0\n}');
  await expect(readPolicy(at("bad.json"))).rejects.toThrow(/bad\.json:\d+: .*expected/);
});

it("a policy changed by hand is refused where no host could follow it", async () => {
  await writeFile(at("policy.yaml"), study);
  expect(
    await sei("policy", at("policy.yaml"), "--out", at("changed"), "--rates", "400 kbit/s", "--rtts", "10 ms"),
  ).toBe(0);
  const sound = JSON.parse(await readFile(at("changed/policy.json"), "utf8")) as Policy;
  for (const [change, expected] of [
    [{ every: 1e-9 }, /every: .*0\.01/],
    [{ designs: [...sound.designs, ...sound.designs] }, /designs\.\d+\.id: expected each design once/],
  ] as const) {
    await writeFile(at("changed.json"), JSON.stringify({ ...sound, ...change }));
    await expect(readPolicy(at("changed.json"))).rejects.toThrow(expected);
  }
});
