/** @file Readers of one file or text each. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { place, readWorkload } from "../../packages/core/dist/placement/index.js";
import type { Result } from "../../packages/core/dist/design/index.js";
import { parseRequirement } from "../../packages/core/dist/study/index.js";
import * as units from "../../packages/core/dist/units/index.js";
import { indexGraph, outlineModel, singleTensorCuts } from "../../packages/core/dist/onnx/index.js";
import { parseDeployment } from "../../packages/sei/dist/deploy/index.js";
import { readModel } from "../../packages/sei/dist/model/index.js";
import { compareResults, comparisonText } from "../../packages/sei/dist/compare/index.js";
import { renderReport, terminalSummary } from "../../packages/sei/dist/report/index.js";
import { readResult } from "../../packages/sei/dist/result/index.js";
import { readManifest } from "../../packages/sei/dist/split/manifest.js";
import { importProfile, readProfile } from "../../packages/sei/dist/stages/measure/index.js";
import { decodeValue, encodeValue } from "../../packages/sei/dist/store/index.js";
import { packEntry, unpackEntry } from "../../packages/sei/dist/store/entry.js";
import { readStudy } from "../../packages/sei/dist/study/index.js";
import { deploymentOf } from "../../packages/sei/deploy/testing/deployment.ts";
import { mutateBytes } from "../mutate/bytes.ts";
import { mutateModel } from "../mutate/model.ts";
import { mutateTree } from "../mutate/tree.ts";
import {
  example,
  manifests,
  models,
  otherTimes,
  profiles,
  results,
  studies,
  texts,
  workloads,
  type OtherTimes,
} from "../seeds.ts";
import type { Target } from "../target.ts";

/** A text of plain data: a changed tree, or now and then its changed bytes. */
function textTarget(
  name: string,
  share: number,
  seeds: Target["seeds"],
  write: (tree: unknown) => string,
  read: (file: string) => Promise<unknown>,
  file: string,
): Target {
  return {
    name,
    share,
    seeds,
    mutate(seed, random) {
      const tree = mutateTree(seed, random);
      const text = new TextEncoder().encode(write(tree) ?? "");
      return random.integer(8) === 0 ? mutateBytes(text, random) : text;
    },
    async read(input, folder) {
      await writeFile(join(folder, file), input as Uint8Array);
      await read(join(folder, file));
    },
  };
}

const json = (tree: unknown): string => JSON.stringify(tree, null, 1);

export const readers: readonly Target[] = [
  textTarget(
    "study",
    12_000,
    studies,
    (tree) => stringify(tree),
    (file) => readStudy(file, { model: example("parts.onnx") }, "sei place"),
    "study.yaml",
  ),
  textTarget("manifest", 8000, manifests, json, readManifest, "manifest.json"),
  textTarget(
    "deployment",
    8000,
    // As JSON: plain values, nothing shared.
    () => [JSON.parse(json(deploymentOf({ head: new Uint8Array(3), tail: new Uint8Array(2) })))],
    json,
    async (file) => parseDeployment(file, await readFile(file, "utf8")),
    "manifest.json",
  ),
  textTarget("profile", 8000, profiles, json, (file) => readProfile(file), "profile.json"),
  {
    name: "times of other tools",
    share: 8000,
    seeds: otherTimes,
    mutate(seed, random) {
      const { from, tree, text } = seed as OtherTimes;
      const bytes = new TextEncoder().encode(text ?? json(mutateTree(tree, random)) ?? "");
      return { from, bytes: text === undefined && random.integer(8) > 0 ? bytes : mutateBytes(bytes, random) };
    },
    async read(input, folder) {
      const { from, bytes } = input as { from: OtherTimes["from"]; bytes: Uint8Array };
      const file = join(folder, "times");
      await writeFile(file, bytes);
      const model = await readModel(example("parts.onnx"));
      const index = indexGraph(model.graph!);
      const machine = { engine: from, cpu: "some" };
      await importProfile(file, { from, work: "whole", model: { index, sha256: "" }, machine });
    },
  },
  {
    name: "workload",
    share: 10_000,
    seeds: workloads,
    mutate: mutateTree,
    read(input) {
      const { problem } = readWorkload(input, "workload.json");
      if (problem.nodes.length <= 40) place(problem, { work: 2000 });
    },
  },
  {
    name: "model",
    share: 20_000,
    seeds: models,
    mutate: (seed, random) =>
      random.integer(4) === 0 ? mutateBytes(seed as Uint8Array, random) : mutateModel(seed as Uint8Array, random),
    async read(input, folder) {
      await writeFile(join(folder, "model.onnx"), input as Uint8Array);
      const model = await readModel(join(folder, "model.onnx"));
      singleTensorCuts(indexGraph(model.graph!));
      outlineModel(model);
    },
  },
  textTarget(
    "result",
    2000,
    results,
    json,
    async (file) => {
      const result = await readResult(file);
      const [sound] = results() as Result[];
      renderReport(result);
      terminalSummary(result, { colour: false });
      const all = [sound!, result];
      comparisonText(compareResults(all.map((result) => ({ file, result }))), all, true);
    },
    "result.json",
  ),
  {
    name: "units and requirements",
    share: 20_000,
    seeds: texts,
    mutate: (seed, random) => mutateTree([seed], random),
    read(input) {
      const [text] = Array.isArray(input) ? (input as unknown[]) : [input];
      for (const [name, parser] of Object.entries(units)) {
        if (name.startsWith("parse")) (parser as (text: unknown, noun: string) => unknown)(text, "packets");
      }
      parseRequirement(text);
    },
  },
  {
    name: "kept result",
    share: 4000,
    seeds: () => [packEntry("key", encodeValue({ numbers: new Float32Array(50), text: "value", list: [1, [2]] }))],
    mutate: (seed, random) => mutateBytes(seed as Uint8Array, random),
    read(input) {
      const value = unpackEntry("key", input as Uint8Array);
      if (value) decodeValue(value);
    },
  },
];
