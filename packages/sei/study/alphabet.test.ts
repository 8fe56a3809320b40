import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readStudy } from "./index.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-alphabet-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(alphabet: string | readonly string[]) {
  const study = {
    model: "m.onnx",
    data: { format: "conveyor" },
    task: { kind: "sequence", alphabet, ignoreSpaces: true },
    hosts: { a: {}, b: {} },
    links: [{ between: ["a", "b"], rate: "1 Mbit/s" }],
  };
  await writeFile(join(folder, "m.onnx"), "");
  await writeFile(join(folder, "study.json"), JSON.stringify(study));
  return (await readStudy(join(folder, "study.json"))).task;
}

test("is a list, or a file beside the study with a character a line, spaces among them", async () => {
  await writeFile(join(folder, "abc.txt"), "a\r\n b\n\u3000\n");
  expect(await read("abc.txt")).toEqual({ kind: "sequence", alphabet: ["a", " b", "\u3000"], ignoreSpaces: true });
  expect(await read(["x", "y"])).toMatchObject({ alphabet: ["x", "y"] });
  await writeFile(join(folder, "abc.txt"), "a\n\nb\n");
  await expect(read("abc.txt")).rejects.toThrow(/abc\.txt:2: expected a character, got an empty line/);
  await expect(read("none.txt")).rejects.toThrow(
    /none\.txt: expected a text file with a character of the alphabet in every line, but there is no such file/,
  );
});

test("a file that is not beside the study may be beside the model", async () => {
  await mkdir(join(folder, "models"));
  await writeFile(join(folder, "models", "m.onnx"), "");
  await writeFile(join(folder, "models", "letters.txt"), "q\n");
  await expect(read("letters.txt")).rejects.toThrow(/but there is no such file/);
  const { task } = await readStudy(join(folder, "study.json"), { model: join(folder, "models", "m.onnx") });
  expect(task).toMatchObject({ alphabet: ["q"] });
  // What is beside the study comes first.
  await writeFile(join(folder, "letters.txt"), "z\n");
  expect(await read("letters.txt")).toMatchObject({ alphabet: ["z"] });
});
