/** @file `sei design`, as it is called: results, resuming, repeating, and what is left behind when something goes wrong. */
import { createHash } from "node:crypto";
import type { Deployment } from "@split-et-impera/core/deploy";
import type { Result } from "@split-et-impera/core/design";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { readDeployment } from "../deploy/index.ts";
import { makeNode } from "../../core/onnx/index.ts";
import { resultFile } from "../result/index.ts";
import {
  at,
  design,
  interrupt,
  json,
  lasting,
  mistake,
  model,
  network,
  result,
  said,
  sei,
  variant,
  useFolder,
} from "./testing/harness.ts";

useFolder();

describe("design", () => {
  let first: Result;

  it("gives a verdict, a report, a bundle, and a result that its schema describes", async () => {
    first = await json<Result>("design", at("study.yaml"), "--out", at("first"));
    expect(await result("first")).toEqual(first);
    expect(resultFile.safeParse(first).error).toBeUndefined();
    const page = await readFile(join(at("first"), "report.html"), "utf8");
    const { document } = parseHTML(page);
    const command = document.querySelector("#study .again pre")!.textContent;
    expect(command.split("\n")[0]).toBe(`cd ${process.cwd()}`);
    expect(command).toMatch(/(?:npx sei|sei\.js) design \S*study\.yaml --out \S*first(?: |$)/);
    const bytes = await readFile(at("study.yaml"));
    expect(page).toContain(createHash("sha256").update(bytes).digest("hex"));
    expect(resultFile.safeParse({ ...first, surplus: 1 })).toMatchObject({ success: false });
    expect(first.designs.map(({ id }) => id).toSorted()).toEqual(
      [
        "LC",
        ...["raw", "png"].flatMap((input) => [`RC ${input} tcp`, `RC ${input} udp`]),
        ...["", " 16x"].flatMap((bottleneck) =>
          ["float32", "uint8"].flatMap((codec) =>
            ["tcp", "udp"].map((transport) => `SC@pool1 ${codec}${bottleneck} ${transport}`),
          ),
        ),
      ].toSorted(),
    );
    expect(first.verdict.recommended).toBeDefined();
    // The map of rates and losses says the same as the verdict where the study stands.
    const { rates, losses, recommended } = first.lossMap;
    expect(recommended[losses.indexOf(0.02)]![rates.indexOf(10e6)]).toBe(first.verdict.recommended);
    expect(first.optimum!.value).toBe(Math.min(...first.optimum!.placements.map(({ seconds }) => seconds)));
    expect((await readdir(at("first"))).toSorted()).toEqual(["bundle", "profile.json", "report.html", "result.json"]);
    // As JSON, in which null is infinity: the result is that too.
    const deployment = JSON.parse(JSON.stringify(await readDeployment(join(at("first"), "bundle")))) as Deployment;
    const chosen = first.designs.find(({ id }) => id === first.verdict.recommended)!;
    expect(deployment).toMatchObject({
      format: 3,
      id: chosen.id,
      study: first.study.name,
      model: { sha256: first.model.sha256 },
      design: { segments: chosen.segments, crossings: chosen.crossings },
      predicted: { quality: chosen.quality, latency: chosen.latency, bytesPerFrame: chosen.bytes },
    });
    expect(deployment.segments.map(({ host, file }) => ({ host, file }))).toEqual(
      chosen.segments.map(({ host }) => ({ host, file: expect.stringMatching(/^[a-z]+\.onnx$/) as string })),
    );
    expect(deployment.proof.replay.same).toBe(deployment.proof.replay.images);
  });

  it("tells how latencies are distributed, what each class loses, and how bottlenecks learned", () => {
    for (const { id, latency, framesLost } of first.designs) {
      const { seconds, share } = latency.curve!;
      expect([id, share.at(-1)]).toEqual([id, (60 - framesLost) / 60]);
      // The points are at shares of the answered frames, the median is of all.
      expect(seconds[share.findIndex((one) => one >= 0.5)]).toBeGreaterThanOrEqual(latency.median.value);
    }
    const { classes, whole, designs } = first.byClass!;
    expect(whole.reduce((sum, { n }) => sum + n, 0)).toBe(first.data.testImages);
    expect(designs.map(({ id }) => id)).toEqual(expect.arrayContaining([first.verdict.recommended, "LC"]));
    expect(designs.find(({ id }) => id === "LC")!.drop.map(({ value }) => value)).toEqual(classes.map(() => 0));
    const [trained, ...others] = first.training!;
    expect(others).toEqual([]);
    expect(trained).toMatchObject({ cut: "pool1", compression: 16 });
    expect(trained!.epochs.map(({ phase }) => phase)).toEqual(["frozen", "frozen", "joint"]);
  });

  it("writes every simulated frame where that is asked for: those of the result", async () => {
    const file = at("frames.csv");
    const again = await json<Result>("design", at("study.yaml"), "--out", at("framed"), "--frames", file);
    const [head, ...lines] = (await readFile(file, "utf8")).trim().split("\n");
    expect(head).toBe("loss,design,frame,image,latency_s,right");
    expect(lines).toHaveLength(60 * first.designs.length * 3);
    const rows = lines.map((line) => line.split(","));
    for (const { id, latency, framesLost, quality } of again.designs) {
      const own = rows.filter(([loss, design]) => loss === "0.02" && design === id);
      expect(own.map(([, , frame]) => Number(frame))).toEqual(own.map((_, i) => i));
      const latencies = own.map((row) => (row[4] === "" ? Infinity : Number(row[4]))).toSorted((a, b) => a - b);
      // As JSON has it, in which null is infinity.
      expect([id, latencies[29]]).toEqual([id, latency.median.value ?? Infinity]);
      expect(latencies.filter((one) => one === Infinity)).toHaveLength(framesLost);
      // 60 frames show 40 images, so that some count once and some twice.
      const byImage = Map.groupBy(own, ([, , , image]) => image);
      const shares = [...byImage.values()].map((all) => all.filter((row) => row[5] === "1").length / all.length);
      expect(shares.reduce((a, b) => a + b, 0) / 40).toBeCloseTo(quality["accuracy"]!.value, 9);
    }
    expect(await mistake("design", at("study.yaml"), "--frames", at("study.yaml"))).toMatch(/is the input itself/);
  });

  it("tells what is doubtful about the model, on the terminal and in the result", async () => {
    const noisy = network(({ graph }): void => {
      graph!.node.at(-1)!.output[0] = "clean";
      graph!.node.push(makeNode("RandomNormalLike", ["clean"], ["noise"], {}, "noise1"));
      graph!.node.push(makeNode("Add", ["clean", "noise"], ["scores"]));
    });
    await model("noisy.onnx", noisy);
    const study = await variant("noisy.yaml", ["tiny.onnx", "noisy.onnx"], ["candidates: [pool1]", "scenarios: [LC]"]);
    const found = await design(study, "noisy");
    expect(found.data.notes).toEqual([expect.stringMatching(/^RandomNormalLike .* draws random numbers at every run/)]);
    expect(said.stderr).toMatch(/RandomNormalLike .* draws random numbers/);
  });

  it("never writes over what it reads, also where a study bears the name of a result", async () => {
    await cp(at("study.yaml"), at("result.json"));
    const before = await readFile(at("result.json"), "utf8");
    expect(await mistake("design", at("result.json"), "--out", at("."))).toMatch(/result\.json: is the input/);
    expect(await readFile(at("result.json"), "utf8")).toBe(before);
  });

  it("a second run takes everything from the cache and gives the same result", async () => {
    const again = await design("study.yaml", "again");
    expect(lasting(again)).toEqual(lasting(first));
    const fresh = again.stages.filter(({ cached }) => !cached).map(({ name }) => name);
    expect(fresh).toEqual(["open model and data"]);
  });

  it("another loss is only simulated anew", async () => {
    const before = await readdir(at("cache"));
    const changed = await design(await variant("loss.yaml", ["loss: 2 %", "loss: 4 %"]), "loss");
    expect(changed.stages.filter(({ cached }) => cached).map(({ name }) => name)).toEqual([
      "quality of the whole model",
      "baselines (LC, RC)",
      "split at pool1",
      "bottleneck 16x at pool1",
      "time of every segment",
    ]);
    const wire = ({ designs }: Result): number => designs.find(({ id }) => id === "RC raw tcp")!.parts.wire;
    expect(wire(changed)).toBeGreaterThan(wire(first));
    const added = (await readdir(at("cache"))).filter((name) => !before.includes(name));
    // What arrived at that loss is new, and nothing else.
    const stages = added.map((name) => name.replace(/-[0-9a-f]{32}\.bin$/, ""));
    expect(new Set(stages)).toEqual(new Set(["evaluation", "loss-map", "lossy"]));
  });

  it("with saved profiles of both hosts, the result is the same but for stage times, with an empty cache too", async () => {
    const saved: [string, string] = [
      "hosts: { camera: { speed: 1/20 }, server: {} }",
      "hosts: { camera: { profile: first/profile.json, speed: 1/20 }, server: { profile: first/profile.json } }",
    ];
    await variant("frozen.yaml", saved);
    const one = await design("frozen.yaml", "frozen1");
    const two = await design("frozen.yaml", "frozen2", "--cache", at("cache2"));
    expect(lasting(two)).toEqual(lasting(one));
    // Times are the profiles' now, doubtful ones too, and were this machine's.
    const { profiles: _saved, ...basis } = { ...one.basis!, costs: first.basis!.costs };
    expect(lasting({ ...one, study: first.study, doubts: first.doubts, basis })).toEqual(lasting(first));
    // The run measured next to nothing, so it leaves no profile that could be taken for a whole one.
    expect(existsSync(join(at("frozen1"), "profile.json"))).toBe(false);
  });

  it("stopped in the middle of training and run again, it gives the same result", async () => {
    const whole = await design("frozen.yaml", "whole", "--cache", at("cache2"));
    const cache = at("cache3");
    let stopped = false;
    const watch = setInterval(() => {
      void readdir(cache).then(
        (names) => {
          if (stopped || !names.some((name) => name.startsWith("checkpoint"))) return;
          stopped = true;
          interrupt();
        },
        () => {},
      );
    }, 1);
    expect(await sei("design", at("frozen.yaml"), "--out", at("stopped"), "--cache", cache)).toBe(130);
    clearInterval(watch);
    expect(said.resumes).toBe(true);
    expect(existsSync(at("stopped"))).toBe(false);
    expect((await readdir(cache)).some((name) => name.startsWith("checkpoint"))).toBe(true);
    expect((await readdir(cache)).some((name) => name.startsWith("bottleneck"))).toBe(false);
    const resumed = await design("frozen.yaml", "resumed", "--cache", cache);
    expect(lasting(resumed)).toEqual(lasting(whole));
    expect((await readdir(cache)).some((name) => name.startsWith("checkpoint"))).toBe(false);
  });

  it("that nothing meets ends with 3, names the nearest design, and writes no bundle", async () => {
    await variant("impossible.yaml", ["latency median <= 2 s", "accuracy >= 0.999"]);
    await mkdir(join(at("impossible"), "bundle"), { recursive: true });
    expect(await sei("design", at("impossible.yaml"), "--out", at("impossible"))).toBe(3);
    expect(said.stdout).toMatch(/No design meets every requirement/);
    const { verdict } = await result("impossible");
    expect(verdict.recommended).toBeUndefined();
    expect(verdict.nearest!.relax[0]).toMatchObject({ requirement: "accuracy >= 0.999" });
    expect(existsSync(join(at("impossible"), "bundle"))).toBe(false);
  });

  it("with every packet lost ends, and writes infinity as null", async () => {
    await variant("lost.yaml", ["loss: 2 %", "loss: 100 %"], ["count: 60", "count: 5"], ["[0 %, 5 %]", "[0 %]"]);
    const { designs } = await design("lost.yaml", "lost");
    const lost = designs.find(({ id }) => id === "RC raw udp")!;
    expect(lost).toMatchObject({ framesLost: 5, latency: { mean: null, p95: { value: null } } });
    expect(resultFile.safeParse(await result("lost")).error).toBeUndefined();
  });

  it("of an impossible study says what and where", async () => {
    await variant("bad.yaml", ["delay: 5 ms", "dleay: 5 ms"]);
    expect(await mistake("design", at("bad.yaml"))).toMatch(/bad.yaml:9:\d+ links\[0\].dleay: unknown key/);
    await variant("cut.yaml", ["candidates: [pool1]", "candidates: [pol1]"]);
    expect(await mistake("design", at("cut.yaml"), "--out", at("cut"))).toMatch(/"pol1" is no legal cut; did you mean/);
    expect(existsSync(at("cut"))).toBe(false);
  });

  it("says before it works that results cannot be written", async () => {
    const line = await mistake("design", at("study.yaml"), "--out", at("tiny.onnx/out"));
    expect(line).toMatch(/cannot be written/);
    expect(said.stderr).not.toContain("open model");
  });

  it("without a cache that can be written, warns once and gives the same result", async () => {
    const found = await design("frozen.yaml", "nocache", "--cache", at("study.yaml/cache"));
    expect(lasting(found)).toEqual(lasting(await result("frozen1")));
    expect(said.stderr.match(/warning .*not kept for later runs/g)).toHaveLength(1);
  });

  it("replaces a bundle of its own, and no folder that holds anything else", async () => {
    await mkdir(join(at("users"), "bundle"), { recursive: true });
    await writeFile(join(at("users"), "bundle", "thesis.txt"), "work of months");
    const line = await mistake("design", at("frozen.yaml"), "--out", at("users"));
    expect(line).toMatch(/bundle: holds "thesis.txt", which no run of this kind wrote/);
    expect(said.stderr).not.toContain("open model");
    expect(await readdir(join(at("users"), "bundle"))).toEqual(["thesis.txt"]);
    await design("frozen.yaml", "frozen1");
    await writeFile(join(at("frozen1"), "bundle", "notes.txt"), "mine");
    expect(await mistake("design", at("frozen.yaml"), "--out", at("frozen1"))).toMatch(/holds "notes.txt"/);
    expect(existsSync(join(at("frozen1"), "bundle", "notes.txt"))).toBe(true);
  });

  it("of what cannot be written says each, and writes the rest", async () => {
    await mkdir(join(at("partly"), "report.html"), { recursive: true });
    expect(await mistakeAfter("design", at("frozen.yaml"), "--out", at("partly"), "--cache", at("cache2"))).toMatch(
      /^error .*report.html: cannot be written: .*EISDIR/,
    );
    expect(lasting(await result("partly"))).toEqual(lasting(await result("frozen2")));
    expect(existsSync(join(at("partly"), "bundle", "manifest.json"))).toBe(true);
    expect((await readdir(at("partly"))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

/** The line of an error that comes after the answer. */
async function mistakeAfter(...argv: string[]): Promise<string> {
  expect(await sei(...argv), said.stderr).toBe(1);
  return said.stderr.slice(said.stderr.indexOf("error "));
}
