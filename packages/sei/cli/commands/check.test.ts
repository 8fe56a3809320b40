/** @file `sei check`, as it is called. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { serialiseModel, type GraphBuilder } from "../../../core/onnx/index.ts";
import { buildModel } from "../../../core/testing/models.ts";
import { conv, linear } from "../../../core/testing/networks.ts";
import { network } from "../testing/harness.ts";
import { main } from "../main.ts";

let folder = "";
let out = "";
let complaints = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "check-"));
  await writeFile(join(folder, "parts.onnx"), network());
  out = "";
  complaints = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(console, "error").mockImplementation((text: string) => void (complaints += `${text}\n`));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function check(study: string, ...flags: string[]): Promise<number> {
  const file = join(folder, "study.yaml");
  await writeFile(file, study);
  return main(["check", file, ...flags]);
}

const sound = `
name: Belt
model: parts.onnx
data: { format: conveyor }
hosts: { camera: { speed: 1/20, memory: 64 MB }, server: {} }
links: [{ between: [camera, server], rate: 100 Mbit/s, delay: 5 ms, loss: { rate: 1 %, burst: 4 } }]
requirements: [latency p95 <= 40 ms]
`;

it("shows a sound study in words", async () => {
  expect(await check(sound)).toBe(0);
  expect(complaints).toBe("");
  expect(out).toContain("a sound study");
  expect(out).toMatch(/name +Belt\n/);
  expect(out).toContain("camera: 0.05 x this machine, 64 MB");
  expect(out).toContain("camera - server: 100 Mbit/s full duplex, 5 ms, loss 1 % in bursts of 4");
  expect(out).toContain("answer of 16 B on camera within 40 ms");
  expect(out).toContain("memory on camera <= 64 MB");
  expect(out).toContain("inputs raw, png, jpeg 90");
});

it("says nothing of further losses where the study has none", async () => {
  expect(await check(sound)).toBe(0);
  expect(out).toContain("also at losses of ");
  out = "";
  expect(await check(`${sound}explore: { losses: [] }\n`)).toBe(0);
  expect(out).not.toContain("also at losses");
});

it("gives the resolved study as JSON and nothing else", async () => {
  expect(await check(sound, "--json")).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ name: "Belt", links: [{ rate: 1e8, delay: 0.005 }], seed: 1 });
});

it("takes the model from the flag", async () => {
  const model = join(folder, "parts.onnx");
  expect(await check(sound.replace("parts.onnx", "other.onnx"), "--model", model, "--json")).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ model });
});

it("ends with 1 and a line per mistake", async () => {
  expect(await check(sound.replace("delay", "dleay").replace("[camera, server]", "[camera, servr]"))).toBe(1);
  expect(out).toBe("");
  expect(complaints).toContain("2 problems");
  expect(complaints).toContain('expected the name of a host, got "servr"; did you mean "server"?');
  expect(complaints).toContain('unknown key "dleay"; did you mean "delay"?');
});

it("ends with 2 without a study", async () => {
  expect(await main(["check"])).toBe(2);
});

it("tells all that model and data have against a run, at once", async () => {
  const wrong = sound
    .replace("{ format: conveyor }", "{ format: conveyor, normalise: { mean: [0.5, 0.5] }, layout: NHWC }")
    .concat("explore: { candidates: [poool1], saliency: { classes: [gera] } }\n");
  expect(await check(wrong)).toBe(1);
  expect(out).toBe("");
  expect(complaints).toContain("4 problems for sei design");
  expect(complaints).toMatch(/data\.normalise\.mean: expected 1 or 3 numbers for images of 3 channels, got 2/);
  expect(complaints).toMatch(/gives inputs of \[32, 32, 3\], the model's input "image" takes \[3, 32, 32\]/);
  expect(complaints).toMatch(/"poool1" is no legal cut; did you mean "pool1"/);
  expect(complaints).toMatch(/no class "gera" .*did you mean "gear"/);
});

it.each([
  ["of three hosts", "line"],
  ["of several flows", "plant"],
])("looks into the model of a study %s", async (_, example) => {
  const text = await readFile(join("examples", example, "study.yaml"), "utf8");
  const wrong = text
    .replace("../conveyor/parts.onnx", resolve("examples/conveyor/parts.onnx"))
    .replace(/candidates: .*/, "candidates: [block9/MaxPool]");
  expect(await check(wrong)).toBe(1);
  expect(complaints).toMatch(
    /:\d+:15 explore\.candidates: "block9\/MaxPool" is no legal cut; did you mean "block1\/MaxPool"/,
  );
  expect(complaints).not.toContain("flow ");
});

