/** @file Calls `sei` in this process, in a folder of its own with a tiny model and a study beside it. */
import { conveyorClasses } from "@split-et-impera/core/conveyor";
import type { Result } from "@split-et-impera/core/design";
import { serialiseModel, type ModelProto } from "@split-et-impera/core/onnx";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import { buildModel } from "../../../core/testing/models.ts";
import { conv, linear } from "../../../core/testing/networks.ts";
import { main } from "../main.ts";

let root = "";
/** What the last call printed, and whether it said that a next run would go on. */
export const said = { stdout: "", stderr: "", resumes: false };
let stopping = new AbortController();

/** What Ctrl-C does to a call under way. */
export const interrupt = (): void => stopping.abort();

export const classes = conveyorClasses.length;

/** 32 x 32 pictures: two small convolutions with poolings, and a dense layer. */
export function network(change: (model: ModelProto) => void = () => {}): Uint8Array {
  const model = buildModel((g) => {
    const pool = (x: string, name: string): string =>
      g.opAs(name, "MaxPool", [x], { kernel_shape: { ints: [4, 4] }, strides: { ints: [4, 4] } });
    g.input("image", "float32", ["batch", 3, 32, 32]);
    const first = pool(g.opAs("relu1", "Relu", [conv(g, "image", "conv1", 3, 8)]), "pool1");
    const second = pool(g.opAs("relu2", "Relu", [conv(g, first, "conv2", 8, 16)]), "pool2");
    linear(g, g.opAs("flat", "Flatten", [second]), "scores", 64, classes);
    g.output("scores", "float32", ["batch", classes]);
  });
  change(model);
  return serialiseModel(model);
}

const study = `
name: Test
model: tiny.onnx
data:
  format: conveyor
  normalise: { mean: [0.5], std: [0.25] }
  limit: { test: 40, train: 48 }
hosts: { camera: { speed: 1/20 }, server: {} }
links: [{ between: [camera, server], rate: 10 Mbit/s, delay: 5 ms, loss: 2 % }]
frames: { rate: 20 fps, count: 60 }
requirements: [latency median <= 2 s]
explore:
  candidates: [pool1]
  codecs: [float32, uint8]
  inputs: [raw, png]
  bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]
  losses: [0 %, 5 %]
`;

/** Sets the folder up for a test file, with a cache of its own, and catches what is printed. */
export function useFolder(): void {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "sei-"));
    await writeFile(at("tiny.onnx"), network());
    await writeFile(at("study.yaml"), study);
    vi.stubEnv("SEI_CACHE", at("cache"));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(root, { recursive: true });
  });
  beforeEach(() => {
    const say = (text: unknown): true => {
      said.stderr += String(text);
      return true;
    };
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((said.stdout += String(text)), true));
    vi.spyOn(process.stderr, "write").mockImplementation(say);
    vi.spyOn(console, "error").mockImplementation((text) => void say(`${String(text)}\n`));
    vi.spyOn(console, "log").mockImplementation((text) => void (said.stdout += `${String(text)}\n`));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
}

export const at = (name: string): string => join(root, name);

export async function sei(...argv: string[]): Promise<number> {
  said.stdout = "";
  said.stderr = "";
  stopping = new AbortController();
  return main(argv, { signal: stopping.signal, onStart: ({ resumes }) => void (said.resumes = resumes) });
}

/** Runs with --json and gives what was printed, which must be nothing else. */
export async function json<T>(...argv: string[]): Promise<T> {
  const code = await sei(...argv, "--json");
  expect(code, said.stderr).toBe(0);
  return JSON.parse(said.stdout) as T;
}

/** The one line of an error, which must be a user's mistake. */
export async function mistake(...argv: string[]): Promise<string> {
  expect(await sei(...argv), said.stderr).toBe(1);
  expect(said.stdout).toBe("");
  expect(said.stderr).not.toContain("    at ");
  return said.stderr.slice(said.stderr.indexOf("error "));
}

export async function design(name: string, out: string, ...flags: string[]): Promise<Result> {
  const code = await sei("design", at(name), "--out", at(out), ...flags);
  expect([0, 3], said.stderr).toContain(code);
  return result(out);
}

export async function result(out: string): Promise<Result> {
  return JSON.parse(await readFile(join(at(out), "result.json"), "utf8")) as Result;
}

/** All that must not differ between two runs. */
export const lasting = (found: Result): unknown => ({ ...found, stages: [], date: "" });

/** A study beside the model, changed from the one above. */
export async function variant(name: string, ...changes: [string, string][]): Promise<string> {
  let text = study;
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  await writeFile(at(name), text);
  return name;
}

export async function model(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(at(name), bytes);
  return at(name);
}
