/** @file Broken baselines: models that are fed in another way than they were made for. */
import { expect, test } from "vitest";
import { wilson } from "../statistics/index.ts";
import { float32, type Tensor } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import {
  chanceOf,
  doubtBaseline,
  meanMetric,
  refeed,
  variantsOf,
  type BaselineWarning,
  type Feeding,
} from "./index.ts";

const plain: Feeding = { normalise: { mean: [], std: [] }, order: "RGB", layout: "NCHW" };
const trained: Feeding = {
  normalise: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  order: "BGR",
  layout: "NCHW",
};
const metric = meanMetric(
  { name: "accuracy", means: "right", better: "more", unit: "share" },
  (right: number) => right,
);
const count = 120;
const pixels = randomTensor([count, 3, 4, 4], "pixels", 0, 1);
const image = (from: number, to: number): Tensor<"float32"> =>
  float32([to - from, 3, 4, 4], pixels.data.slice(from * 48, to * 48));

/** Right on an image that is fed as trained, else on every fifth. */
function judgeOf(wanted: Feeding) {
  const meant = refeed(image(0, count), plain, wanted).data;
  return (input: Tensor<"float32">, from: number): Promise<number[]> =>
    Promise.resolve(
      Array.from({ length: input.dims[0]! }, (_, i) => {
        const at = from + i;
        const same = input.data
          .subarray(i * 48, (i + 1) * 48)
          .every((x, k) => Math.abs(x - meant[at * 48 + k]!) < 1e-4);
        return same || at % 5 === 0 ? 1 : 0;
      }),
    );
}

const fed = async (own: Feeding, wanted: Feeding): Promise<BaselineWarning[]> => {
  const judge = judgeOf(wanted);
  const batch = (from: number, to: number): Tensor<"float32"> => refeed(image(from, to), plain, own);
  return doubtBaseline({
    metric,
    evidence: await judge(batch(0, count), 0),
    chance: 0.1,
    probe: { own, count, batch, judge },
  });
};

test("a forgotten normalisation and a wrong channel order are found, alone and together", async () => {
  const [found] = await fed(plain, trained);
  expect(found).toMatchObject({
    kind: "feeding",
    variant: { name: "normalise ImageNet, channels in the order blue, green, red", order: "BGR" },
    quality: { value: 0.2, n: count },
    other: { value: 1 },
  });
  expect(await fed({ ...trained, order: "RGB" }, trained)).toMatchObject([
    { variant: { name: "channels in the order blue, green, red" } },
  ]);
  expect(await fed(trained, { ...trained, normalise: { mean: [0], std: [1 / 255] } })).toMatchObject([
    { variant: { name: "normalise 0 to 255" } },
  ]);
});

test("a sound baseline is left alone, and so is a weak one that nothing betters", async () => {
  expect(await fed(trained, trained)).toEqual([]);
  const weak = await fed(plain, { ...plain, normalise: { mean: [0.3], std: [0.7] } });
  expect(weak).toEqual([]);
});

test("chance, and what the study asserts", async () => {
  const evidence = Array.from({ length: 100 }, (_, i) => (i < 12 ? 1 : 0));
  expect(await doubtBaseline({ metric, evidence, chance: 0.125 })).toEqual([
    { kind: "near-chance", quality: wilson(12, 100), chance: 0.125 },
  ]);
  const good = Array.from({ length: 100 }, (_, i) => (i < 97 ? 1 : 0));
  expect(await doubtBaseline({ metric, evidence: good, chance: 0.125, expected: 0.98 })).toEqual([]);
  expect(await doubtBaseline({ metric, evidence, expected: 0.98 })).toMatchObject([
    { kind: "below-expected", expected: 0.98 },
  ]);
  expect(chanceOf([0, 1], 4)).toBe(0.25);
  expect(
    chanceOf(
      Array.from({ length: 40 }, (_, i) => (i < 30 ? 2 : 0)),
      4,
    ),
  ).toBe(0.75);
});

test("variants fit the channels, none is named twice, and each can be taken back", () => {
  const grey = variantsOf(plain, [1, 1, 4, 4]);
  expect(grey.every(({ order, normalise }) => order === "RGB" && normalise.mean.length === 1)).toBe(true);
  const all = variantsOf(plain, [1, 3, 3, 3]);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  expect(all.some(({ layout }) => layout === "NHWC")).toBe(true);
  const square = float32([2, 3, 3, 3], randomTensor([2, 3, 3, 3], "square", 0, 1).data);
  for (const variant of all) {
    const back = refeed(refeed(square, plain, variant), variant, plain).data;
    back.forEach((x, i) => expect(x).toBeCloseTo(square.data[i]!, 4));
  }
});
