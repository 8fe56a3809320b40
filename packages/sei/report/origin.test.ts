/** @file The box that says how to run it again: the exact command, when, versions and digests. */
import { execFileSync } from "node:child_process";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { syntheticResult } from "../testing/fixture.ts";
import { renderReport, type Origin } from "./index.ts";

const result = syntheticResult();
const boxOf = (origin?: Origin): Element =>
  parseHTML(renderReport(result, origin)).document.querySelector("#study .again")!;

test("the command is the run's own, in its folder, as a shell takes it", () => {
  const folder = "/home/someone's/my work";
  const words = ["npx", "sei", "design", "studies/a b.yaml", "--model", "$(touch x).onnx", "--strict"];
  const box = boxOf({ folder, command: words, studySha256: "9e".repeat(32), node: "24.0.0" });
  const text = box.querySelector("pre code")!.textContent;
  const [cd, command, ...more] = text.split("\n");
  expect(more).toEqual([]);
  const read = (line: string): string[] =>
    execFileSync("sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" })
      .trimEnd()
      .split("\n");
  expect(read(cd!)).toEqual(["cd", folder]);
  expect(read(command!)).toEqual(words);
  expect(box.textContent).toContain("9e".repeat(32));
  expect(box.textContent).toContain("Node.js 24.0.0");
});

test("date, versions and digests of model and data stand there, with or without the run's own words", () => {
  const box = boxOf();
  expect(box.querySelector("time")!.getAttribute("datetime")).toBe(result.date);
  for (const word of [
    "2026-01-01 00:00:00 UTC",
    `split-et-impera ${result.version}`,
    result.machine.engine,
    result.model.sha256!,
    result.data.test!,
    result.data.train!,
  ])
    expect(box.textContent).toContain(word);
  expect(box.textContent).toContain("study.yaml stands for it");
});

test("a result of an older version has no digests, and says none", () => {
  const older = structuredClone(result);
  delete older.model.sha256;
  delete older.data.test;
  delete older.data.train;
  const box = parseHTML(renderReport(older)).document.querySelector("#study .again")!;
  expect(box.textContent).not.toMatch(/SHA-256|test data|undefined/);
});
