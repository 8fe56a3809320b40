/** @file A deployment is read as it was written, or one line says what is wrong with it and where. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Deployment } from "@split-et-impera/core/deploy";
import { parseDeployment, readDeployment, writeManifest } from "./index.ts";
import { deploymentOf } from "./testing/deployment.ts";

let folder = "";
const files = { head: Uint8Array.of(1, 2, 3), tail: Uint8Array.of(4, 5) };
const written = deploymentOf(files);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-deploy-"));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, `${name}.onnx`), bytes);
  await writeManifest(folder, written);
});
afterAll(() => rm(folder, { recursive: true }));

/** What the reader says of the deployment with something else in one place. */
function said(path: string, value: unknown): string {
  const changed = JSON.parse(JSON.stringify(written)) as Record<string, unknown>;
  const keys = path.split(".");
  let at = changed;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[keys.at(-1)!];
  else at[keys.at(-1)!] = value;
  try {
    parseDeployment("manifest.json", JSON.stringify(changed, null, 2));
  } catch (error) {
    return (error as Error).message;
  }
  return "read";
}

describe("a deployment", () => {
  test("is read as it was written, infinity included", async () => {
    expect(await readDeployment(folder)).toEqual(written);
    expect(written.predicted.latency.max).toBe(Infinity);
  });

  test.each([
    ["format", 4, "manifest.json:2: format: expected 3, got 4; a newer sei wrote it, use that"],
    ["format", 2, "manifest.json:2: format: expected 3, got 2; run `sei design` again"],
    ["surplus", 1, "surplus"],
    ["deadlineNs", undefined, "deadlineNs"],
    ["deadlineNs", 0.5, "deadlineNs"],
    ["segments.0.file", "../head.onnx", "expected a file beside the manifest"],
    ["segments.1.file", "head.onnx", "segments.1.file: expected another than an earlier segment's"],
    ["segments.0.sha256", "abc", "expected a SHA-256"],
    ["segments.0.host", "server", 'segments.0.host: expected "camera", as in `design`, got "server"'],
    ["segments.0.inputs.0.bytes", 767, "expected 768 for float32 [1, 3, 8, 8], got 767"],
    ["segments", [written.segments[0]], "segments: expected 2, as in `design.segments`, got 1"],
    ["answer", undefined, "answer: expected it exactly where `design.answer` is"],
    ["reads.outputs", ["probabilities"], 'reads.outputs.0: expected an output of "tail", got "probabilities"'],
    ["reads.notes", [4], "reads.notes.0: expected a text, got 4"],
    ["task.kind", "divination", "task.kind: expected one of classification"],
    ["frames.order", "first", "frames.order"],
    ["frames.host", "robot", 'frames.host: expected a host of `hosts`, got "robot"'],
    ["crossings.0.after", -1, "crossings.0.after"],
    ["crossings.0.from", "server", 'crossings.0.from: expected "camera", got "server"'],
    ["crossings.0.transport", { kind: "tcp" }, "expected udp, as in `design`, got tcp"],
    ["crossings.0.transport.payloadBytes", 65_508, "payloadBytes"],
    ["crossings.0.carries.0.shape", [1, 2, 4, 2], "expected 64 for float32 [1, 2, 4, 2], got 128"],
    ["crossings.0.carries.0.tensor", "relu", 'expected an output of "head"'],
    ["crossings.0.carries.0.codec.scale", [0.1, 0.2, 0.3], "expected as many zero points as scales (3), got 2"],
    ["crossings.0.carries.0.codec.scale", [0.1, -1], "scale"],
    ["crossings.0.carries.0.codec.axis", 2, "expected one scale, or one per channel of [1, 2, 4, 4] along axis 2"],
    ["crossings.0.carries.0.codec.kind", "gzip", "crossings.0.carries.0.codec"],
    [
      "crossings.0.carries.0.codec",
      { kind: "float16" },
      "crossings.0.mostBytes: expected 68 for what it carries, got 36",
    ],
    [
      "crossings.0.carries.0.codec",
      { kind: "image", format: "raw" },
      "expected uint8 for the codec image, got float32",
    ],
    ["crossings.0.carries.1", written.crossings[0]!.carries[0], "crossings.0.carries.1.tensor: expected another"],
    ["crossings.0.carries", [], "crossings.0.carries"],
    ["crossings.0.mostBytes", 2 ** 32, "mostBytes"],
    ["crossings.0.carries.1.concealment.values", [1, 2, 3], "expected one value, or one per channel"],
    ["crossings.0.protection.kind", "magic", "protection"],
  ])("%s as %j is refused", (path, value, message) => {
    expect(said(path, value)).toContain(message);
    expect(said(path, value)).toMatch(/^manifest\.json:\d+: /);
  });

  test("that is the manifest of a split, or no JSON, is told as that", () => {
    expect(said("cuts", [["pool"]])).toContain("got that of `sei split`, which `sei join` takes");
    expect(() => parseDeployment("m.json", '{"format": 2,')).toThrow(/^m\.json: expected the manifest of a deployment/);
    expect(() => parseDeployment("m.json", "[]")).toThrow(/^m\.json:1: a deployment: /);
  });

  test.each<[string, (at: string) => Promise<unknown>, RegExp]>([
    ["another byte", (at) => writeFile(at, Uint8Array.of(1, 2, 4)), /head\.onnx: was changed after it was written/],
    ["a byte more", (at) => writeFile(at, Uint8Array.of(1, 2, 3, 4)), /head\.onnx: expected 3 bytes, got 4/],
    ["no file", async () => undefined, /head\.onnx: there is no such file, and the manifest names it/],
    ["a folder", (at) => mkdir(at), /head\.onnx: expected a segment of the deployment, got no regular file/],
    ["a link to itself", (at) => symlink("head.onnx", at), /head\.onnx: cannot be read/],
  ])("whose file is %s is refused", async (_, damage, message) => {
    const damaged = await mkdtemp(join(tmpdir(), "sei-deploy-"));
    try {
      await writeFile(join(damaged, "manifest.json"), await readFile(join(folder, "manifest.json")));
      await writeFile(join(damaged, "tail.onnx"), files.tail);
      await damage(join(damaged, "head.onnx"));
      await expect(readDeployment(damaged)).rejects.toThrow(message);
    } finally {
      await rm(damaged, { recursive: true });
    }
  });

  test("that would be read as another one is not left behind as if it were right", async () => {
    const wrong: Deployment = { ...written, deadlineNs: -1 };
    await expect(writeManifest(folder, wrong)).rejects.toThrow(/^internal: a deployment that cannot be read back/);
    await writeManifest(folder, written);
  });
});
