/** @file A sample of the cuts of published models with random weights; `npm run bench:cuts` tries all of them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { withRandomWeights } from "../testing/random-weights.ts";
import {
  severalCuts,
  parseModel,
  runChain,
  serialiseModel,
  singleTensorCuts,
  splitSegments,
  surveyModel,
} from "./index.ts";

const shared = new URL("../../../../shared/models/light/", import.meta.url);

describe.each(["squeezenet", "inception_v1", "resnet50", "densenet121"])("%s", (name) => {
  let bytes: Uint8Array | undefined;
  try {
    bytes = readFileSync(new URL(`${name}.onnx`, shared));
  } catch {
    console.info(`light.test: ${name} is absent; its cuts are not tested`);
  }
  it.skipIf(!bytes)("equals its three segments bit for bit", { timeout: 60_000 }, async () => {
    const model = withRandomWeights(parseModel(bytes!));
    const survey = await surveyModel(model, engine);
    const singles = singleTensorCuts(survey.index).map(({ tensor }) => [tensor]);
    const sets = severalCuts(survey).filter(({ block }) => block > 1 && block < singles.length / 2);
    const late = singles[Math.floor(0.8 * singles.length)]!;
    const { models } = splitSegments(survey, [sets[Math.floor(sets.length / 2)]!.tensors, late]);
    expect(models).toHaveLength(3);
    const { outputs } = survey.index;
    const feeds = survey.feeds(1);
    const whole = await runChain(engine, [serialiseModel(model)], outputs, feeds);
    const parts = models.map((part) => serialiseModel(part));
    expect(await runChain(engine, parts, outputs, feeds)).toEqual(whole);
    // Random weights that made every answer the same would prove nothing.
    expect(new Set(whole[outputs[0]!]!.data as Float32Array).size).toBeGreaterThan(100);
  });
});
