/** @file Models as files, from the command line: where their weights lie, what they are fed, what is written where. */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, GraphProtoSchema, StringStringEntryProtoSchema } from "onnx-buf";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { chdir, cwd } from "node:process";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { AttributeType, makeNode, serialiseModel, toProto, type TensorProto } from "../../core/onnx/index.ts";
import { float32, int64 } from "../../core/tensor/index.ts";
import { buildModel } from "../../core/testing/models.ts";
import { zipSync } from "fflate";
import { npyOf } from "../data/testing/npy.ts";
import { readModelFile } from "../model/index.ts";
import { at, json, mistake, model, said, sei, useFolder } from "./testing/harness.ts";

useFolder();

const npy = (descr: string, dims: readonly number[], data: Float32Array | BigInt64Array): Uint8Array =>
  npyOf(descr, dims, new Uint8Array(data.buffer));
const npz = (arrays: Record<string, Uint8Array>): Uint8Array => zipSync(arrays);

interface Inspected {
  inputs: { name: string; shape: (number | string)[] }[];
  cuts: { tensors: string[]; shapes: number[][] }[];
}

describe("a file that is no model is told by what it is", () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ["a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", /git lfs pull/],
    ["a web page", "<!DOCTYPE html><html><body>404</body></html>", /is a web page/],
    ["gzip", gzipSync("model"), /compressed by gzip/],
    ["a checkpoint", "PK\u0003\u0004 archive/data.pkl", /PyTorch checkpoint/],
    ["JSON", '{"model": 1}', /JSON text/],
  ])("%s", async (_, content, says) => {
    await writeFile(at("other.onnx"), content);
    expect(await mistake("inspect", at("other.onnx"))).toMatch(says);
    expect(await mistake("gradient", at("other.onnx"), "--wrt", "x", "--out", at("g.onnx"))).toMatch(says);
  });
});

describe("weights outside, in a Constant and in a body", () => {
  /** The tensor with its data in `weights.bin`, from this offset. */
  const outside = (value: ReturnType<typeof float32>, name: string, offset: number): TensorProto =>
    Object.assign(toProto(value, name), {
      rawData: new Uint8Array(),
      dataLocation: 1,
      externalData: Object.entries({ location: "weights.bin", offset, length: 4 * value.data.length }).map(
        ([key, entry]) => create(StringStringEntryProtoSchema, { key, value: String(entry) }),
      ),
    });
  const bytes = (): Uint8Array =>
    serialiseModel(
      buildModel((g) => {
        g.input("x", "float32", ["batch", 4]);
        const constant = makeNode("Constant", [], ["w"]);
        constant.attribute.push(
          create(AttributeProtoSchema, {
            name: "value",
            type: AttributeType.TENSOR,
            t: outside(float32([4], [0, 0, 0, 0]), "", 0),
          }),
        );
        g.model.graph!.node.push(constant);
        g.opAs("a", "Mul", ["x", "w"]);
        const branch = (output: string, op: string) =>
          create(GraphProtoSchema, {
            name: output,
            initializer: [outside(float32([4], [0, 0, 0, 0]), `${output}w`, 16)],
            node: [makeNode(op, ["a", `${output}w`], [output])],
            output: [{ name: output }],
          });
        const node = makeNode("If", [g.op("Greater", [g.reduceSum("a", [0, 1], false), g.scalar(0)])], ["b"]);
        for (const [name, body] of Object.entries({ then_branch: branch("t", "Add"), else_branch: branch("e", "Sub") }))
          node.attribute.push(create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: body }));
        g.model.graph!.node.push(node);
        g.opAs("y", "Tanh", ["b"]);
        g.output("y");
      }),
    );
  const weights = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

  it("are never written over", async () => {
    await mkdir(at("whole"), { recursive: true });
    await writeFile(at("whole/m.onnx"), bytes());
    const kept = weights(1, 2, 3, 4, 5, 6, 7, 8);
    await writeFile(at("whole/weights.bin"), kept);
    const out = at("whole/weights.bin");
    expect(await mistake("profile", at("whole/m.onnx"), "--out", out)).toMatch(/weights\.bin: is the input/);
    expect(await mistake("split", at("whole/m.onnx"), "--at", "b", "--out", out)).toMatch(/weights\.bin/);
    expect(new Uint8Array(await readFile(out))).toEqual(kept);
  });

  it("go with the parts, are part of the digest, and are never taken from where one works", async () => {
    await mkdir(at("own"), { recursive: true });
    await writeFile(at("own/m.onnx"), bytes());
    await writeFile(at("own/weights.bin"), weights(1, 2, 3, 4, 5, 6, 7, 8));
    const before = await readModelFile(at("own/m.onnx"));
    await mkdir(at("decoy"), { recursive: true });
    await writeFile(at("decoy/weights.bin"), weights(0, 0, 0, 0, 0, 0, 0, 0));
    const home = cwd();
    chdir(at("decoy"));
    try {
      expect(await sei("split", at("own/m.onnx"), "--at", "b", "--out", at("outside")), said.stderr).toBe(0);
      expect((await json<Inspected>("inspect", at("own/m.onnx"))).cuts.map(({ tensors }) => tensors[0])).toEqual([
        "a",
        "b",
      ]);
    } finally {
      chdir(home);
    }
    const head = await readModelFile(at("outside/head.onnx"));
    expect(head.bytes).toBeGreaterThan(32);
    expect(Buffer.from(await readFile(at("outside/head.onnx"))).includes(Buffer.from(weights(1, 2, 3, 4)))).toBe(true);
    await rm(at("own/weights.bin"));
    expect(await sei("join", at("outside/manifest.json"))).toBe(0);
    await writeFile(at("own/weights.bin"), weights(1, 2, 3, 4, 5, 6, 7, 9));
    expect((await readModelFile(at("own/m.onnx"))).sha256).not.toBe(before.sha256);
    await writeFile(at("own/weights.bin"), weights(1, 2));
    expect(await mistake("inspect", at("own/m.onnx"))).toMatch(/exceed "weights.bin"/);
  });
});

