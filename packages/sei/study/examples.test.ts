/** @file The example studies, and the files made from the definition. */
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { z } from "zod";
import { studyFile } from "./definition.ts";
import { studySchema } from "./document.ts";
import { documents } from "./documents.ts";
import { readStudy } from "./index.ts";
import { parseSource } from "./source.ts";

const root = new URL("../../../", import.meta.url);
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-examples-"));
});
afterAll(() => rm(folder, { recursive: true }));
const examples = readdirSync(new URL("examples/", root), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(new URL(`examples/${entry.name}/study.yaml`, root)))
  .map(({ name }) => name);

describe("files made from the definition", () => {
  test.each(documents)("$file is current (node packages/sei/study/write-documents.ts)", async ({ file, content }) => {
    const current = await readFile(new URL(file, root), "utf8");
    expect(current).toBe(content(current));
  });
});

const schema = z.fromJSONSchema(studySchema());

describe("examples", () => {
  it("are there", () => {
    expect(examples).toEqual(expect.arrayContaining(["conveyor", "belt", "cifar10-vgg16"]));
  });

  test.each(examples)("%s is a valid study", async (name) => {
    const file = new URL(`examples/${name}/study.yaml`, root);
    const text = await readFile(file, "utf8");
    expect(text).toContain("$schema=../study.schema.json");
    const { value } = parseSource(text);
    expect(studyFile.safeParse(value)).toMatchObject({ success: true });
    // As an editor would see it, from the JSON Schema alone.
    expect(schema.safeParse(value)).toMatchObject({ success: true });
    expect(schema.safeParse({ ...(value as object), modle: 1 })).toMatchObject({ success: false });
    // Models and data may be absent from the repository; any file will do for the checks of the rest.
    const here = fileURLToPath(import.meta.url);
    const [, alphabet] = /alphabet: ([\w.-]+)/.exec(text) ?? [];
    if (alphabet !== undefined) await writeFile(join(folder, alphabet), "a\nb\n");
    await writeFile(join(folder, "model.onnx"), "");
    const overrides = {
      model: join(folder, "model.onnx"),
      ...(!/format: (conveyor|belt)/.test(text) && { data: here }),
    };
    const study = await readStudy(fileURLToPath(file), overrides, "any");
    expect(study.requirements.length).toBeGreaterThan(0);
  });

  it("of docs/study.md is a valid study", async () => {
    const text = await readFile(new URL("docs/study.md", root), "utf8");
    const [, study = ""] = /```yaml\n(.*?)```/s.exec(text) ?? [];
    expect(studyFile.safeParse(parseSource(study).value)).toMatchObject({ success: true });
  });
});
