/** @file `sei profile` and `sei cache`, as they are called, and what a study makes of a profile. */
import type { Result } from "@split-et-impera/core/design";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { at, design, interrupt, json, lasting, mistake, sei, variant, useFolder } from "./testing/harness.ts";

useFolder();

interface Saved {
  works: Record<string, { seconds: number; lo: number; hi: number; n: number; call?: number; samples?: number[] }>;
  leftOut: unknown[];
  doubts: unknown[];
}

/** A profile of another model with these works, as it would be saved. */
function saved(works: Record<string, object>): string {
  const machine = { engine: "", platform: "", cpu: "", threads: 1 };
  return JSON.stringify({ format: 2, source: "test", machine, model: "x", works }, null, 2);
}

describe("profile", () => {
  const withCamera = (file: string): [string, string] => ["camera: { speed: 1/20 }", `camera: { profile: ${file} }`];

  it("times the whole and the pieces, and a study takes its times from it", async () => {
    const file = at("camera.json");
    const flags = [
      "--codecs",
      "float32 tensor,rans2 interleaved",
      "--out",
      file,
      "--at",
      "pool1",
      "--bottlenecks",
      "16",
      "--data",
      "conveyor",
    ];
    const profile = await json<Saved>("profile", at("tiny.onnx"), ...flags);
    expect(Object.keys(profile.works).toSorted()).toEqual(
      [
        "whole",
        ...["png", "webp", "jpeg-90"].flatMap((picture) => [`encode ${picture}`, `decode ${picture}`]),
        // RC as a tensor: the cut before the first operator.
        ...["float32", "rans2 interleaved"].flatMap((codec) => [`encode ${codec}@image`, `decode ${codec}@image`]),
        ...["pool1", "pool1+16x"].flatMap((cut) =>
          ["head", "tail", "float32", "rans2 interleaved"].flatMap((part) =>
            part === "head" || part === "tail" ? `${part}@${cut}` : [`encode ${part}@${cut}`, `decode ${part}@${cut}`],
          ),
        ),
      ].toSorted(),
    );
    const { leftOut, doubts, ...saved } = profile;
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(saved);
    expect(leftOut).toEqual([]);
    expect(doubts).toBeInstanceOf(Array);
    const { call, n, samples } = profile.works["whole"]!;
    expect(call).toBeGreaterThan(0);
    expect(n).toBeGreaterThanOrEqual(10);
    expect(samples!.length).toBeLessThanOrEqual(100);

    const set = (work: string, seconds: number): void => {
      profile.works[work] = { seconds, lo: seconds, hi: seconds, n: 50 };
    };
    set("whole", 0.03);
    set("head@pool1", 0.011);
    set("encode uint8@pool1", 0.002);
    set("head@pool1+16x", 0.013);
    set("encode png", 0.004);
    await writeFile(file, JSON.stringify({ ...saved, works: profile.works }));
    const { designs } = await design(await variant("profiled.yaml", withCamera("camera.json")), "profiled");
    const parts = (id: string): Result["designs"][number]["parts"] => designs.find((one) => one.id === id)!.parts;
    expect(parts("LC").head).toBeCloseTo(0.03, 9);
    expect(parts("SC@pool1 uint8 tcp")).toMatchObject({
      head: expect.closeTo(0.011, 9),
      encode: expect.closeTo(0.002, 9),
    });
    expect(parts("SC@pool1 uint8 16x tcp").head).toBeCloseTo(0.013, 9);
    expect(parts("RC png tcp").encode).toBeCloseTo(0.004, 9);
  });

  it("covers every legal cut unless told otherwise", async () => {
    const { works } = await json<Saved>("profile", at("tiny.onnx"), "--out", at("all.json"), "--bottlenecks", "none");
    expect(Object.keys(works).filter((work) => work.startsWith("head@"))).toHaveLength(7);
  });

  it("stopped, writes nothing", async () => {
    setTimeout(() => interrupt(), 300);
    expect(await sei("profile", at("tiny.onnx"), "--out", at("stopped.json"))).toBe(130);
    expect(existsSync(at("stopped.json"))).toBe(false);
  });

  it.each<[string, string, RegExp]>([
    ["damaged", "{", /not a profile/],
    ["empty", "", /not a profile/],
    ["of another format", JSON.stringify({ format: 3 }), /broken.json:1: format: expected 2/],
    ["with impossible times", saved({ whole: { seconds: -1, lo: 0, hi: 0, n: 1 } }), /broken.json:\d+: works.whole/],
    ["without runs", saved({ whole: { seconds: 1, lo: 1, hi: 1, n: 0 } }), /works.whole.n/],
    ["with an interval beside its time", saved({ whole: { seconds: 1, lo: 2, hi: 3, n: 9 } }), /works.whole.lo/],
    [
      "with samples beside its time",
      saved({ whole: { seconds: 1, lo: 1, hi: 1, n: 9, samples: [2, 3] } }),
      /works.whole.seconds: expected a time among its samples/,
    ],
    [
      "with an unknown field",
      saved({ whole: { seconds: 1, lo: 1, hi: 1, n: 9, sample: [1] } }),
      /did you mean "samples"/,
    ],
    ["of another model", saved({}), /another model/],
  ])("%s is refused", async (name, content, says) => {
    await writeFile(at("broken.json"), content);
    const file = await variant("broken.yaml", withCamera("broken.json"));
    expect(await mistake("design", at(file), "--out", at("broken")), name).toMatch(says);
    expect(existsSync(at("broken"))).toBe(false);
  });
});

describe("cache", () => {
  it("shows and clears what is kept", async () => {
    const cache = at("own-cache");
    await mkdir(cache);
    await writeFile(join(cache, `saliency-${"0".repeat(32)}.bin`), "12345");
    await writeFile(join(cache, `saliency-${"0".repeat(32)}.bin.0123456789ab.tmp`), "left by a killed run");
    await writeFile(join(cache, "notes.txt"), "not ours");
    const shown = await json<{ entries: { stage: string; bytes: number }[] }>("cache", "--cache", cache);
    expect(shown.entries).toMatchObject([{ stage: "saliency", bytes: 5 }]);
    expect(await json("cache", "--cache", cache, "--clear")).toMatchObject({ removed: 1 });
    expect(await readdir(cache)).toEqual(["notes.txt"]);
    expect(await json("cache", "--cache", at("no-such-folder"))).toMatchObject({ entries: [] });
  });

  it("damaged entries are computed again", async () => {
    const cache = at("damaged");
    const before = await design("study.yaml", "damaged1", "--cache", cache);
    for (const name of await readdir(cache)) {
      if (!name.startsWith("timing")) await writeFile(join(cache, name), "damaged");
    }
    expect(lasting(await design("study.yaml", "damaged2", "--cache", cache))).toEqual(lasting(before));
  });
});