describe("what is fed", () => {
  const ids = (): Promise<string> =>
    model(
      "ids.onnx",
      serialiseModel(
        buildModel((g) => {
          g.input("ids,a=b", "int64", ["batch", "tokens"]);
          g.input("mask", "float32", ["batch", "tokens"]);
          g.initialiser("table", float32([3, 2], [1, 2, 3, 4, 5, 6]));
          g.opAs("e", "Gather", ["table", "ids,a=b"]);
          g.opAs("m", "Mul", ["e", g.unsqueeze("mask", [2])]);
          g.opAs("y", "Tanh", ["m"]);
          g.output("y");
        }),
      ),
    );

  it("shapes of several inputs by name, whatever the name; of one input without", async () => {
    const file = await ids();
    const both = ["--shape", "ids,a=b=1x5,mask=1x5"];
    const found = await json<Inspected>("inspect", file, ...both);
    expect(found.cuts.find(({ tensors }) => tensors[0] === "m")!.shapes).toEqual([[5, 2]]);
    const again = await json<Inspected>("inspect", file, "--shape", "mask=1x5", "--shape", "ids,a=b=1x5");
    expect(again).toEqual(found);
    expect(await mistake("inspect", file, "--shape", "5")).toMatch(/for each of the inputs/);
    expect(await mistake("inspect", file, "--shape", "ids=1x5")).toMatch(
      /no input "ids"; its inputs are "ids,a=b", "mask"/,
    );
    expect(await sei("inspect", file, "--shape", "mask=1xtwo")).toBe(2);
    for (const shape of ["3x32x32", "3,32,32", "image=1x3x32x32"])
      expect((await json<Inspected>("inspect", at("tiny.onnx"), "--shape", shape)).cuts.length).toBeGreaterThan(3);
    expect(await mistake("inspect", at("tiny.onnx"), "--shape", "3x32x31")).toMatch(
      /size 32 along dimension 3, got 31/,
    );
  });

  it("constants by name: such an input is fed no more", async () => {
    const file = await ids();
    const constant = ["--shape", "ids,a=b=1x5", "--constant", "mask=1"];
    const found = await json<Inspected & { inputs: { name: string }[] }>("inspect", file, ...constant);
    expect(found.inputs.map(({ name }) => name)).toEqual(["ids,a=b"]);
    expect(found.cuts.map(({ tensors }) => tensors[0])).toEqual(["e", "m"]);
    const { proof } = await json<{ proof: object }>("split", file, "--at", "e", "--out", at("constant"), ...constant);
    expect(proof).toMatchObject({ exact: true });
    expect(await mistake("inspect", file, "--constant", "masks=1")).toMatch(/no input "masks" to be a constant/);
    expect(await sei("inspect", file, "--constant", "mask=on")).toBe(2);
  });

  it("arrays by the inputs' names, for the run and for the proof", async () => {
    const file = await ids();
    const arrays = {
      "ids,a=b.npy": npy("<i8", [1, 5], BigInt64Array.of(2n, 1n, 0n, 2n, 2n)),
      "mask.npy": npy("<f4", [1, 5], Float32Array.of(1, 1, 1, 1, 0)),
    };
    await writeFile(at("feeds.npz"), npz(arrays));
    const found = await json<Inspected>("inspect", file, "--feeds", at("feeds.npz"));
    expect(found.cuts.find(({ tensors }) => tensors[0] === "m")!.shapes).toEqual([[5, 2]]);
    const split = await json<{ proof: { exact: boolean; runs: { inputs: string; rows: number }[] } }>(
      ...(["split", file, "--at", "e,mask", "--feeds", at("feeds.npz"), "--out", at("fed")] as const),
    );
    expect(split.proof).toMatchObject({
      exact: true,
      runs: [
        { inputs: "data", rows: 2 },
        { inputs: "data", rows: 1 },
      ],
    });
    expect(await sei("gradient", file, "--wrt", "table", "--feeds", at("feeds.npz"), "--out", at("g.onnx"))).toBe(0);
    await writeFile(at("half.npz"), npz({ "mask.npy": arrays["mask.npy"] }));
    expect(await mistake("inspect", file, "--feeds", at("half.npz"))).toMatch(/expected an array "ids,a=b"/);
    await writeFile(at("odd.npz"), npz({ ...arrays, "ids,a=b.npy": npy("<f4", [1, 1], Float32Array.of(0.5)) }));
    expect(await mistake("inspect", file, "--feeds", at("odd.npz"))).toMatch(/expected numbers of int64, got 0.5 at 0/);
  });
});

