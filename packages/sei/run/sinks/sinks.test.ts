/** @file Answers that get lost on their way to a file, a webhook, a broker: counted, and told. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FrameLine } from "../line.ts";
import { openSinks } from "./index.ts";

let folder = "";
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sei-sinks-"))));
afterEach(() => rm(folder, { recursive: true }));

const line = (frame: number): FrameLine => ({ frame }) as FrameLine;

test("a file is made with its folders, and goes on where it ended", async () => {
  const out = join(folder, "a/b/answers.jsonl");
  for (const frame of [0, 1]) {
    const sinks = await openSinks({ out }, expect.unreachable);
    sinks.write(line(frame));
    await sinks.end();
  }
  expect(await readFile(out, "utf8")).toBe('{"frame":0}\n{"frame":1}\n');
});

test.skipIf(!existsSync("/dev/full"))("lines that the disk has no room for are an error in the end", async () => {
  const warned: string[] = [];
  const sinks = await openSinks({ out: "/dev/full" }, (text) => warned.push(text));
  for (let frame = 0; frame < 3; frame++) sinks.write(line(frame));
  await expect(sinks.end()).rejects.toThrow("/dev/full: 3 answers were lost");
  expect(warned).toEqual(["/dev/full: answers are lost: the disk is full (ENOSPC)"]);
});

test("what a webhook refuses is counted", async () => {
  const http = createServer((_, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const warned: string[] = [];
  const sinks = await openSinks({ webhook: `http://127.0.0.1:${port}/` }, (text) => warned.push(text));
  for (let frame = 0; frame < 5; frame++) sinks.write(line(frame));
  await sinks.end();
  expect(warned).toEqual([
    `http://127.0.0.1:${port}/: answers are lost: HTTP 503`,
    `http://127.0.0.1:${port}/: 5 answers were lost`,
  ]);
  await new Promise((resolve) => http.close(resolve));
});

test("without a broker every answer is lost, and that is told", async () => {
  const warned: string[] = [];
  const sinks = await openSinks({ mqtt: "mqtt://127.0.0.1:9" }, (text) => warned.push(text));
  for (let frame = 0; frame < 2; frame++) sinks.write(line(frame));
  await sinks.end();
  expect(warned).toEqual([
    expect.stringContaining("127.0.0.1:9: answers are lost: ") as string,
    "127.0.0.1:9: 2 answers were lost",
  ]);
});

test.each([
  [
    { out: "answers.jsonl", webhook: "ftp://there" },
    '--webhook: expected http://... or https://..., got "ftp://there"',
  ],
  [
    { out: "answers.jsonl", mqtt: "mqtt://there/100%" },
    '--mqtt: expected a topic as in a URL, with % as %25, got "100%"',
  ],
])("%j: what names no such place is told before any is opened", async (given, message) => {
  const out = join(folder, given.out);
  await expect(openSinks({ ...given, out }, expect.unreachable)).rejects.toThrow(message);
  expect(existsSync(out)).toBe(false);
});
