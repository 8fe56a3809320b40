/** @file Sound as samples of a model: windows with times, clips with labels, mel spectrograms, splits. */
import type { DataOptions } from "@split-et-impera/core/study";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { wavOf } from "../audio/testing/sound-files.ts";
import { openData, type Dataset } from "../index.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-audio-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (name: string, content: string | Uint8Array): Promise<void> => writeFile(join(folder, name), content);
/** A clip of one value, `count` samples at 1000 a second. */
const clip = (value: number, count: number): Uint8Array =>
  wavOf([Array.from({ length: count }, () => value)], { rate: 1000 });

const open = (more: Partial<DataOptions> = {}, split: "train" | "test" = "test", test = 100): Promise<Dataset> =>
  openData(
    {
      format: "audio",
      path: folder,
      normalise: { mean: [], std: [] },
      layout: "NCHW",
      limit: { test, train: 100 },
      ...more,
    },
    split,
  );
const labels = (data: Dataset): unknown[] => Array.from({ length: data.count }, (_, i) => data.annotation(i).label);

test("times: windows with what was before them, labelled by what is heard in their middle", async () => {
  await put("a.wav", clip(0.5, 50));
  await put("labels.tsv", "file\tstart_s\tend_s\na.wav\t0.01\t0.02\na.wav\t0.035\t0.04\n");
  const data = await open({ sound: { rate: 1000, window: 10, context: 4 } });
  expect([data.classes, data.count, labels(data)]).toEqual([["nothing", "something"], 5, [0, 1, 0, 1, 0]]);
  expect(Array.from({ length: 5 }, (_, i) => data.begins!(i))).toEqual([true, false, false, false, false]);
  const { dims, data: values } = data.batch([0, 4]);
  expect([dims, Array.from(values.subarray(0, 14))]).toEqual([
    [2, 14],
    [0, 0, 0, 0, ...Array(10).fill(0.5)],
  ]);
  // Without a window, as many new samples as the model takes beside the context; dimensions of one come and go.
  const own = await open({ sound: { rate: 1000, context: 4 }, input: [1, 14] });
  expect([own.count, own.batch([1]).dims]).toEqual([5, [1, 1, 14]]);
  await expect(open({ sound: { rate: 1000 } })).rejects.toThrow(/data\.sound\.window: expected the new samples/);
});

test("labels and texts: a clip is a sample, cut or filled up", async () => {
  await put("a.wav", clip(0.5, 5));
  await put("b.wav", clip(0.25, 30));
  await put("labels.csv", "file,label\na.wav,yes\nb.wav,no\n");
  const data = await open({ sound: { rate: 1000 }, input: [10], normalise: { mean: [0.25], std: [0.5] } });
  expect([data.classes, data.count]).toEqual([["no", "yes"], 2]);
  const rows = [0, 1].map((i) => [data.annotation(i).label, Array.from(data.batch([i]).data)] as const);
  const of = new Map(rows);
  expect(of.get(1)).toEqual([...Array(5).fill(0.5), ...Array(5).fill(-0.5)]);
  expect(of.get(0)).toEqual(Array(10).fill(0));
  const mel = { size: 8, hop: 4, bands: 3, scale: "htk", norm: "height", power: 2 } as const;
  expect((await open({ sound: { rate: 1000, mel }, input: [1, 3, 6] })).batch([0, 1]).dims).toEqual([2, 1, 3, 6]);
});

test("clips that nothing divides: the others are for training", async () => {
  for (let i = 0; i < 5; i++) await put(`${i}.wav`, clip(i / 8, 10));
  await put("labels.csv", `file,label\n${[0, 1, 2, 3, 4].map((i) => `${i}.wav,${i}\n`).join("")}`);
  const [test, train] = [
    await open({ sound: { rate: 1000 } }, "test", 2),
    await open({ sound: { rate: 1000 } }, "train", 2),
  ];
  expect([test.count, train.count, new Set([...labels(test), ...labels(train)]).size]).toEqual([2, 3, 5]);
  const all = await open({ sound: { rate: 1000 } }, "train", 5);
  expect([all.count, all.notes[0]]).toEqual([5, expect.stringContaining("all 5 clips are for testing")]);
});

test.for<[string, RegExp]>([
  [
    "file,start,end\na.wav,2,1\n",
    /labels\.csv:2: expected a start of 0 seconds or later and an end behind it, got 2 to 1/,
  ],
  [
    "file,start\na.wav,2\n",
    /labels\.csv: expected columns of both start and end, or neither, got its columns are file, start/,
  ],
  ["file,label\na.mp3,x\n", /labels\.csv:2: expected a sound \(\.wav, \.wave, \.flac\), got "a\.mp3"/],
  ["file,label\nb.wav,x\n", /b\.wav: expected a sound .*, got nothing there/],
  ["file,label\na.wav,x\na.wav,y\n", /labels\.csv:3: expected every file once, got "a\.wav" again/],
  ["file,start,end\na.wav,0,1\n", /no window of sound is left/],
])("what is wrong is told", async ([table, message]) => {
  await put("a.wav", clip(0.5, 50));
  await put("labels.csv", table);
  await expect(open({ sound: { rate: 1000, window: 64 } })).rejects.toThrow(message);
});
