/** @file Networks of many kinds: each is surveyed, and proved at some of the cuts that are listed. */
import { expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { unetNetwork, twoInputNetwork } from "../testing/networks.ts";
import {
  byteNetwork,
  controlFlow,
  dequantisedNetwork,
  manyHeads,
  maskedEncoder,
  twoStageDetector,
  videoNetwork,
} from "../testing/structures.ts";
import {
  parseModel,
  proofFeeds,
  proveSegments,
  serialiseModel,
  severalCuts,
  singleCuts,
  splitSegments,
  surveyModel,
  undivided,
  type ModelProto,
  type Survey,
  type SurveyOptions,
} from "./index.ts";

const survey = (model: ModelProto, options: SurveyOptions = {}): Promise<Survey> =>
  surveyModel(parseModel(serialiseModel(model)), engine, options);

async function prove(found: Survey, cut: readonly string[]) {
  const parts = splitSegments(found, [cut]).models.map(serialiseModel);
  const feeds = proofFeeds(found, "test").map((one) => one.feeds);
  const { outputs } = found.index;
  return (await proveSegments(engine, serialiseModel(found.given), parts, outputs, feeds)).proof;
}

it.each<[string, () => ModelProto, single: string, several: string[] | undefined, SurveyOptions?]>([
  ["a two-stage detector", twoStageDetector, "high", ["regions", "proposals"]],
  ["a network over video", videoNetwork, "one", undefined],
  ["an encoder with a mask", maskedEncoder, "layer1", ["layer0", "mask"]],
  ["two inputs", twoInputNetwork, "joined", ["seen", "pose"]],
  ["quantised and dequantised", dequantisedNetwork, "one.quantised", undefined],
  ["computed on bytes", byteNetwork, "one.bytes", undefined],
  ["a U", unetNetwork, "top", undefined],
])("%s", { timeout: 60_000 }, async (_, build, single, several, options) => {
  const found = await survey(build(), options);
  const singles = singleCuts(found).map(({ tensors: [name] }) => name);
  const sets = severalCuts(found).map(({ tensors }) => tensors);
  expect(singles).toContain(single);
  expect(await prove(found, [single])).toMatchObject({ exact: true, finite: true });
  if (several) {
    const listed = sets.find((set) => set.includes(several[0]!))!;
    expect(listed, sets.join(" ")).toBeDefined();
    expect(await prove(found, listed)).toMatchObject({ exact: true });
    expect(await prove(found, several)).toMatchObject({ exact: true });
  }
});

it("many heads, each of which is as large as the picture", async () => {
  const found = await survey(manyHeads(), { shape: [3, 16, 16] });
  expect(singleCuts(found)).toEqual([]);
  const { tensors, bytes } = severalCuts(found).find((cut) => cut.tensors.includes("early"))!;
  // Beside the map its picture's sizes cross, not the picture.
  expect([tensors.length, bytes]).toEqual([3, 4 * 4 * 256 + 32]);
  expect(await prove(found, tensors)).toMatchObject({ exact: true });
});

it("control flow that numbers decide", async () => {
  const found = await survey(controlFlow());
  const singles = singleCuts(found).map(({ tensors: [name] }) => name);
  expect(singles).toEqual(expect.arrayContaining(["seen", "rows", "chosen", "looped", "summed", "deep"]));
  expect(undivided(found.index).map(({ node, operators }) => `${node} ${operators}`)).toEqual([
    'If "chosen" 2',
    'Loop "looped" 3',
    'Scan "last" 2',
  ]);
  for (const name of ["rows", "chosen", "looped", "summed"])
    expect(await prove(found, [name])).toMatchObject({ exact: true, finite: true });
});
