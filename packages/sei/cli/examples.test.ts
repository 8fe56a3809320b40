/** @file The examples of --help: files that they name are in the repository, and those without a word in capitals work as they stand. */
import { mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commands } from "./commands/index.ts";
import { startSei } from "./testing/process.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** `MODEL.onnx`, `PHOTOS`, `SERVER:7100`: what the reader has. */
const placeholder = /(^|[\s=])[A-Z][A-Z0-9-]+(\.[a-z]+|:\d+)?(\s|$)/;
/** Those that take longer than a test may: their files are looked for, and others of their command run. */
const long =
  /^sei (design|report|verify|compare|profile|train|place|saliency|simulate|policy|capacity|results|studio|science correlate|split .*--data)/;

/** What examples before them make: `sei split`'s, and `sei design`'s of the conveyor. */
const made =
  /^sei (join parts\/manifest\.json|chain parts\/head\.onnx|(report|compare|studio) out\/conveyor\/result\.json)( |$)/;

const examples: { name: string; line: string }[] = [];
for (const [name, { load }] of Object.entries(commands)) {
  for (const { line } of (await load()).examples) examples.push({ name, line });
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "examples-"));
  await symlink(join(root, "examples"), join(folder, "examples"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("every command has examples, most of them one that works as it stands", () => {
  const as = (name: string): string[] =>
    examples.filter((one) => one.name === name && !placeholder.test(one.line)).map(({ line }) => line);
  expect(Object.keys(commands).filter((name) => !examples.some((one) => one.name === name))).toEqual([]);
  expect(Object.keys(commands).filter((name) => as(name).length === 0)).toEqual([
    "worker",
    "science summary",
    "profile import",
    "serve",
    "run",
    "top",
    "probe",
  ]);
});

test.each(examples.map(({ line }) => line))("%s: its files are there", async (line) => {
  for (const word of line.split(" ").filter((one) => one.startsWith("examples/"))) {
    expect((await stat(join(root, word))).isFile()).toBe(true);
  }
  // Other files are the reader's, or made by an example before.
  const files = line
    .split(" ")
    .filter((word, i, words) => /\.(onnx|yaml|json|csv)$/.test(word) && !/^--(out|trace)$/.test(words[i - 1]!));
  const others = files.filter((word) => !word.startsWith("examples/") && !placeholder.test(word));
  expect(others).toEqual(others.slice(0, made.test(line) ? undefined : 0));
});

// In the order of the table, so that what `split` makes is there for `join`.
const quick = examples.filter(({ line }) => !placeholder.test(line) && !long.test(line));

test("those without a placeholder run", { timeout: 240_000 }, async () => {
  expect(quick.length).toBeGreaterThan(8);
  for (const { line } of quick.filter((one) => one.name !== "cache")) {
    const { code, stderr } = await startSei(line.split(" ").slice(1), { cwd: folder }).ended;
    expect([line, code, code === 0 ? "" : stderr]).toEqual([line, 0, ""]);
  }
});
