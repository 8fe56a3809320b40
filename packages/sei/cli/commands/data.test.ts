import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openData } from "../../data/index.ts";
import { pickSamples } from "../../data/sheet.ts";
import { main } from "../main.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-data-command-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the command line: exit code, and what went to stdout and stderr. */
async function sei(...argv: string[]): Promise<{ code: number; out: string; error: string }> {
  const texts = { out: "", error: "" };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((texts.out += String(text)), true)),
    vi.spyOn(process.stderr, "write").mockImplementation(() => true),
    vi.spyOn(console, "error").mockImplementation((text: unknown) => void (texts.error += String(text))),
  ];
  try {
    return { code: await main(argv), ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

test("counts and draws the conveyor belt, the same bytes for the same seed", async () => {
  const draw = async (name: string, seed: string): Promise<Buffer> => {
    const out = join(folder, name);
    const { code, out: text } = await sei("data", "--out", out, "--count", "16", "--limit", "24", "--seed", seed);
    expect(code).toBe(0);
    expect(text).toContain("24 images of 32 x 32 x 3, 8 classes");
    expect(text).toMatch(/gear-broken\s+3\n/);
    return sharp(out).raw().toBuffer();
  };
  const first = await draw("a.png", "1");
  expect((await draw("b.png", "1")).equals(first)).toBe(true);
  expect((await draw("c.png", "2")).equals(first)).toBe(false);
});

test("--json is one object; samples share the count out", async () => {
  const { code, out } = await sei("data", "--split", "train", "--limit", "80", "--json");
  expect(code).toBe(0);
  const result = JSON.parse(out) as { classes: { name: string; count: number }[]; image: unknown; images: number };
  expect(result.images).toBe(80);
  expect(result.image).toEqual({ height: 32, width: 32, channels: 3 });
  expect(result.classes.map(({ count }) => count)).toEqual(Array.from({ length: 8 }, () => 10));

  const limit = { train: 40, test: 40 };
  const data = await openData({ format: "conveyor", normalise: { mean: [], std: [] }, layout: "NCHW", limit }, "test");
  const samples = pickSamples(data, 27);
  expect(samples.map((row) => row.length)).toEqual(Array.from({ length: 8 }, () => 3));
  samples.forEach((row, label) => row.forEach((index) => expect(data.annotation(index).label).toBe(label)));
});

test("mistakes are one line, and leave nothing behind", async () => {
  const out = join(folder, "sheet.png");
  const cases: [string[], number, RegExp][] = [
    [["--format", "cifar"], 2, /--format: expected one of conveyor, .*got "cifar"/],
    [["--count", "-1"], 2, /--count: expected a whole number from 1 to 2000/],
    [["--out", "sheet.gif"], 2, /ends in \.png/],
    [["--format", "idx"], 2, /--path: expected where the idx data lie/],
    [["--format", "conveyor", "--path", folder], 2, /--path: expected none with --format conveyor/],
    [["--path", folder], 1, /expected data \(cifar10, .*\), got an empty folder/],
    [["--path", join(folder, "absent")], 1, /absent: no such data/],
    [["--format", "idx", "--path", folder, "--out", out], 1, /t10k-images-idx3-ubyte/],
  ];
  for (const [flags, code, message] of cases) {
    const result = await sei("data", ...flags);
    expect([result.code, result.out]).toEqual([code, ""]);
    expect(result.error).toMatch(message);
    expect(result.error).not.toContain("\n");
  }
  expect(existsSync(out)).toBe(false);
  await writeFile(join(folder, "file"), "");
  const blocked = await sei("data", "--limit", "8", "--out", join(folder, "file", "sheet.png"));
  expect([blocked.code, /cannot be written/.test(blocked.error)]).toEqual([1, true]);
});

test("a path alone says what it is; what was passed over is said; names cannot reach the terminal raw", async () => {
  const picture = await sharp({ create: { width: 4, height: 4, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  for (const name of ["a", "b\u001B[31m"]) {
    await mkdir(join(folder, name));
    for (const file of ["1.png", "2.PNG"]) await writeFile(join(folder, name, file), picture);
  }
  await writeFile(join(folder, "a", "notes.txt"), "x");
  const { code, out } = await sei("data", "--path", folder, "--split", "train");
  expect(code).toBe(0);
  expect(out).toContain("images train: 3 images of 4 x 4 x 3, 2 classes");
  expect(out).toContain("b\uFFFD[31m");
  expect(out).not.toContain("\u001B");
  expect(out).toContain("note: 1 passed over: 1 .txt");
  const json = await sei("data", "--path", folder, "--json");
  expect(JSON.parse(json.out)).toMatchObject({ format: "images", notes: ["1 passed over: 1 .txt"] });
});

test("samples never take the place of a picture of the data", async () => {
  await mkdir(join(folder, "photos", "nut"), { recursive: true });
  const picture = join(folder, "photos", "nut", "0.png");
  await sharp({ create: { width: 4, height: 4, channels: 3, background: "red" } }).toFile(picture);
  const { code, error } = await sei("data", "--path", join(folder, "photos"), "--out", picture);
  expect(code).toBe(1);
  expect(error).toMatch(/0\.png: lies among the data/);
  expect(await sharp(picture).metadata()).toMatchObject({ width: 4, height: 4 });
});