it("shows flows, what bounds them together, and the commands that take them", async () => {
  expect(await main(["check", "examples/plant/study.yaml"])).toBe(0);
  expect(out).toContain("inspect: 8 x camera, 20 fps each, spread\n");
  expect(out).toContain("count: 8 x camera, 2 fps each, spread; latency p95 <= 200 ms\n");
  expect(out).toMatch(/together +utilisation of server <= 80 %\n +bytes on switch-server <= 4 Mbit\/s\n/);
  expect(out).toMatch(/for +sei design, sei capacity\n/);
});

/** A model of scores that ends as `fill` says. */
const ending = (fill: (g: GraphBuilder, scores: string) => string): Uint8Array =>
  serialiseModel(
    buildModel((g) => {
      g.input("image", "float32", ["batch", 3, 32, 32]);
      conv(g, "image", "c", 3, 4);
      g.output(g.opAs("y", "Identity", [fill(g, linear(g, g.op("Flatten", ["c"]), "scores", 4096, 8))]));
    }),
  );

it("names the operators that draw random numbers or make NaN", async () => {
  await writeFile(
    join(folder, "parts.onnx"),
    ending((g, scores) => g.op("Add", [scores, g.opAs("noise", "RandomNormalLike", [scores])])),
  );
  expect(await check(sound)).toBe(0);
  expect(out).toMatch(/note: RandomNormalLike .* draws random numbers at every run/);
  await writeFile(
    join(folder, "parts.onnx"),
    ending((g, scores) => g.op("Log", [g.op("Sub", [g.scalar(-1), g.op("Abs", [scores])])])),
  );
  expect(await check(sound)).toBe(1);
  expect(complaints).toMatch(/the output "y" holds NaN or infinite scores/);
});

it("says what saliency and agreement would end with, before work starts", async () => {
  await writeFile(
    join(folder, "parts.onnx"),
    serialiseModel(
      buildModel((g) => {
        g.input("image", "float32", ["batch", 3, 32, 32]);
        linear(g, g.op("Flatten", ["image"]), "y", 3072, 8);
        g.output("y");
      }),
    ),
  );
  expect(await check(sound)).toBe(0);
  expect(out).toMatch(/no saliency: the model has no tensor .*; the split is the best of all cuts/);
  await writeFile(
    join(folder, "parts.onnx"),
    serialiseModel(
      buildModel((g) => {
        g.input("image", "float32", ["batch", 3, 32, 32]);
        conv(g, "image", "boxes", 3, 4);
        g.output("boxes");
      }),
    ),
  );
  expect(await check(`task: { kind: agreement, by: class }\n${sound}`)).toBe(1);
  expect(complaints).toMatch(/expected scores \[batch, n\], two or more, .*, got "boxes" float32 \[2, 4, 32, 32\]/);
});

it("says what is no model, and what speaks against the baseline", async () => {
  expect(await check(sound)).toBe(0);
  expect(out).toMatch(/note: the whole model has [\d.]+ % of 100 images right, no surer than/);
  expect(await check(`task: { kind: classification, expect: 99 % }\n${sound}`)).toBe(1);
  expect(complaints).toMatch(/images right \(at most [\d.]+ %\), where the study expects 99\.0 %/);
  await writeFile(join(folder, "parts.onnx"), "no model");
  expect(await check(sound)).toBe(1);
  expect(complaints).toMatch(/study\.yaml: .*parts\.onnx/);
});
