/** @file The search for steps over a tail that is known: it answers right where no value is off by more than it bears. */
import { meanMetric } from "@split-et-impera/core/task";
import { randomStream } from "@split-et-impera/core/random";
import { float32, rows, type Tensors } from "@split-et-impera/core/tensor";
import { calibratedCodec, type CodecKind } from "@split-et-impera/core/wire";
import { expect, test } from "vitest";
import { createObserver } from "./sent.ts";
import { searchSteps, usualSteps, type Rehearsal, type StepSearch } from "./step-search.ts";

const count = 1200;
const random = randomStream(5, "steps");
const tensor = float32(
  [count, 3, 4, 4],
  Float32Array.from({ length: count * 48 }, () => Math.max(0, random.normal())),
);
const observer = createObserver(["x"]);
observer.add({ x: tensor }, count);
const sent = observer.result();
const metric = meanMetric({ name: "right", means: "", better: "more", unit: "share" }, Number);

const scaleOf = (kind: CodecKind): number => {
  const { parameters } = calibratedCodec(kind, sent[0]!.calibration);
  if (!("scale" in parameters) || typeof parameters.scale === "number") throw new Error("no steps");
  return Math.max(...parameters.scale);
};

/** @param bears of a sample, by its number, the largest error */
async function search(
  codecs: CodecKind[],
  bears: (sample: number) => number,
  drop = 0.005,
): Promise<StepSearch & { asked: number }> {
  let asked = 0;
  const rehearsal: Rehearsal = {
    sent,
    count,
    atOnce: 100,
    tensors: (samples) => Promise.resolve({ x: rows(tensor, samples[0]!, samples.at(-1)! + 1) }),
    answers(arrived: Tensors, samples) {
      asked += samples.length;
      const { data } = arrived["x"]!;
      return Promise.resolve(
        samples.map((sample, row) => {
          const most = bears(sample);
          for (let i = 0; i < 48; i++) {
            const off = Math.abs(Number(data[row * 48 + i]!) - tensor.data[sample * 48 + i]!);
            // As evidence of a task that is none of the table's.
            if (off > most) return 0 as never;
          }
          return 1 as never;
        }),
      );
    },
  };
  const found = await searchSteps(rehearsal, {
    codecs,
    metric: metric as never,
    drop,
    datagrams: [1200],
    signal: new AbortController().signal,
    update: () => undefined,
  });
  return { ...found, asked };
}

test("finds the widest steps that the tail bears, and of all codecs the fewest bytes", async () => {
  // Half a step of 1.4 times that of rans3, and a little.
  const bears = 0.72 * scaleOf("rans3");
  const { chosen, least, trials, whole, asked } = await search(["float16", "uint8", "rans3", "rans4"], () => bears);
  expect(whole).toBe(1);
  expect(chosen).toContainEqual({ codec: "rans3", step: 1.4 });
  expect(chosen).toContainEqual({ codec: "float16", step: 1 });
  const step = usualSteps.findLast((one) => (one * scaleOf("rans4")) / 2 <= bears)!;
  expect(chosen).toContainEqual({ codec: "rans4", step });
  const bytesOf = (codec: string, of: number): number =>
    trials.find((one) => one.codec === codec && one.step === of)!.bytes;
  expect(least).toEqual(
    bytesOf("rans4", step) < bytesOf("rans3", 1.4) ? { codec: "rans4", step } : { codec: "rans3", step: 1.4 },
  );
  // Not all go on to the last sample.
  expect(trials.every(({ samples }) => samples >= 300)).toBe(true);
  expect(trials.some(({ samples }) => samples < count)).toBe(true);
  expect(trials.find((one) => one.codec === least!.codec && one.step === least!.step)!.samples).toBe(count);
  expect(asked).toBeLessThan((trials.length * count * 2) / 3);
});

test("what may be lost is what is allowed, and where all lose more none is the least", async () => {
  // One sample of twenty bears nothing.
  const bears = (sample: number): number => (sample % 20 === 0 ? 0 : 10);
  expect((await search(["rans2", "uint2"], bears)).least).toBeUndefined();
  const { least, allowed } = await search(["rans2", "uint4"], bears, 0.06);
  expect(allowed).toBe(0.06);
  expect(least).toEqual({ codec: "rans2", step: 2.5 });
});

test("packed codes keep the steps of the least squared error unless others are surely better", async () => {
  const { chosen } = await search(["uint4"], () => 10);
  expect(chosen).toEqual([{ codec: "uint4", step: 1 }]);
  // What lies beyond the range is off by more than half a step; a wider range holds it.
  const wide = await search(["uint3"], () => 1.01 * scaleOf("uint3"));
  expect(wide.chosen[0]!.step).toBeGreaterThan(1);
});
