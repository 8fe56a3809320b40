/** @file Thresholds: found by hand, and held in as many of repeated draws as the confidence says. */
import { describe, expect, it } from "vitest";
import { randomStream } from "../random/index.ts";
import { calibrateExit, fewestTrials, type ExitTrial } from "./index.ts";

const bound = { loss: 0.01, confidence: 0.95 };

/** `n` samples, the surest first, of which the exit has these wrong; the model has all right. */
const trials = (n: number, wrong: readonly number[]): ExitTrial[] =>
  Array.from({ length: n }, (_, i) => ({ confidence: 1 - i / n, exit: !wrong.includes(i), whole: true }));

describe("the least threshold", () => {
  it("lets all leave where the exit errs nowhere", () => {
    expect(calibrateExit(trials(1000, []), bound)).toMatchObject({ threshold: 0, share: 1, lost: 0, samples: 1000 });
  });

  it("lies between the last that leaves and the next", () => {
    // From the 500th on the exit is always wrong: after a few of them the bound is passed.
    const found = calibrateExit(
      trials(
        1000,
        Array.from({ length: 500 }, (_, i) => 500 + i),
      ),
      bound,
    );
    expect(found.share).toBe(0.5);
    expect(found.threshold).toBeCloseTo(1 - 499.5 / 1000, 12);
    expect(found.bound).toBeLessThan(0.01);
  });

  it("is none where the surest are wrong, even if the others would make up for it", () => {
    const model = { exit: true, whole: false };
    const helpful = trials(
      1000,
      Array.from({ length: 30 }, (_, i) => i),
    ).map((one, i) => (i > 500 ? { ...one, ...model } : one));
    expect(calibrateExit(helpful, bound)).toMatchObject({ share: 0, lost: 0 });
    expect(calibrateExit(helpful, bound).threshold).toBeUndefined();
  });

  it("lets those leave together that are as sure as each other", () => {
    const alike = trials(1000, [40]).map((one, i) => ({ ...one, confidence: i < 700 ? 1 : 0.5 }));
    expect(calibrateExit(alike, { loss: 0.02, confidence: 0.95 }).share).toBe(1);
    const wrong = trials(
      1000,
      Array.from({ length: 40 }, (_, i) => i),
    ).map((one) => ({ ...one, confidence: 1 }));
    expect(calibrateExit(wrong, { loss: 0.02, confidence: 0.95 }).threshold).toBeUndefined();
  });

  it("counts what the exit has right and the model wrong as won", () => {
    const both = trials(2000, [10, 20, 30]).map((one, i) =>
      [15, 25, 35].includes(i) ? { ...one, whole: false } : one,
    );
    expect(calibrateExit(both, bound)).toMatchObject({ lost: 0, share: 1 });
  });
});

it("needs as many samples as it says", () => {
  for (const asked of [bound, { loss: 0.05, confidence: 0.9 }]) {
    const n = fewestTrials(asked);
    expect(calibrateExit(trials(n, []), asked).threshold).toBe(0);
    expect(calibrateExit(trials(n - 2, []), asked).threshold).toBeUndefined();
  }
});

it("loses more than allowed in no more than one of twenty draws", () => {
  // An exit whose errors grow steadily with its doubt: at u of [0, 1] it errs with probability u / 10.
  const random = randomStream(1, "draws");
  const asked = { loss: 0.01, confidence: 0.95 };
  let over = 0;
  const draws = 400;
  for (let k = 0; k < draws; k++) {
    const drawn = Array.from({ length: 600 }, (): ExitTrial => {
      const u = random.uniform();
      return { confidence: 1 - u, exit: random.uniform() >= u / 10, whole: true };
    });
    const { threshold } = calibrateExit(drawn, asked);
    // What is lost of all: the integral of u / 10 up to 1 - threshold.
    if (threshold !== undefined && (1 - threshold) ** 2 / 20 > asked.loss) over++;
  }
  expect(over / draws).toBeLessThan(0.07);
});
