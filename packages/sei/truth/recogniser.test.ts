/** @file A trained text recogniser, against what it reads by ONNX Runtime alone. */
import {
  axesOf,
  bestPath,
  classCharacters,
  collapse,
  judgeText,
  qualityOf,
  textMetrics,
  walkOf,
  type TextEvidence,
} from "@split-et-impera/core/task";
import { float32 } from "@split-et-impera/core/tensor";
import { engine } from "@split-et-impera/ort";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fittingOf } from "../data/fit.ts";
import { normalisePixels } from "../data/normalise.ts";
import { pictureInfo, readPicture } from "../data/picture.ts";
import { findColumns, openTable, textOf } from "../data/table/index.ts";
import { needs, shared } from "./testing/shared.ts";

test("exact match and character error rate over two hundred words", { timeout: 300_000 }, async (context) => {
  const [model, folder] = ["models/real/text-recogniser.onnx", "data/ocr-words"];
  const alphabetFile = "models/real/text-recogniser.alphabet.txt";
  needs(context, model, alphabetFile, folder);
  const labels = await openTable(`${shared}${folder}/labels.tsv`);
  const { file, text } = findColumns(labels.columns, {}, ["file", "text"], "labels.tsv");
  const alphabet = (await readFile(`${shared}${alphabetFile}`, "utf8")).replace(/\n$/, "").split("\n");
  const characters = classCharacters(alphabet, 0, true);

  const session = await engine.load(`${shared}${model}`);
  const [name] = session.outputs as [string];
  const evidence: TextEvidence[] = [];
  for (const row of await labels.read([file!, text!], 0, labels.count)) {
    const path = `${shared}${folder}/${textOf(row[file!], "")}`;
    const [from, size] = [await pictureInfo(path), { height: 48, width: 320 }];
    const pixels = (await readPicture(path, fittingOf(from, {}, size), from, 3)).slice();
    // Blue, green, red.
    for (let i = 0; i < pixels.length; i += 3) [pixels[i], pixels[i + 2]] = [pixels[i + 2]!, pixels[i]!];
    const normalise = { mean: [0.5], std: [0.5] };
    const input = float32([1, 3, 48, 320], normalisePixels(pixels, { ...size, channels: 3 }, normalise, "NCHW"));
    const { [name]: scores } = await session.run({ x: input });
    const walk = walkOf(scores!.dims, axesOf(scores!.dims, 1, characters.length)!);
    const said = collapse(bestPath(scores!.data as Float32Array, walk, 0), 0);
    const answer = said.map((c) => characters[c]!).join("");
    evidence.push(judgeText(answer, textOf(row[text!], "")!, { ignoreSpaces: true }));
  }
  await session.release();

  const [exact, cer] = textMetrics.map((metric) => qualityOf(metric, { evidence }).value);
  console.log("text recogniser:", { words: evidence.length, exact, cer });
  expect(evidence).toHaveLength(200);
  expect(evidence.filter((one) => one.exact === 1)).toHaveLength(182);
  expect(100 * cer!).toBeCloseTo(2.61, 2);
});
