/** @file Profiles written and read again, those of the older format, and what they make of a host. */
import { costOn, costTable, exactly, type Profile } from "@split-et-impera/core/cost";
import { quantile } from "@split-et-impera/core/statistics";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openProfiles } from "./open-profiles.ts";
import { profileJson, readProfile } from "./profile-file.ts";

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sei-profile-"))));
afterAll(() => rm(folder, { recursive: true }));

const machine = { engine: "onnxruntime-node 1.0", platform: "linux x64", cpu: "any", threads: 2 };
const samples = Float64Array.from({ length: 50 }, (_, i) => 0.01 + 1e-4 * i);
const profile: Profile = {
  format: 2,
  source: "test",
  machine,
  model: "abc",
  works: {
    whole: { seconds: 0.012, lo: 0.0118, hi: 0.0121, n: 250, disturbed: 3, call: 0.001, samples },
    "head@[ 1 ]": exactly(0.004),
  },
};

async function saved(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe("a profile", () => {
  it("is read as it was written", async () => {
    const file = await saved("a.json", profileJson(profile));
    const found = await readProfile(file, "abc");
    expect(found).toEqual({
      ...profile,
      works: {
        ...profile.works,
        whole: { ...profile.works["whole"], samples: samples.map((one) => Number(one.toPrecision(4))) },
      },
    });
    await expect(readProfile(file, "other")).rejects.toThrow(/a.json:\d+: measured for another model/);
  });

  it("keeps at most a hundred samples of a work", async () => {
    const many = Float64Array.from({ length: 3000 }, (_, i) => 0.01 + 1e-5 * i);
    const works = { whole: { ...exactly(0.02), samples: many } };
    const found = await readProfile(await saved("many.json", profileJson({ ...profile, works })));
    expect(found.works["whole"]!.samples).toHaveLength(100);
  });

  it("of format 1 gives runs with its percentiles, and says so", async () => {
    const timings = {
      whole: { median: 0.02, lo: 0.018, hi: 0.03, n: 60 },
      "head@a": { median: 0.015, lo: 0.015, hi: 0.015, n: 20 },
    };
    const file = await saved("old.json", JSON.stringify({ format: 1, machine, model: "abc", timings }));
    const found = await readProfile(file, "abc");
    const whole = found.works["whole"]!;
    expect(found.converted).toBe(true);
    expect(whole).toMatchObject({ seconds: 0.02, lo: 0.018, hi: 0.03, n: 60 });
    expect(quantile(whole.samples!, 0.5)).toBeCloseTo(0.02, 3);
    expect(quantile(whole.samples!, 0.96)).toBeCloseTo(0.03, 9);
    expect(found.works["head@a"]).toEqual({ seconds: 0.015, lo: 0.015, hi: 0.015, n: 20 });
    const open = await openProfiles({ camera: { speed: 1, profile: file } }, "abc");
    expect(open.notes.join()).toMatch(/profile old.json of camera is of format 1/);
    expect(open.doubts).toMatchObject([
      { source: "profile old.json of camera", doubts: [{ kind: "spread", work: "whole" }] },
    ]);
  });

  it.each([
    ["a folder", async () => folder, /got a folder/],
    ["no file", async () => join(folder, "none.json"), /there is no such file/],
    ["bytes", async () => saved("bytes.json", "\u0000{").then((file) => file), /not a profile/],
  ])("%s is refused", async (_, file, says) => {
    await expect(readProfile(await file())).rejects.toThrow(says);
  });
});

describe("on a host", () => {
  const here = {
    whole: { ...exactly(0.011), call: 0.001 },
    "head@a": { ...exactly(0.006), call: 0.001 },
    "encode jpeg-90": { ...exactly(0.0005), call: 0.0004 },
  };

  it("what a call takes is not scaled with its speed", () => {
    expect(costOn({ speed: 0.01 }, "whole", here).seconds).toBeCloseTo(0.01 * 100 + 0.001, 12);
    expect(costOn({ speed: 0.01 }, "encode jpeg-90", here).seconds).toBeCloseTo(0.0001 * 100 + 0.0004, 12);
  });

  it("a profile's whole carries over what it lacks, with its own call", () => {
    const works = { whole: { ...exactly(0.052), lo: 0.051, hi: 0.06, call: 0.002 } };
    const { seconds, lo, hi } = costOn({ speed: 1, profile: { works } }, "head@a", here);
    expect(seconds).toBeCloseTo(0.005 * 5 + 0.002, 12);
    expect(lo).toBeLessThan(seconds);
    expect(hi).toBeGreaterThan(1.1 * seconds);
  });

  it("a coding time that the study states is what it takes", () => {
    expect(costOn({ speed: 0.01, encode: 0.002 }, "encode jpeg-90", here)).toEqual(exactly(0.002));
    expect(costOn({ speed: 0.01, encode: 0 }, "encode jpeg-90", here).seconds).toBe(0);
    // Only pictures: what is done to a cut's tensor is measured.
    const codec = { ...here, "encode uint8@a": exactly(1e-5) };
    expect(costOn({ speed: 1, encode: 0.002 }, "encode uint8@a", codec).seconds).toBe(1e-5);
  });

  it("a head is never slower than the whole, in any frame and at either end of the intervals", () => {
    const works = {
      whole: { seconds: 0.012, lo: 0.0118, hi: 0.0121, n: 250, samples },
      "head@a": {
        seconds: 0.0115,
        lo: 0.0113,
        hi: 0.0144,
        n: 40,
        samples: samples.slice(0, 33).map((one) => 1.01 * one),
      },
    };
    const table = costTable({ camera: { speed: 0.5 } }, works);
    for (const one of [table, table.at("lo"), table.at("hi")]) {
      const [head, whole] = ["head@a", "whole"].map((work) => one.frames("camera", work, 300, 1));
      expect(head!.every((ns, i) => ns <= whole![i]! * (1 + 1e-9))).toBe(true);
    }
    expect(table.at("hi").of("camera", "whole").seconds).toBeCloseTo(0.0242, 12);
  });
});
