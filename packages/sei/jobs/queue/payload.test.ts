/** @file What lies in the queue is not trusted: its form, its size, and where the files lie that it names. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { at, useFolder } from "../../cli/testing/harness.ts";
import type { Jobs } from "../../stages/context.ts";
import { runStudy } from "../../stages/design/index.ts";
import { knownJobs } from "../../stages/known-jobs.ts";
import { openStore } from "../../store/index.ts";
import { readStudy } from "../../study/index.ts";
import { version } from "../../version.ts";
import { fromFolder, inputText, payloadSchema, readInput, strangeness, withinFolder } from "./payload.ts";

useFolder();
let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sei-files-"));
  await mkdir(join(root, "in"));
  await writeFile(join(root, "secret"), "");
  await symlink(join(root, "secret"), join(root, "in", "link.onnx"));
});
afterAll(() => rm(root, { recursive: true }));

const inputOf = async (model: string, more: object = {}) => ({
  about: { study: { ...(await readStudy(at("study.yaml"))), model, ...more }, model: "m", test: "t", train: "t" },
  recipe: { kind: "cut" as const, cut: ["pool1"] },
});

it("names files from the folder that all see, and finds them there again", async () => {
  const input = await inputOf(join(root, "in", "a", "model.onnx"));
  const sent = withinFolder(input, join(root, "in"));
  expect(sent.about.study.model).toBe("a/model.onnx");
  const schema = knownJobs["prepare"]!.schema;
  const read = readInput(inputText(sent)!, schema) as typeof input;
  // In another order of fields no entry of the store would be found.
  expect(JSON.stringify(read)).toBe(JSON.stringify(sent));
  expect((await fromFolder(read, join(root, "in"))).about.study.model).toBe(join(root, "in", "a", "model.onnx"));
  expect(() => withinFolder(input, join(root, "other"))).toThrow(/expected it within the folder/);
});

it.each(["/etc/passwd", "../secret", "a/../../secret", "link.onnx", "a\0b"])(
  "reads nothing outside of it: %j",
  async (path) => {
    await expect(fromFolder(await inputOf(path), join(root, "in"))).rejects.toThrow(/outside of the folder/);
    const data = { data: { format: "images", path } };
    await expect(fromFolder(await inputOf("m.onnx", data), join(root, "in"))).rejects.toThrow(/outside of the folder/);
    const hosts = { hosts: { camera: { speed: 1, profile: path }, server: { speed: 1 } } };
    await expect(fromFolder(await inputOf("m.onnx", hosts), join(root, "in"))).rejects.toThrow(/outside of the folder/);
  },
);

it("holds whatever a study asks for: splits, bottlenecks, exits, rows over three hosts", async () => {
  const text = (await readFile(at("study.yaml"), "utf8"))
    .replace("server: {} }", "gateway: {}, server: {} }")
    .replace(
      "links: [{ between: [camera, server]",
      "links: [{ between: [gateway, server], rate: 1 Mbit/s }, { between: [camera, gateway]",
    )
    .replace("candidates: [pool1]", "exits: { at: [pool1], epochs: 1, loss: 20 %, confidence: 60 % }")
    .replace("codecs: [float32, uint8]", "codecs: [uint8]")
    .replace("inputs: [raw, png]", "inputs: [raw]\n  transports: [tcp]")
    .replace("bottlenecks: [", "bottlenecks: [{ kind: pca, compression: 4 }, ");
  await writeFile(at("wide.yaml"), text);
  const asked = new Set<string>();
  const jobs: Jobs = {
    apart: true,
    ahead: (job, inputs) => {
      for (const input of inputs) {
        readInput(inputText(withinFolder(input, dirname(at("study.yaml"))))!, job.schema);
        const { recipe } = input as { recipe?: { kind: string } };
        asked.add(recipe ? `${job.name} ${recipe.kind}` : job.name);
      }
      return Promise.resolve(inputs.map(() => ({ state: "here" })));
    },
  };
  await runStudy(await readStudy(at("wide.yaml")), { jobs, store: openStore(join(root, "store")) });
  const kinds = ["cut", "exit", "remote", "row"];
  expect([...asked].toSorted()).toEqual(
    ["saliency-of", ...["evaluate", "prepare"].flatMap((job) => kinds.map((kind) => `${job} ${kind}`))].toSorted(),
  );
}, 120_000);

it("is of a known form and bounded", async () => {
  const sound = { version, engine: "e", processors: 2, job: "prepare", jobVersion: 1, input: "{}" };
  expect(payloadSchema.safeParse(sound).success).toBe(true);
  for (const change of [
    { more: 1 },
    { processors: 1e9 },
    { job: "../x" },
    { input: "x".repeat(3e6) },
    { version: undefined },
  ])
    expect(payloadSchema.safeParse({ ...sound, ...change }).success).toBe(false);
  const { schema } = knownJobs["prepare"]!;
  const input = await inputOf("m.onnx");
  for (const change of [
    { recipe: { kind: "shell" } },
    { recipe: { kind: "cut", cut: [] } },
    { more: 1 },
    { about: null },
  ])
    expect(schema.safeParse({ ...input, ...change }).success).toBe(false);
  expect(inputText({ rate: Infinity })).toBeUndefined();
  expect(inputText({ text: "x".repeat(3e6) })).toBeUndefined();
});

it("is refused by another version in clear words", () => {
  const payload = { version: "9.9.9", engine: "e", processors: 1, job: "prepare", jobVersion: 1, input: "" };
  expect(strangeness(payload, "e")).toBe(
    `the job is of sei 9.9.9 on e, this worker is sei ${version} on e; both must be the same`,
  );
  expect(strangeness({ ...payload, version }, "e")).toBeUndefined();
});
