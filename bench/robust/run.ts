/** @file What the scripts of this folder share: a study of a minute cut short, `sei` started in it, and what is left of a result. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSei, type SeiProcess } from "../../packages/sei/cli/testing/process.ts";

const model = fileURLToPath(new URL("../../examples/conveyor/parts.onnx", import.meta.url));
const study = `
name: Robust
model: parts.onnx
data: { format: conveyor, normalise: { mean: [0.5], std: [0.25] }, limit: { test: 40, train: 48 } }
hosts: { camera: { speed: 1/20 }, server: {} }
links: [{ between: [camera, server], rate: 10 Mbit/s, delay: 5 ms, loss: 2 % }]
frames: { rate: 20 fps, count: 60 }
requirements: [latency median <= 2 s]
explore:
  candidates: [block3/MaxPool]
  codecs: [float32, uint8]
  inputs: [raw, png]
  bottlenecks: [{ compression: 16, epochs: { frozen: 3, joint: 2 }, batch: 8, augment: [mirror] }]
  losses: [0 %, 5 %]
`;

export interface Place {
  at(name: string): string;
  start(...argv: string[]): SeiProcess;
  /** Names of files that were being written. */
  halfWritten(): Promise<string[]>;
  remove(): Promise<void>;
}

/** A folder with the study `study.yaml` and a cache of its own. */
export async function openPlace(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), "robust-"));
  const at = (name: string): string => join(root, name);
  await cp(model, at("parts.onnx"));
  await writeFile(at("study.yaml"), study);
  return {
    at,
    start: (...argv) => startSei(argv, { cwd: root, env: { SEI_CACHE: at("cache") } }),
    halfWritten: async () => (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".tmp")),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** A study whose times are those that `place/first` measured: its results do not depend on the machine's mood. */
export async function freeze(place: Place): Promise<void> {
  const text = await readFile(place.at("study.yaml"), "utf8");
  const frozen = text.replace(
    "{ camera: { speed: 1/20 }, server: {} }",
    "{ camera: { profile: first/profile.json, speed: 1/20 }, server: { profile: first/profile.json } }",
  );
  await writeFile(place.at("frozen.yaml"), frozen);
}

/** All of a result that must not differ between two runs. */
export async function lasting(folder: string): Promise<string> {
  const found = JSON.parse(await readFile(join(folder, "result.json"), "utf8")) as Record<string, unknown>;
  return JSON.stringify({ ...found, stages: [], date: "" });
}

/** The number of tries, from the command line. */
export const tries = (usual: number): number => Number(process.argv[2] ?? usual);

/** A seeded stream of numbers from 0 to 1. */
export function stream(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
