/** @file Folders of pictures: with the folders in them, and with pictures that cannot be read. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderSource } from "./folder.ts";

const shape = { height: 4, width: 4, channels: 3 as const };
let folder = "";
let warned: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-folder-"));
  warned = [];
});
afterEach(() => rm(folder, { recursive: true }));

async function picture(name: string): Promise<void> {
  await mkdir(join(folder, name, ".."), { recursive: true });
  await writeFile(
    join(folder, name),
    await sharp({ create: { ...shape, background: "red" } })
      .png()
      .toBuffer(),
  );
}

async function shown(most = Infinity): Promise<(string | undefined)[]> {
  const source = await folderSource(folder, shape, { rate: 10, most, warn: (text) => warned.push(text) });
  const names: (string | undefined)[] = [];
  for await (const { of } of source.frames(new AbortController().signal)) names.push(of);
  return names;
}

test("pictures of all folders come by their paths, each once, though a link leads back", async () => {
  for (const name of ["b.png", "a/2.png", "a/1.png", "c/d/e.PNG", ".hidden/x.png"]) await picture(name);
  await symlink(folder, join(folder, "a", "again"));
  expect(await shown()).toEqual(["a/1.png", "a/2.png", "b.png", "c/d/e.PNG"]);
});

test("one that cannot be read is passed over and told once, and others take its place", async () => {
  await picture("a.png");
  await picture("c.png");
  await writeFile(join(folder, "b.png"), "no picture");
  expect(await shown()).toEqual(["a.png", "c.png"]);
  expect(await shown(5)).toEqual(["a.png", "c.png", "a.png", "c.png", "a.png"]);
  expect(warned).toEqual([1, 2].map(() => expect.stringMatching(/b\.png: expected .*; it is passed over$/) as string));
});

test("where none can be read that is an error, however many frames are wanted", async () => {
  await writeFile(join(folder, "b.png"), "no picture");
  await expect(shown()).rejects.toThrow(`${folder}: expected pictures that can be read, got none`);
  await expect(shown(5)).rejects.toThrow(`${folder}: expected pictures that can be read, got none`);
});
