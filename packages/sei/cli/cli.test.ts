/** @file The command line, as it is called: answers, exit codes, and what is left behind when something goes wrong. */
import { conveyorClasses } from "@split-et-impera/core/conveyor";
import type { Result } from "@split-et-impera/core/design";
import { serialiseModel, type ModelProto } from "@split-et-impera/core/onnx";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { buildModel } from "../../core/testing/models.ts";
import { conv, linear, residualNetwork } from "../../core/testing/networks.ts";
import { resultFile } from "../result/index.ts";
import { main } from "./main.ts";

let root = "";
let stdout = "";
let stderr = "";

const classes = conveyorClasses.length;

/** 32 x 32 pictures: two small convolutions with poolings, and a dense layer. */
function network(change: (model: ModelProto) => void = () => {}): Uint8Array {
  const model = buildModel((g) => {
    const pool = (x: string, name: string): string =>
      g.opAs(name, "MaxPool", [x], { kernel_shape: { ints: [4, 4] }, strides: { ints: [4, 4] } });
    g.input("image", "float32", ["batch", 3, 32, 32]);
    const first = pool(g.opAs("relu1", "Relu", [conv(g, "image", "conv1", 3, 8)]), "pool1");
    const second = pool(g.opAs("relu2", "Relu", [conv(g, first, "conv2", 8, 16)]), "pool2");
    linear(g, g.opAs("flat", "Flatten", [second]), "scores", 64, classes);
    g.output("scores", "float32", ["batch", classes]);
  });
  change(model);
  return serialiseModel(model);
}

