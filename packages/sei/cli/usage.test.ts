/** @file The command line, as it is called: usage, short commands, and models and data that do not fit. */
import { conveyorClasses } from "@split-et-impera/core/conveyor";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildModel } from "../../core/testing/models.ts";
import { conv, linear, residualNetwork } from "../../core/testing/networks.ts";
import { at, classes, json, mistake, model, network, said, sei, useFolder } from "./testing/harness.ts";

useFolder();

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
    [["gradient", "a.onnx", "--wrt", "x,,y", "--out", "b.onnx"], 2, /--wrt: expected TENSOR,TENSOR, got "x,,y"/],
    [["wire", "a.onnx", "--at", "x", "--data", "y", "--state", "a=b"], 2, /unknown option "--state"/],
    [["wire", "--help"], 0, /without state[^]*--no-pictures/],
    [["verify", "study.yaml", "--check", "kept"], 2, /expected a STUDY or --check DIR, got both/],
    [["profile", "a.onnx", "--out", "p.json", "--bottlenecks", "1"], 2, /factors above 1/],
  ])("sei %j ends with %i", async (argv, code, says) => {
    expect(await sei(...argv)).toBe(code);
    expect(said.stdout + said.stderr).toMatch(says);
    if (code !== 0 && argv.length > 0) expect(said.stdout).toBe("");
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
    expect(said.stdout).toContain("7 legal cuts");
  });

  it("split writes head and tail with their proof", async () => {
    const found = await json<{ proof: { exact: boolean; runs: { inputs: string; rows: number }[] } }>(
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
    expect(found.proof.exact).toBe(true);
    expect(found.proof.runs.map(({ inputs, rows }) => `${rows} ${inputs}`)).toEqual([
      "4 random",
      "1 random",
      "5 data",
      "1 data",
    ]);
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
      "pictures of another size, and fewer scores than classes",
      () => serialiseModel(residualNetwork()),
      /8 classes.* "logits" float32 \[2, 4\]|inputs of \[3, 32, 32\], .* takes \[3, 8, 8\]/,
    ],
    [
      "an output that is no class scores",
      () => network(({ graph }) => void (graph!.output[0]!.name = "relu2")),
      /8 classes.* "relu2" float32 \[2, 16, 8, 8\]/,
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
      /8 classes.* "y" float32 \[2, 2\]/,
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

  it("channels in another place than the study says", async () => {
    const last = buildModel((g) => {
      g.input("image", "float32", ["batch", 32, 32, 3]);
      conv(g, g.transpose("image", [0, 3, 1, 2]), "c", 3, 2);
      linear(g, g.op("Flatten", ["c"]), "y", 2048, classes);
      g.output("y");
    });
    const file = await model("nhwc.onnx", serialiseModel(last));
    expect(await designed(file)).toMatch(/takes \[32, 32, 3\]; its layout is NHWC/);
    // Without a study, the layout is the model's.
    expect(await sei("saliency", file, "--data", "conveyor", "--limit", "4"), said.stderr).toBe(0);
  });

  it("a missing file, and the operator at which NaN begins", async () => {
    expect(await mistake("inspect", at("absent.onnx"))).toMatch(/absent.onnx: no such model/);
    expect(await designed(at("NaN-scores.onnx"))).toMatch(/they begin at Gemm "scores"/);
  });
});
