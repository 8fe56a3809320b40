/**
 * @file COCO's metrics: beside its reference evaluation, pycocotools 2.0.11, on the fixtures that
 * testing/coco-golden.py makes; and weighed.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { randomStream } from "../../random/index.ts";
import { cocoSigmas, keypointBox, keypointSimilarity } from "../keypoints/similarity.ts";
import { qualityOf } from "../index.ts";
import { areaOf, overlap, type Box } from "./box.ts";
import { boxAreas, boxMetrics, keypointAreas, keypointMetrics } from "./coco.ts";
import { cocoAreas, matchImage, type Matches } from "./matching.ts";

interface Thing {
  image: number;
  class: number;
  box: Box;
  keypoints: number[];
  area?: number;
  crowd?: boolean;
  score: number;
}
interface Case {
  name: string;
  images: number;
  truths: Thing[];
  found: Thing[];
  expected: Record<string, number>;
}

const golden = JSON.parse(readFileSync(new URL("testing/coco-golden.json", import.meta.url), "utf8")) as {
  boxes: Case[];
  keypoints: Case[];
};

const boxMatches = ({ images, truths, found }: Pick<Case, "images" | "truths" | "found">): Matches[] =>
  Array.from({ length: images }, (_, image) =>
    matchImage(
      found.filter((one) => one.image === image).map((one) => ({ ...one, area: areaOf(one.box) })),
      truths.filter((one) => one.image === image).map((one) => ({ ...one, area: one.area ?? areaOf(one.box) })),
      {
        similarity: (a, b) => overlap(a.box, b.box, b.crowd),
        areas: boxAreas.map((name) => cocoAreas[name]),
        most: 100,
      },
    ),
  );

const keypointMatches = ({ images, truths, found }: Case): Matches[] =>
  Array.from({ length: images }, (_, image) =>
    matchImage(
      found
        .filter((one) => one.image === image)
        .map((one) => ({ ...one, box: keypointBox(one.keypoints), area: areaOf(keypointBox(one.keypoints)) })),
      truths
        .filter((one) => one.image === image)
        .map((one) => ({ ...one, area: one.area!, ignored: !one.keypoints.some((v, i) => i % 3 === 2 && v > 0) })),
      {
        similarity: (a, b) => keypointSimilarity(a.keypoints, b, cocoSigmas),
        areas: keypointAreas.map((name) => cocoAreas[name]),
        most: 20,
      },
    ),
  );

/** The reference says -1 where nothing is to be found. */
const said = (value: number): number => (Number.isNaN(value) ? -1 : value);

describe("equal to the reference within 1e-9", () => {
  test.each(golden.boxes)("boxes: $name", (one) => {
    const evidence = boxMatches(one);
    for (const { name, over } of boxMetrics) expect(said(over(evidence)()), name).toBeCloseTo(one.expected[name]!, 10);
  });

  test.each(golden.keypoints)("keypoints: $name", (one) => {
    const evidence = keypointMatches(one);
    for (const { name, over } of keypointMetrics)
      expect(said(over(evidence)()), name).toBeCloseTo(one.expected[name]!, 10);
  });
});

test("a crowd is neither found nor missed, and takes any number of detections", () => {
  const crowd = { image: 0, class: 0, box: [0, 0, 100, 100] as Box, keypoints: [], crowd: true, score: 0 };
  const one = { ...crowd, box: [200, 0, 50, 50] as Box, crowd: false };
  const found = [0.9, 0.8, 0.7].map((score) => ({ ...crowd, crowd: false, box: [10, 10, 20, 20] as Box, score }));
  const right = { ...one, score: 0.1 };
  const [{ over }] = boxMetrics as [(typeof boxMetrics)[0]];
  expect(over(boxMatches({ images: 1, truths: [one, crowd], found: [...found, right] }))()).toBe(1);
  // Without the crowd they are three wrong ones in front of the right one.
  expect(over(boxMatches({ images: 1, truths: [one], found: [...found, right] }))()).toBeCloseTo(1 / 4, 12);
});

describe("weights", () => {
  const random = randomStream(7, "test");
  const size = (): number => 5 + 100 * random.uniform();
  const things = (count: number): Thing[] =>
    Array.from({ length: count }, () => ({
      image: random.integer(12),
      class: random.integer(3),
      box: [200 * random.uniform(), 200 * random.uniform(), size(), size()],
      keypoints: [],
      score: random.uniform(),
    }));
  const truths = things(40);
  const found = [
    ...truths.map((one) => ({ ...one, box: one.box.map((x) => x + 8 * random.uniform()) as unknown as Box })),
    ...things(60),
  ].map((one) => ({ ...one, score: random.uniform() }));
  const evidence = boxMatches({ images: 12, truths, found });

  test.each(boxMetrics.map((metric) => ({ metric, name: metric.name })))(
    "$name: w of an image is w such images",
    ({ metric: { over } }) => {
      const weights = evidence.map((_, i) => i % 4);
      const copies = evidence.flatMap((one, i) => Array.from({ length: i % 4 }, () => one));
      expect(said(over(evidence)(weights))).toBeCloseTo(said(over(copies)()), 12);
      expect(over(evidence)()).toBe(over(evidence)(evidence.map(() => 1)));
    },
  );

  test("samples that were tried often count once, to the last bit", () => {
    const samples = Array.from({ length: 12 * 49 }, (_, i) => i % 12);
    for (const metric of boxMetrics.slice(0, 4)) {
      const clean = qualityOf(metric, { evidence });
      expect(qualityOf(metric, { evidence: samples.map((i) => evidence[i]!), samples }, evidence)).toEqual(clean);
      expect(clean.lo).toBeLessThan(clean.value);
      expect(clean.hi).toBeGreaterThan(clean.value);
    }
  });

  test("evidence survives being saved; where nothing is to be found there is no value", () => {
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
    for (const { over } of boxMetrics) expect(over(evidence)(evidence.map(() => 0))).toBeNaN();
    expect(() => qualityOf(boxMetrics[0]!, { evidence: [[], []] })).toThrow(/ap judges nothing/);
  });
});
