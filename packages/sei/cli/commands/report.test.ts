/** @file `sei report` as it is called. */
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { syntheticResult } from "../../testing/fixture.ts";
import { at, json, mistake, said, sei, useFolder } from "../testing/harness.ts";

useFolder();

const saved = async (name: string): Promise<string> => {
  await mkdir(at(name), { recursive: true });
  const file = at(`${name}/result.json`);
  await writeFile(file, JSON.stringify(syntheticResult()));
  return file;
};

it("draws the page beside the result, without study, model or data", async () => {
  const file = await saved("page");
  expect(await sei("report", file), said.stderr).toBe(0);
  expect(said.stdout).toContain("recommended");
  expect(await readFile(at("page/report.html"), "utf8")).toContain("<!doctype html>");
});

it("writes each chart as SVG, and no page where only these are asked for", async () => {
  const file = await saved("charts");
  const told = await json<{ report?: string; figures: { id: string; title: string; file: string }[] }>(
    "report",
    file,
    "--figures",
    at("charts/figures"),
  );
  expect(told.report).toBeUndefined();
  expect((await readdir(at("charts"))).toSorted()).toEqual(["figures", "result.json"]);
  expect((await readdir(at("charts/figures"))).toSorted()).toEqual(
    told.figures.map(({ id }) => `${id}.svg`).toSorted(),
  );
  for (const { file: path } of told.figures) expect(await readFile(path, "utf8")).toMatch(/^<svg xmlns=/);
});

it("keeps its input, and refuses what is no result", async () => {
  const file = await saved("kept");
  expect(await mistake("report", file, "--out", file)).toMatch(/result\.json: is the input itself/);
  await writeFile(at("no.json"), "[]");
  expect(await mistake("report", at("no.json"))).toMatch(/no\.json: format: expected 2/);
  await writeFile(at("manifest.json"), '{"format": 2, "segments": [], "crossings": []}');
  expect(await mistake("report", at("manifest.json"))).toMatch(
    /manifest\.json: expected a result, got the manifest of a deployment; `sei design` writes results as result\.json/,
  );
  expect(await mistake("report", at("nowhere.json"))).toMatch(
    /nowhere\.json: expected a result.* but there is no such file/,
  );
});
