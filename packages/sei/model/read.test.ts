/** @file Models on disk: weights in external files, and paths that must not be followed. */
import { create } from "@bufbuild/protobuf";
import { fromProto, serialiseModel, type ModelProto } from "@split-et-impera/core/onnx";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StringStringEntryProtoSchema } from "onnx-buf";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { residualNetwork } from "../../core/testing/networks.ts";
import { readModel, readModelFile } from "./index.ts";

let root = "";
let folder = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "model-"));
  folder = join(root, "models");
  await mkdir(folder);
});
afterEach(() => rm(root, { recursive: true }));

/** The residual network with its first weights (3 x 8 kernels of 3 x 3) elsewhere. */
function external(entries: Record<string, string>): ModelProto {
  const model = residualNetwork();
  const weight = model.graph!.initializer[0]!;
  weight.rawData = new Uint8Array();
  weight.dataLocation = 1;
  weight.externalData = Object.entries(entries).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
  return model;
}

const file = (): string => join(folder, "m.onnx");
const length = 8 * 3 * 9 * 4;
const weights = residualNetwork().graph!.initializer[0]!.rawData;

async function reading(entries: Record<string, string>): Promise<string> {
  await writeFile(file(), serialiseModel(external(entries)));
  const found = await readModel(file()).catch((error: unknown) => error);
  if (!(found instanceof Error)) return "read";
  expect(found).toMatchObject({ name: "InputError" });
  return found.message;
}

describe("external data", () => {
  it("are read at their offset", async () => {
    await writeFile(join(folder, "w.bin"), Buffer.concat([Buffer.alloc(64), weights, Buffer.alloc(3)]));
    await writeFile(file(), serialiseModel(external({ location: "w.bin", offset: "64", length: String(length) })));
    const { model, bytes, sha256 } = await readModelFile(file());
    expect(fromProto(model.graph!.initializer[0]!)).toEqual(fromProto(residualNetwork().graph!.initializer[0]!));
    expect(bytes).toBeGreaterThan(length);
    // Other weights are another model, though the file that names them is the same.
    await writeFile(join(folder, "w.bin"), Buffer.concat([Buffer.alloc(64, 1), weights.map((byte) => byte ^ 1)]));
    expect((await readModelFile(file())).sha256).not.toBe(sha256);
  });

  it("may lie below the folder and behind links that stay inside", async () => {
    await mkdir(join(folder, "data"));
    await writeFile(join(folder, "data", "..w"), weights);
    expect(await reading({ location: "data/..w" })).toBe("read");
    await symlink(join("data", "..w"), join(folder, "linked"));
    expect(await reading({ location: "linked" })).toBe("read");
  });

  it("may lie beside the file that a linked model leads to", async () => {
    const store = join(root, "store");
    await mkdir(store);
    await writeFile(join(store, "a"), serialiseModel(external({ location: "w.bin" })));
    await writeFile(join(store, "b"), weights);
    await symlink(join("..", "store", "a"), file());
    await symlink(join("..", "store", "b"), join(folder, "w.bin"));
    expect((await readModel(file())).graph!.initializer[0]!.rawData).toHaveLength(length);
  });

  it("outside the model's folder are refused", async () => {
    await writeFile(join(root, "secret"), weights);
    expect(await reading({ location: "../secret" })).toMatch(/"stem.weight": .*outside the model's folder/);
    expect(await reading({ location: join(root, "secret") })).toMatch(/outside/);
    expect(await reading({ location: "data/../../secret" })).toMatch(/outside/);
    await symlink(join(root, "secret"), join(folder, "innocent"));
    expect(await reading({ location: "innocent" })).toMatch(/outside/);
  });

  it("of the wrong size, place or kind are refused", async () => {
    await writeFile(join(folder, "w.bin"), weights);
    expect(await reading({})).toMatch(/no location/);
    expect(await reading({ location: "absent.bin" })).toMatch(/"absent.bin" .* are not there/);
    expect(await reading({ location: "w.bin", offset: "4" })).toMatch(/expected 216 elements for its shape, found 215/);
    expect(await reading({ location: "w.bin", offset: "4", length: String(length) })).toMatch(/exceed "w.bin"/);
    expect(await reading({ location: "w.bin", offset: "-4" })).toMatch(/begin at -4/);
    expect(await reading({ location: "w.bin", offset: "many" })).toMatch(/begin at many/);
    expect(await reading({ location: "w.bin", length: "1e30" })).toMatch(/exceed/);
    expect(await reading({ location: "w\0.bin" })).toMatch(/outside/);
    expect(await reading({ location: "." })).toMatch(/not a file/);
    execFileSync("mkfifo", [join(folder, "pipe")]);
    expect(await reading({ location: "pipe" })).toMatch(/not a file/);
  });
});

it("missing files and folders are named", async () => {
  await expect(readModel(join(folder, "absent.onnx"))).rejects.toThrow(/absent.onnx: no such model/);
  await expect(readModel(folder)).rejects.toThrow(/expected an ONNX file, found a folder/);
  await writeFile(file(), "");
  await expect(readModel(file())).rejects.toThrow(/m.onnx: not an ONNX model/);
});
