/** @file Doubtful times: a warning everywhere, and an error with `--strict`. */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { at, design, json, mistake, network, said, sei, variant, useFolder } from "./testing/harness.ts";

useFolder();

const machine = { engine: "", platform: "", cpu: "", threads: 1 };
const sure = (seconds: number) => ({ seconds, lo: seconds, hi: seconds, n: 100 });

/** A study whose camera has a profile with these works. */
async function profiled(name: string, works: Record<string, object>): Promise<string> {
  const model = createHash("sha256").update(network()).digest("hex");
  await writeFile(at(`${name}.json`), JSON.stringify({ format: 2, source: "test", machine, model, works }));
  return at(await variant(`${name}.yaml`, ["camera: { speed: 1/20 }", `camera: { profile: ${name}.json }`]));
}

it("a head slower than the whole", async () => {
  const study = await profiled("prefix", { whole: sure(0.03), "head@pool1": sure(0.1) });
  expect(await sei("check", study)).toBe(0);
  expect(said.stdout).toContain(
    "DOUBTFUL TIMES, profile prefix.json of camera: head@pool1 takes 100 ms, the whole model 30 ms",
  );
  expect(await json<{ doubts: unknown }>("check", study)).toMatchObject({
    doubts: [{ source: "profile prefix.json of camera", doubts: [{ kind: "prefix", work: "head@pool1" }] }],
  });
  for (const command of ["check", "design", "place"]) {
    const flags = command === "design" ? ["--out", at("strict")] : [];
    expect(await mistake(command, study, "--strict", ...flags)).toMatch(
      /ERR_PROFILE_DOUBTFUL|--strict: profile prefix.json of camera: head@pool1/,
    );
  }
});

it("times that vary and rest on few runs", async () => {
  const study = await profiled("few", { whole: { seconds: 0.032, lo: 0.0032, hi: 0.07, n: 3 } });
  expect(await mistake("check", study, "--strict")).toMatch(/more than 1.5 times as long; whole rests on 3 runs/);
});

it("nothing is said of sound times", async () => {
  const study = await profiled("sound", { whole: sure(0.03), "head@pool1": sure(0.01) });
  expect(await sei("check", study, "--strict")).toBe(0);
  expect(said.stdout).not.toContain("DOUBTFUL");
});

it("how a host codes pictures is shown, and a wrong word is refused", async () => {
  const coding = await variant("coding.yaml", ["speed: 1/20", "speed: 1/20, encode: 2 ms, decode: hardware"]);
  expect(await sei("check", at(coding))).toBe(0);
  expect(said.stdout).toContain("encodes pictures in 2 ms, decodes pictures in hardware");
  const wrong = await variant("wrong.yaml", ["speed: 1/20", "speed: 1/20, encode: quick"]);
  expect(await mistake("check", at(wrong))).toMatch(/hosts.camera.encode: .*or hardware/);
});

it("times of another tool become a profile that a study takes", async () => {
  await writeFile(at("times.csv"), `work,ms\n${"whole,30\n".repeat(12)}${"head@pool1,11\n".repeat(12)}`);
  const flags = ["--from", "csv", "--model", at("tiny.onnx"), "--out", at("imported.json")];
  const { works } = await json<{ works: object }>("profile", "import", at("times.csv"), ...flags);
  expect(works).toMatchObject({ whole: { seconds: 0.03, n: 12 }, "head@pool1": { seconds: 0.011 } });
  const study = await variant("imported.yaml", ["camera: { speed: 1/20 }", "camera: { profile: imported.json }"]);
  expect(await sei("check", at(study), "--strict")).toBe(0);
  expect(await sei("profile", "import", at("times.csv"), "--from", "trtexe", ...flags.slice(2))).toBe(2);
  expect(said.stderr).toContain("--from: expected onnxruntime_perf_test, trtexec, csv");
  expect(await sei("profile", "import", "--help")).toBe(0);
  expect(said.stdout).toContain("sei profile import FILE [options]");
});

it("compute times vary from frame to frame, and a bound inside their interval is undecided", async () => {
  const samples = Array.from({ length: 100 }, (_, i) => 0.038 + 1e-4 * i);
  const study = await profiled("wide", { whole: { seconds: 0.0405, lo: 0.033, hi: 0.06, n: 100, samples } });
  const local = await variant(
    "local.yaml",
    ["camera: { speed: 1/20 }, server: {}", "camera: { profile: wide.json }, server: { profile: wide.json }"],
    ["requirements: [latency median <= 2 s]", "requirements: [latency p95 <= 50 ms]"],
    ["explore:\n", "explore:\n  scenarios: [LC]\n"],
  );
  expect(study).toContain("wide");
  const { designs, verdict, doubts } = await design(local, "wide");
  const [only] = designs;
  const { median, p95, p99 } = only!.latency;
  expect(median.value).toBeLessThan(p95.value);
  expect(p95.value).toBeLessThanOrEqual(p99.value);
  expect(p95.value).toBeLessThan(0.05);
  // No upper end (null): at 60 ms for a frame every 50 ms they would pile up.
  expect(p95.hi).toBeNull();
  expect(only!.checks[0]!.state).toBe("undecided");
  expect(verdict.recommended).toBeUndefined();
  expect(verdict.says[0]).toMatchObject({ kind: "unsure", decides: ["frames", "times"] });
  expect(said.stdout.replaceAll(/\s+/g, " ")).toContain("surer compute times would decide");
  expect(doubts).toMatchObject([{ doubts: [{ kind: "spread", work: "whole" }] }, { doubts: [{ kind: "spread" }] }]);
  expect(said.stdout.replaceAll(/\s+/g, " ")).toContain(
    "DOUBTFUL TIMES, profile wide.json of camera: whole takes from 33 ms to 60 ms",
  );
  expect(await readFile(join(at("wide"), "report.html"), "utf8")).toContain("Doubtful times.");
});