const study = `
name: Test
model: tiny.onnx
data:
  format: conveyor
  normalise: { mean: [0.5], std: [0.25] }
  limit: { test: 40, train: 48 }
hosts: { camera: { speed: 1/20 }, server: {} }
links: [{ between: [camera, server], rate: 10 Mbit/s, delay: 5 ms, loss: 2 % }]
frames: { rate: 20 fps, count: 60 }
requirements: [latency median <= 2 s]
explore:
  candidates: [pool1]
  codecs: [float32, uint8]
  inputs: [raw, png]
  bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]
  losses: [0 %, 5 %]
`;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sei-"));
  await mkdir(join(root, "work"));
  await writeFile(at("tiny.onnx"), network());
  await writeFile(at("study.yaml"), study);
  vi.stubEnv("SEI_CACHE", at("cache"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

beforeEach(() => {
  const say = (text: unknown): true => {
    stderr += String(text);
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation(say);
  vi.spyOn(console, "error").mockImplementation((text) => void say(`${String(text)}\n`));
  vi.spyOn(console, "log").mockImplementation((text) => void (stdout += `${String(text)}\n`));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const at = (name: string): string => join(root, name);

async function sei(...argv: string[]): Promise<number> {
  stdout = "";
  stderr = "";
  return main(argv);
}

/** Runs with --json and gives what was printed, which must be nothing else. */
async function json<T>(...argv: string[]): Promise<T> {
  const code = await sei(...argv, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

/** The one line of an error, which must be a user's mistake. */
async function mistake(...argv: string[]): Promise<string> {
  expect(await sei(...argv), stderr).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).not.toContain("    at ");
  return stderr.slice(stderr.indexOf("error "));
}

async function design(name: string, out: string, ...flags: string[]): Promise<Result> {
  const code = await sei("design", at(name), "--out", at(out), ...flags);
  expect([0, 3], stderr).toContain(code);
  return result(out);
}

async function result(out: string): Promise<Result> {
  return JSON.parse(await readFile(join(at(out), "result.json"), "utf8")) as Result;
}

/** All that must not differ between two runs. */
const lasting = (found: Result): unknown => ({ ...found, stages: [] });

/** A study beside the model, changed from the one above. */
async function variant(name: string, ...changes: [string, string][]): Promise<string> {
  let text = study;
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  await writeFile(at(name), text);
  return name;
}

async function model(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(at(name), bytes);
  return at(name);
}

describe("usage", () => {
  it.each<[string[], number, RegExp]>([
    [[], 2, /Usage/],
    [["--help"], 0, /design .*\n(.*\n)*.*profile/],
    [["--version"], 0, /^\d+\.\d+\.\d+/],
    [["help", "split"], 0, /--at TENSOR/],
    [["split", "--help"], 0, /sei split MODEL \[options\]/],
    [["desing"], 2, /unknown command "desing"; did you mean "design"\?/],
    [["constructor"], 2, /unknown command "constructor"/],
    [["__proto__"], 2, /unknown command/],
    [["inspect"], 2, /MODEL/],
    [["inspect", "a.onnx", "b.onnx"], 2, /unexpected argument "b.onnx"/],
    [["inspect", "a.onnx", "--jsno"], 2, /unknown option "--jsno"; did you mean "--json"\?/],
    [["inspect", "a.onnx", "-x"], 2, /unknown option "-x"/],
    [["inspect", "a.onnx", "--shape"], 2, /--shape: expected a value/],
    [["inspect", "a.onnx", "--shape", "3,x"], 2, /--shape: expected a whole number/],
    [["inspect", "a.onnx", "--json=no"], 2, /--json: expected no value/],
    [["cache", "--clear=no"], 2, /--clear: expected no value/],
    [["saliency", "a.onnx", "--target", "other"], 2, /Expected one of: label, predicted/],
    [["split", "a.onnx", "--at", "x"], 2, /--out/],
    [["profile", "a.onnx", "--out", "p.json", "--bottlenecks", "1"], 2, /factors above 1/],
  ])("sei %j ends with %i", async (argv, code, says) => {
    expect(await sei(...argv)).toBe(code);
    expect(stdout + stderr).toMatch(says);
    if (code !== 0 && argv.length > 0) expect(stdout).toBe("");
  });

  it("a mistake in what a file says is one clean line, whatever the file holds", async () => {
    const nasty = await model(
      "nasty.onnx",
      network(({ graph }) => void (graph!.output[0]!.name = "\u001B[31mred\u0007\nline")),
    );
    const line = await mistake("inspect", nasty);
    expect(line.trimEnd().split("\n")).toHaveLength(1);
    expect(line).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

describe("inspect, split, saliency, data, check", () => {
  it("inspect lists the cuts", async () => {
    const found = await json<{ cuts: { tensors: string[]; bytes: number; parameters: number }[]; batch: string }>(
      "inspect",
      at("tiny.onnx"),
    );
    expect(found.cuts.map(({ tensors }) => tensors[0])).toEqual([
      "conv1",
      "relu1",
      "pool1",
      "conv2",
      "relu2",
      "pool2",
      "flat",
    ]);
    expect(found.cuts[2]).toMatchObject({ bytes: 8 * 8 * 8 * 4, parameters: 3 * 8 * 9 + 8 });
    expect(await sei("inspect", at("tiny.onnx"))).toBe(0);
    expect(stdout).toContain("7 legal cuts");
  });

  it("split writes head and tail with their proof", async () => {
    const found = await json<{ proof: { exact: boolean; rows: number } }>(
      "split",
      at("tiny.onnx"),
      "--at",
      "pool1",
      "--out",
      at("parts"),
      "--data",
      "conveyor",
      "--limit",
      "5",
    );
    expect(found.proof).toMatchObject({ exact: true, rows: 5 });
    const tail = await json<{ input: { name: string; shape: number[] } }>("inspect", join(at("parts"), "tail.onnx"));
    expect(tail.input).toEqual({ name: "pool1", shape: [8, 8, 8] });
  });

  it("split leaves nothing behind when it cannot do its work", async () => {
    const split = (tensor: string, out: string): Promise<string> =>
      mistake("split", at("tiny.onnx"), "--at", tensor, "--out", at(out));
    expect(await split("pol1", "none")).toMatch(/no tensor "pol1"; did you mean "pool1"\?/);
    expect(await split("image", "none")).toMatch(/an input or a constant/);
    expect(await split("pool1", "tiny.onnx/parts")).toMatch(/cannot be written/);
    expect(existsSync(at("none"))).toBe(false);
  });

  it("saliency gives a point per feature map, and follows --classes and --target", async () => {
    const found = await json<{ images: number; points: { tensor: string; cs: number }[] }>(
      "saliency",
      at("tiny.onnx"),
      "--data",
      "conveyor",
      "--limit",
      "30",
      "--batch",
      "7",
    );
    expect(found.images).toBe(30);
    expect(found.points.map(({ tensor }) => tensor)).toEqual(["conv1", "relu1", "pool1", "conv2", "relu2", "pool2"]);
    const [one] = conveyorClasses;
    const part = await json<{ images: number; points: { cs: number }[] }>(
      "saliency",
      at("tiny.onnx"),
      "--data",
      "conveyor",
      "--limit",
      "30",
      "--classes",
      one!,
      "--target",
      "predicted",
    );
    expect(part.images).toBeLessThan(30);
    expect(part.points[0]!.cs).not.toBe(found.points[0]!.cs);
    const typo = one!.slice(0, -1);
    expect(await mistake("saliency", at("tiny.onnx"), "--data", "conveyor", "--classes", typo)).toMatch(/did you mean/);
  });

  it("data counts images by class", async () => {
    const found = await json<{ images: number; classes: unknown[] }>("data", "--limit", "20");
    expect(found).toMatchObject({ images: 20 });
    expect(found.classes).toHaveLength(classes);
  });

  it("check gives the study in SI units", async () => {
    expect(await json("check", at("study.yaml"))).toMatchObject({ links: [{ rate: 1e7, delay: 0.005 }] });
  });
});

describe("models and data that do not fit", () => {
  const saliency = (file: string): Promise<string> => mistake("saliency", file, "--data", "conveyor", "--limit", "4");
  const designed = async (file: string): Promise<string> => {
    const line = await mistake("design", at("study.yaml"), "--model", file, "--out", at("unfit"));
    expect(existsSync(at("unfit"))).toBe(false);
    return line;
  };

  it.each<[string, () => Uint8Array, RegExp]>([
    ["a corrupt file", () => network().subarray(0, 400), /not an ONNX model, or a damaged one/],
    ["an empty file", () => new Uint8Array(), /not an ONNX model/],
    [
      "pictures of another size",
      () => serialiseModel(residualNetwork()),
      /inputs of \[3, 32, 32\], .* takes \[3, 8, 8\]/,
    ],
    [
      "an output that is no class scores",
      () => network(({ graph }) => void (graph!.output[0]!.name = "relu2")),
      /"relu2" has the shape \[2, 16, 8, 8\]; expected class scores/,
    ],
    [
      "fewer scores than classes",
      () =>
        serialiseModel(
          buildModel((g) => {
            g.input("image", "float32", ["batch", 3, 32, 32]);
            conv(g, "image", "c", 3, 2);
            linear(g, g.op("Flatten", ["c"]), "y", 2048, 2);
            g.output("y");
          }),
        ),
      /classes, .* only 2 scores/,
    ],
    [
      "NaN scores",
      () =>
        network(({ graph }) => {
          const bias = graph!.initializer.find(({ name }) => name === "scores.bias")!;
          bias.rawData = new Uint8Array(new Float32Array(classes).fill(Number.NaN).buffer);
        }),
      /NaN or infinite/,
    ],
  ])("%s", async (name, make, says) => {
    const file = await model(`${name.replaceAll(" ", "-")}.onnx`, make());
    expect(await saliency(file)).toMatch(says);
    expect(await designed(file)).toMatch(says);
  });

  it("a missing file, and the operator at which NaN begins", async () => {
    expect(await mistake("inspect", at("absent.onnx"))).toMatch(/absent.onnx: no such model/);
    expect(await designed(at("NaN-scores.onnx"))).toMatch(/they begin at Gemm "scores"/);
  });
});

describe("design", () => {
  let first: Result;

  it("gives a verdict, a report, a bundle, and a result that its schema describes", async () => {
    first = await json<Result>("design", at("study.yaml"), "--out", at("first"));
    expect(await result("first")).toEqual(first);
    expect(resultFile.safeParse(first).error).toBeUndefined();
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
    expect((await readdir(at("first"))).toSorted()).toEqual(["bundle", "profile.json", "report.html", "result.json"]);
    const manifest = JSON.parse(await readFile(join(at("first"), "bundle", "manifest.json"), "utf8")) as {
      design: string;
      models: { file: string }[];
    };
    expect(manifest.design).toBe(first.verdict.recommended);
    for (const { file } of manifest.models) expect(existsSync(join(at("first"), "bundle", file))).toBe(true);
  });

  it("a second run takes everything from the cache and gives the same result", async () => {
    const again = await design("study.yaml", "again");
    expect(lasting(again)).toEqual(lasting(first));
    const fresh = again.stages.filter(({ cached }) => !cached).map(({ name }) => name);
    expect(fresh).not.toContain("bottleneck 16x at pool1");
    expect(fresh).not.toContain("accuracy of the whole model");
  });

  it("another loss is only simulated anew", async () => {
    const before = await readdir(at("cache"));
    const changed = await design(await variant("loss.yaml", ["loss: 2 %", "loss: 4 %"]), "loss");
    expect(changed.stages.filter(({ cached }) => cached).map(({ name }) => name)).toEqual([
      "accuracy of the whole model",
      "split at pool1",
      "bottleneck 16x at pool1",
    ]);
    const wire = ({ designs }: Result): number => designs.find(({ id }) => id === "RC raw tcp")!.parts.wire;
    expect(wire(changed)).toBeGreaterThan(wire(first));
    const added = (await readdir(at("cache"))).filter((name) => !before.includes(name));
    // What arrived over UDP is new, and nothing else.
    expect(new Set(added.map((name) => name.split("-")[0]))).toEqual(new Set(["lossy"]));
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
    expect(lasting({ ...one, study: first.study })).toEqual(lasting(first));
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
          process.emit("SIGINT");
        },
        () => {},
      );
    }, 1);
    expect(await sei("design", at("frozen.yaml"), "--out", at("stopped"), "--cache", cache)).toBe(130);
    clearInterval(watch);
    expect(stderr).toContain("the next run goes on");
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
    expect(stdout).toMatch(/No design meets every requirement/);
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

  it("says before it works that results or cache cannot be written", async () => {
    const line = await mistake("design", at("study.yaml"), "--out", at("tiny.onnx/out"));
    expect(line).toMatch(/cannot be written/);
    expect(stderr).not.toContain("open model");
    expect(
      await mistake("design", at("study.yaml"), "--out", at("nocache"), "--cache", at("study.yaml/cache")),
    ).toMatch(/cannot be written/);
    expect(existsSync(at("nocache"))).toBe(false);
  });
});

describe("profile", () => {
  const withCamera = (file: string): [string, string] => ["camera: { speed: 1/20 }", `camera: { profile: ${file} }`];

  it("times the whole and the pieces, and a study takes its times from it", async () => {
    const file = at("camera.json");
    const flags = ["--out", file, "--at", "pool1", "--bottlenecks", "16", "--data", "conveyor"];
    const profile = await json<{ timings: Record<string, { median: number }> }>("profile", at("tiny.onnx"), ...flags);
    expect(Object.keys(profile.timings).toSorted()).toEqual(
      [
        "whole",
        ...["png", "webp", "jpeg-90"].flatMap((picture) => [`encode ${picture}`, `decode ${picture}`]),
        ...["pool1", "pool1+16x"].flatMap((cut) =>
          ["head", "tail", "float32", "float16", "uint8"].flatMap((part) =>
            part === "head" || part === "tail" ? `${part}@${cut}` : [`encode ${part}@${cut}`, `decode ${part}@${cut}`],
          ),
        ),
      ].toSorted(),
    );
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(profile);

    const seconds = (work: string, median: number): void => {
      profile.timings[work] = { ...profile.timings[work]!, median };
    };
    seconds("whole", 0.03);
    seconds("head@pool1", 0.011);
    seconds("encode uint8@pool1", 0.002);
    seconds("head@pool1+16x", 0.013);
    seconds("encode png", 0.004);
    await writeFile(file, JSON.stringify(profile));
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
    const { timings } = await json<{ timings: object }>(
      "profile",
      at("tiny.onnx"),
      "--out",
      at("all.json"),
      "--bottlenecks",
      "none",
    );
    expect(Object.keys(timings).filter((work) => work.startsWith("head@"))).toHaveLength(7);
  });

  it("stopped, writes nothing", async () => {
    setTimeout(() => process.emit("SIGINT"), 300);
    expect(await sei("profile", at("tiny.onnx"), "--out", at("stopped.json"))).toBe(130);
    expect(existsSync(at("stopped.json"))).toBe(false);
  });

  it.each<[string, string, RegExp]>([
    ["damaged", "{", /not a profile/],
    ["empty", "", /not a profile/],
    ["of another format", JSON.stringify({ format: 2 }), /format/],
    [
      "with impossible times",
      JSON.stringify({
        format: 1,
        machine: { engine: "", platform: "", cpu: "", threads: 1 },
        model: "",
        timings: { whole: { median: -1, lo: 0, hi: 0, n: 1 } },
      }),
      /timings.whole.median/,
    ],
    [
      "of another model",
      JSON.stringify({
        format: 1,
        machine: { engine: "", platform: "", cpu: "", threads: 1 },
        model: "x",
        timings: {},
      }),
      /another model/,
    ],
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
