/** @file Looks at a part of the samples: what misses for sure leaves early, what does not goes on, however the samples are sorted. */
import { parseRequirement, type Requirement } from "@split-et-impera/core/study";
import { openTask } from "@split-et-impera/core/task";
import { expect, it } from "vitest";
import { looks, type Heat } from "./heat.ts";

const { metrics } = openTask({ kind: "classification", classes: ["a", "b"] });
const count = 1000;
const right = { label: 0, said: 0 };
const wrong = { label: 0, said: 1 };
const baseline = Array.from({ length: count }, () => right);

/** Looks at answers that are wrong where `fails` says so; and which samples were asked for. */
async function seen(
  requirement: string,
  fails: (sample: number) => boolean,
  seed = 1,
): Promise<Heat & { asked: number[] }> {
  const asked: number[] = [];
  const requirements = [parseRequirement(requirement) as Requirement];
  const heat = await looks({ requirements, metrics, baseline, seed }, (samples) => {
    asked.push(...samples);
    return Promise.resolve(samples.map((sample) => (fails(sample) ? wrong : right)));
  });
  return { ...heat, asked };
}

const drop = "accuracy-drop <= 2 %";

it("gives up at the first look what is wrong half of the time, by a drop or by a quality", async () => {
  const half = (sample: number): boolean => sample % 2 === 0;
  expect(await seen(drop, half)).toMatchObject({ samples: 32, misses: [drop] });
  expect(await seen("accuracy >= 90 %", half)).toMatchObject({ samples: 32, misses: ["accuracy >= 90 %"] });
  expect(await seen("accuracy >= 30 %", half)).toMatchObject({ misses: [] });
});

it("takes more looks for a smaller miss, and a quarter of the samples at most, each once", async () => {
  const tenth = await seen(drop, (sample) => sample % 8 === 0);
  expect(tenth.misses).toEqual([drop]);
  expect(tenth.samples).toBeGreaterThan(32);
  const none = await seen(drop, () => false);
  expect(none).toMatchObject({ samples: 128, misses: [] });
  expect(new Set(none.asked).size).toBe(128);
});

it("is not misled by samples that are sorted", async () => {
  // All that is wrong comes first, a hundredth: what meets the bound.
  for (let seed = 0; seed < 50; seed++) expect((await seen(drop, (sample) => sample < 10, seed)).misses).toEqual([]);
});

it("hardly ever gives up what is just within the bound", async () => {
  const lost = await Promise.all(
    Array.from({ length: 500 }, (_, seed) => seen(drop, (sample) => sample % 50 === 0, seed)),
  );
  expect(lost.filter(({ misses }) => misses.length > 0).length).toBeLessThanOrEqual(1);
});

it("looks at nothing where there are few samples, and at times not at all", async () => {
  const requirements = [parseRequirement(drop) as Requirement];
  const ask = (): never => {
    throw new Error("nothing is to be asked");
  };
  expect(await looks({ requirements, metrics, baseline: baseline.slice(0, 100), seed: 1 }, ask)).toEqual({
    samples: 0,
    misses: [],
  });
});