it("names of tensors are shown on one line, without what a terminal obeys", async () => {
  const model = buildModel((g) => {
    g.input("x\u001b[31m\n", "float32", ["batch", 4]);
    g.opAs("r\n=1+1", "Relu", ["x\u001b[31m\n"]);
    g.opAs("y", "Tanh", ["r\n=1+1"]);
    g.output("y");
  });
  await writeFile(at("names.onnx"), serialiseModel(model));
  expect(await sei("gradient", at("names.onnx"), "--wrt", "r\n=1+1", "--out", at("g.onnx"))).toBe(0);
  expect(said.stdout).toContain("output grad/r\uFFFD=1+1\n");
  expect(await sei("profile", at("names.onnx"), "--out", at("names.json"))).toBe(0);
  expect(said.stdout).toMatch(/^r\uFFFD=1\+1 /m);
});

describe("what is written", () => {
  it("is never an input, nor a file that no split wrote", async () => {
    expect(await sei("split", at("tiny.onnx"), "--at", "pool1", "--out", at("kept"))).toBe(0);
    const head = await readFile(at("kept/head.onnx"));
    expect(await mistake("split", at("kept/head.onnx"), "--at", "relu1", "--out", at("kept"))).toMatch(
      /is the input itself/,
    );
    expect(await readFile(at("kept/head.onnx"))).toEqual(head);
    // A split of ours gives way to the next one, with all its files.
    expect(await sei("split", at("tiny.onnx"), "--at", "relu1", "--at", "pool2", "--out", at("kept"))).toBe(0);
    await expect(readFile(at("kept/head.onnx"))).rejects.toThrow();
    await mkdir(at("theirs"), { recursive: true });
    await writeFile(at("theirs/head.onnx"), "work of years");
    expect(await mistake("split", at("tiny.onnx"), "--at", "pool1", "--out", at("theirs"))).toMatch(
      /holds "head.onnx", which no `sei split` wrote/,
    );
    expect(await readFile(at("theirs/head.onnx"), "utf8")).toBe("work of years");
    expect(await mistake("join", at("kept/manifest.json"), "--out", at("kept/segment-1.onnx"))).toMatch(/is the input/);
  });

  it.each([
    ["gradient", ["--wrt", "image"]],
    ["train", ["--data", "conveyor"]],
    ["profile", []],
    ["profile", ["import", "--from", "csv", "--model"]],
  ])("%s %j refuses its model as the place of its output", async (command, [first, ...flags]) => {
    const before = await readFile(at("tiny.onnx"));
    await writeFile(at("times.csv"), "work,seconds\nwhole,0.01\n");
    const model = at("tiny.onnx");
    const given =
      first === "import" ? [first, at("times.csv"), ...flags, model] : [model, ...(first ? [first] : []), ...flags];
    expect(await mistake(command, ...given, "--out", model)).toMatch(/tiny\.onnx: is the input/);
    expect((await readFile(model)).equals(before)).toBe(true);
  });
});

