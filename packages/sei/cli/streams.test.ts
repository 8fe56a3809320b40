/** @file Models that carry state over streams: studied, split, deployed and run, against a runner of steps. */
import { createRunner, serialiseModel, surveyModel } from "@split-et-impera/core/onnx";
import { engine } from "@split-et-impera/ort";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { decoderNetwork, lstmNetwork } from "../../core/testing/streams.ts";
import { wavOf } from "../data/audio/testing/sound-files.ts";
import { openData } from "../data/index.ts";
import { readDeployment } from "../deploy/index.ts";
import type { FrameLine } from "../run/index.ts";
import { readStudy } from "../study/index.ts";
import { at, design, mistake, said, sei, useFolder } from "./testing/harness.ts";
import { startSei } from "./testing/process.ts";

useFolder();

/** Three clips of eight windows of 12 samples, all of which are for testing. */
const [clips, windows, size] = [3, 8, 12];
const data =
  "{ format: audio, path: clips, sound: { rate: 1000, window: 12 }, limit: { test: 24, train: 24 }, normalise: { mean: 0, std: 0.5 } }";

const study = (model: string, explore: string, fed = data): string => `
name: ${model}
model: ${model}.onnx
data: ${fed}
task: { kind: agreement, by: values }
hosts: { sensor: { speed: 1/20 }, server: {} }
links: [{ between: [sensor, server], rate: 1 Mbit/s, delay: 2 ms }]
frames: { rate: 50 fps, count: 48 }
requirements: [latency median <= 2 s]
explore: { losses: [0 %], ${explore} }
`;

beforeAll(async () => {
  await mkdir(at("clips"));
  const rows = ["file\tstart\tend"];
  for (let clip = 0; clip < clips; clip++) {
    const samples = Array.from({ length: windows * size }, (_, i) => 0.8 * Math.sin(0.3 * i * (clip + 1)));
    await writeFile(at(`clips/${clip}.wav`), wavOf([samples], { rate: 1000 }));
    rows.push(`${clip}.wav\t0\t0.05`);
  }
  await writeFile(at("clips/labels.tsv"), rows.join("\n"));
  await writeFile(at("lstm.onnx"), serialiseModel(lstmNetwork()));
  await writeFile(at("decoder.onnx"), serialiseModel(decoderNetwork()));
});

/** Scores of all windows, by the whole model, its state anew in every clip. */
async function expected(name: string): Promise<number[][]> {
  const { data: options } = await readStudy(at(name));
  const samples = await openData({ ...options, input: [size] }, "test", { unlabelled: true });
  const { state } = await surveyModel(lstmNetwork(), engine);
  const runner = await createRunner(engine, [serialiseModel(lstmNetwork())], { state, sizes: new Map([["batch", 1]]) });
  const found: number[][] = [];
  for (let i = 0; i < samples.count; i++) {
    if (samples.begins!(i)) runner.reset();
    const { score } = await runner.step({ frame: samples.batch([i]) });
    found.push(Array.from(score!.data as Float32Array));
  }
  await runner.release();
  return found;
}

test("state goes from window to window and stays on its host: the split answers as the whole", async () => {
  expect(await mistake("wire", at("lstm.onnx"), "--at", "seen", "--data", "random")).toContain("without state");
  await writeFile(at("split.yaml"), study("lstm", "candidates: [seen, hidden], bottlenecks: [{ compression: 2 }]"));
  expect(await sei("check", at("split.yaml")), said.stderr).toBe(0);
  expect(said.stdout).toContain("note: udp is left out: what is lost of a frame would be missing from the state");
  const { designs, whole } = await design("split.yaml", "split");
  expect(said.stderr).toContain("udp is left out: what is lost of a frame would be missing from the state");
  expect(said.stderr).toMatch(/the bottleneck 2x at "seen" is left out: the model carries state/);
  expect(whole.quality["agreement"]!.value).toBe(1);
  const bytes = Object.fromEntries(designs.map((one) => [one.id, one.bytes]));
  // Neither h nor c is sent.
  expect(bytes).toEqual({
    LC: 0,
    "RC float32 tcp": 48,
    "RC uint8 tcp": 12,
    "SC@seen float32 tcp": 32,
    "SC@seen uint8 tcp": 8,
    "SC@hidden float32 tcp": 24,
    "SC@hidden uint8 tcp": 6,
  });
  for (const { id, clean } of designs)
    if (id.includes("float32")) expect(clean["agreement"]!.value, id).toBeGreaterThan(1 - 1e-6);
    else expect(clean["agreement"]!.value, id).toBeGreaterThan(0.9);
});

