/** @file A trained text recogniser, against what it reads by ONNX Runtime alone. */
import { inspectModel } from "@split-et-impera/core/onnx";
import { factsOf, qualityOf, sequence, type TextEvidence } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { openData } from "../data/index.ts";
import { readModel } from "../model/index.ts";
import { needs, shared } from "./testing/shared.ts";

test("exact match and character error rate over two hundred words", { timeout: 300_000 }, async (context) => {
  const [file, path] = ["models/real/text-recogniser.onnx", "data/ocr-words"];
  const alphabetFile = "models/real/text-recogniser.alphabet.txt";
  needs(context, file, alphabetFile, path);
  const data = await openData(
    {
      format: "table",
      path: `${shared}${path}`,
      normalise: { mean: [0.5], std: [0.5], channels: "BGR" },
      layout: "NCHW",
      input: [3, 48, 320],
      limit: { test: 1000, train: 1 },
    },
    "test",
  );
  const alphabet = (await readFile(`${shared}${alphabetFile}`, "utf8")).replace(/\n$/, "").split("\n");
  const task = sequence({ kind: "sequence", alphabet, ignoreSpaces: true });
  const model = await readModel(`${shared}${file}`);
  const binding = task.bind(factsOf(await inspectModel(model, engine, { shape: [3, 48, 320] })));
  const session = await engine.load(`${shared}${file}`);
  const evidence: TextEvidence[] = [];
  for (let i = 0; i < data.count; i++) {
    const [answer] = task.answers(binding, await session.run({ x: data.batch([i]) }, binding.outputs));
    evidence.push(task.judge(answer, task.truth(data.annotation(i))));
  }
  await session.release();

  const [exact, cer] = task.metrics.map((metric) => qualityOf(metric, { evidence }));
  console.log("text recogniser:", { notes: binding.notes, exact, cer });
  expect(evidence).toHaveLength(200);
  expect(evidence.filter((one) => one.exact === 1)).toHaveLength(182);
  expect(100 * cer!.value).toBeCloseTo(2.61, 2);
});