describe("a manifest that says something else than the model", () => {
  interface Feeds {
    name: string;
    type: string;
    shape: number[];
  }
  const changed = async (change: (feeds: Feeds[]) => void): Promise<string> => {
    expect(await sei("split", at("tiny.onnx"), "--at", "pool1", "--out", at("joined"))).toBe(0);
    const manifest = JSON.parse(await readFile(at("joined/manifest.json"), "utf8")) as {
      proof: { runs: { feeds: Feeds[] }[] };
    };
    change(manifest.proof.runs[0]!.feeds);
    await writeFile(at("joined/other.json"), JSON.stringify(manifest));
    return mistake("join", at("joined/other.json"));
  };

  it.each<[string, (feeds: Feeds[]) => void, RegExp]>([
    ["an unknown type", (feeds) => void (feeds[0]!.type = "complex256"), /proof.runs.0.feeds.0.type/],
    ["a negative size", (feeds) => void (feeds[0]!.shape[0] = -4), /proof.runs.0.feeds.0.shape.0/],
    ["a broken size", (feeds) => void (feeds[0]!.shape[0] = 1.5), /proof.runs.0.feeds.0.shape.0/],
    ["a huge size", (feeds) => void (feeds[0]!.shape = [1 << 15, 3, 1 << 10, 1 << 10]), /more elements/],
    ["another shape", (feeds) => void (feeds[0]!.shape = [1, 3, 32, 31]), /expected float32 \[any, 3, 32, 32\]/],
    ["another name", (feeds) => void (feeds[0]!.name = "picture"), /for the input "image", got none/],
  ])("%s", async (_, change, says) => {
    expect(await changed(change)).toMatch(says);
  });
});

it("a model that draws random numbers is not split, by its operator's name", async () => {
  const file = await model(
    "noise.onnx",
    serialiseModel(
      buildModel((g) => {
        g.input("x", "float32", ["batch", 4]);
        g.opAs("r", "Relu", ["x"]);
        g.initialiser("on", { type: "bool", dims: [], data: Uint8Array.of(1) });
        g.opAs("d", "Dropout", ["r", g.scalar(0.5), "on"]);
        g.opAs("y", "Tanh", ["d"]);
        g.output("y");
      }),
    ),
  );
  expect(await mistake("split", file, "--at", "r", "--out", at("noise"))).toMatch(/Dropout "d" draws random numbers/);
  expect(await sei("inspect", file)).toBe(0);
  expect(said.stdout).toMatch(/warning: Dropout "d" draws random numbers/);
});

it("parameters are the same whether a model is run or not", async () => {
  const file = await model(
    "constants.onnx",
    serialiseModel(
      buildModel((g) => {
        g.input("x", "float32", ["batch", 4]);
        const constant = makeNode("Constant", [], ["w"], {
          value: { tensor: float32([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]) },
        });
        g.model.graph!.node.push(constant);
        g.opAs("a", "MatMul", ["x", "w"]);
        g.initialiser("shape", int64([2], [-1, 2]));
        g.opAs("y", "Reshape", ["a", "shape"]);
        g.output("y");
      }),
    ),
  );
  const found = await json<{ parameters: number }>("inspect", file);
  const { outlineModel, parseModel } = await import("../../core/onnx/index.ts");
  expect(found.parameters).toBe(8);
  expect(outlineModel(parseModel(await readFile(file))).parameters).toBe(8);
});