test.each(["seen", "hidden"])("hosts carry it, and begin anew where a stream does: cut at %s", async (cut) => {
  const name = `${cut}.yaml`;
  const explore = `candidates: [${cut}], bottlenecks: [], scenarios: [SC], codecs: [float32], transports: [tcp]`;
  await writeFile(at(name), study("lstm", explore));
  await design(name, cut);
  const bundle = join(at(cut), "bundle");
  const { segments, proof } = await readDeployment(bundle);
  expect(proof.replay).toEqual({ images: clips * windows, same: clips * windows });
  const held = segments.map(({ state = [] }) => state.map(({ input, output, shape }) => [input, output, shape]));
  const all = [
    ["h", "hn", [1, 1, 6]],
    ["c", "cn", [1, 1, 6]],
  ];
  // An optimum may stand in for the cut that is named; wherever it is, the state is whole.
  expect(held).toContainEqual(all);
  expect(held).toContainEqual([]);
  const wanted = await expected(name);
  const server = startSei(["serve", bundle, "--insecure", "--listen", "127.0.0.1:0", "--json"]);
  try {
    const { address } = JSON.parse(await server.firstLine()) as { address: string };
    const run = ["run", bundle, "--connect", `server=${address}`, "--insecure", "--json", "--input", at(name)];
    // Another run of frames is another stream.
    for (const _ of [1, 2]) {
      expect(await sei(...run), said.stderr).toBe(0);
      const lines = said.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as FrameLine);
      const found = lines.map((line) => (line.answer as { values: number[] }).values);
      expect(found).toHaveLength(wanted.length);
      for (const [i, values] of found.entries())
        for (const [k, value] of values.entries()) expect(value).toBeCloseTo(wanted[i]![k]!, 5);
    }
  } finally {
    server.kill("SIGTERM");
    await server.ended;
  }
  const local = [
    "run",
    bundle,
    "--connect",
    "server=127.0.0.1:1",
    "--insecure",
    "--input",
    at(name),
    "--fallback",
    "local",
  ];
  expect(await mistake(...local)).toMatch(
    /cannot carry the deployment's state from frame to frame: the rest of the model/,
  );
});

test("state that grows is a step by itself, which is said, and is no host's to carry", async () => {
  const random = "{ format: random, limit: { test: 6, train: 6 } }";
  await writeFile(at("decoder.yaml"), study("decoder", "bottlenecks: [], scenarios: [LC, RC, SC]", random));
  const { designs } = await design("decoder.yaml", "decoder");
  expect(said.stderr).toMatch(/the state "past_key_values\.0\.key" and 3 more grows from step to step/);
  expect(new Set(designs.map(({ kind }) => kind))).toEqual(new Set(["LC", "RC", "SC"]));
  const bundle = join(at("decoder"), "bundle");
  const run = ["run", bundle, "--insecure", "--input", at("decoder.yaml")];
  expect(await mistake(...run)).toMatch(/the state "past_key_values\.0\.key" is larger with every frame/);
});

test("a study of datagrams alone is refused before anything is timed", async () => {
  await writeFile(at("udp.yaml"), study("lstm", "transports: [udp]"));
  for (const command of ["check", "design"])
    expect(await mistake(command, at("udp.yaml"))).toMatch(
      /explore\.transports: expected tcp for a model that carries state/,
    );
});
